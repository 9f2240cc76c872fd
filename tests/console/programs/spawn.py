"""Workers by multiprocessing's spawn; they import no tracker."""

from support import begin, print_in_workers

if __name__ == "__main__":
    begin()
    print_in_workers("spawn")
    print("parent", flush=True)
