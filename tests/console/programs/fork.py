"""Forked workers of multiprocessing, and their own."""

import multiprocessing
import os

from support import begin

context = multiprocessing.get_context("fork")


def work(depth):
    print(f"at depth {depth}", flush=True)
    if depth < 3:
        child = context.Process(target=work, args=(depth + 1,))
        child.start()
        child.join()


if __name__ == "__main__":
    begin()
    print("at depth 0", flush=True)
    worker = context.Process(target=work, args=(1,))
    worker.start()
    worker.join()
    assert worker.exitcode == 0
    pid = os.fork()
    if pid == 0:
        print("by os.fork", flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
