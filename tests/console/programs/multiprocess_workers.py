"""Workers of multiprocess (pathos) by spawn, one of them by another one."""

import multiprocess
from support import begin, work


def work_with_one_more(number):
    work(number)
    start(work, number + 1)


def start(function, number):
    worker = multiprocess.get_context("spawn").Process(target=function, args=(number,))
    worker.start()
    worker.join()
    assert worker.exitcode == 0


if __name__ == "__main__":
    begin()
    start(work, 0)
    start(work_with_one_more, 1)
    print("parent")
