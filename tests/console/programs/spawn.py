"""Workers by multiprocessing's spawn; they import no tracker."""

import multiprocessing

from support import begin


def work(number):
    print(f"worker {number}", flush=True)


if __name__ == "__main__":
    begin()
    context = multiprocessing.get_context("spawn")
    for number in range(2):
        worker = context.Process(target=work, args=(number,))
        worker.start()
        worker.join()
        assert worker.exitcode == 0
    print("parent", flush=True)
