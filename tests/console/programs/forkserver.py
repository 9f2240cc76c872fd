"""Workers by multiprocessing's forkserver; they import no tracker."""

from support import begin, print_in_workers

if __name__ == "__main__":
    begin()
    print_in_workers("forkserver")
    print("parent", flush=True)
