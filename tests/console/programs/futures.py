"""The pool of concurrent.futures."""

from concurrent.futures import ProcessPoolExecutor

from support import begin


def work(number):
    print(f"task {number}", flush=True)
    return number


if __name__ == "__main__":
    begin()
    with ProcessPoolExecutor(1) as pool:
        assert list(pool.map(work, range(5))) == list(range(5))
