"""Forked workers print under WANDB_CONSOLE=wrap: each must end with status 0, and its line be on the terminal."""

import multiprocessing
import os
import sys

import wandb


def work(number):
    print(f"hello from worker {number}", flush=True)


if __name__ == "__main__":
    os.environ["WANDB_CONSOLE"] = "wrap"
    os.environ["WANDB_MODE"] = "dryrun"
    wandb.init(project="scenario")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work, args=(number,)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    statuses = [worker.exitcode for worker in workers]
    if statuses != [0, 0]:
        sys.exit(f"workers ended with {statuses}")
