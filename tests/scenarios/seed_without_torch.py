"""The program of the seed report, with the smallest loader that does what torch's DataLoader does to a worker."""

import ipdb  # noqa: F401  part of the report
import multiprocessing
import os

import wandb


def worker_init_fn(worker_id):
    print("hello form worker:" + str(worker_id))


def loader_worker(worker_id, count, queue):
    worker_init_fn(worker_id)
    for index in range(count):
        queue.put(index)


def data_loader(count):
    """Yield what a forked worker loads; fail, as torch does, if the worker is gone before it is done."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    worker = context.Process(target=loader_worker, args=(0, count, queue))
    worker.start()
    worker.join()
    if worker.exitcode != 0:
        raise RuntimeError(f"loader worker exited unexpectedly with exit code {worker.exitcode}")
    for _ in range(count):
        yield queue.get()


if __name__ == "__main__":
    os.environ["WANDB_BASE_URL"] = "http://127.0.0.1:8080"
    os.environ["WANDB_MODE"] = "dryrun"
    os.environ["WANDB_CONSOLE"] = "wrap"
    wandb.login(key="local-" + "0" * 40)
    wandb.init(project="1", name="1.1")
    for _ in data_loader(3):
        pass
