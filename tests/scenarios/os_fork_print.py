"""A plain os.fork, without multiprocessing: the child prints and goes its way."""

import os
import sys

import wandb

if __name__ == "__main__":
    os.environ["WANDB_CONSOLE"] = "wrap"
    os.environ["WANDB_MODE"] = "dryrun"
    wandb.init(project="scenario")
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            print("hello from the child", flush=True)
            status = 0
        finally:
            os._exit(status)
    status = os.waitpid(pid, 0)[1]
    if status != 0:
        sys.exit(f"the child ended with wait status {status}")
