"""A forked worker writes a warning to stderr, as logging and warnings do: it must not end the worker."""

import multiprocessing
import os
import sys

import wandb


def work():
    sys.stderr.write("a warning from the worker\n")


if __name__ == "__main__":
    os.environ["WANDB_CONSOLE"] = "wrap"
    os.environ["WANDB_MODE"] = "dryrun"
    wandb.init(project="scenario")
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
    if worker.exitcode != 0:
        sys.exit(f"the worker ended with {worker.exitcode}")
