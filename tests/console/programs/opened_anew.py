"""Workers by spawn whose main module opens descriptor 1 anew, as their parent's did."""

import sys

from support import begin, print_in_workers

sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115

if __name__ == "__main__":
    begin()
    print_in_workers("spawn")
