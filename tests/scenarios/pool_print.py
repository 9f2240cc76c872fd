"""A pool of forked workers whose initializer prints: the pool must not break."""

import concurrent.futures
import multiprocessing
import os
import sys

import wandb


def prepare():
    print("worker is ready", flush=True)


def square(number):
    print("square of", number, flush=True)
    return number * number


if __name__ == "__main__":
    os.environ["WANDB_CONSOLE"] = "wrap"
    os.environ["WANDB_MODE"] = "dryrun"
    wandb.init(project="scenario")
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context, initializer=prepare) as pool:
        squares = list(pool.map(square, range(4)))
    if squares != [0, 1, 4, 9]:
        sys.exit(f"wrong results: {squares}")
