"""Workers of joblib (loky)."""

import joblib
from support import begin


def work(number):
    print(f"task {number}", flush=True)
    return number


if __name__ == "__main__":
    begin()
    assert joblib.Parallel(n_jobs=2)(joblib.delayed(work)(number) for number in range(4)) == [0, 1, 2, 3]
    print("parent")
