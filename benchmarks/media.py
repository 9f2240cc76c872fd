"""`python -m benchmarks.media OURS UPSTREAM`: what logging media costs the thread that does it, with two interpreters.

Each is a Python that has one of the packages, numpy, pillow, moviepy and soundfile. They take turns; printed are
milliseconds: the median of the rounds' medians, the least, and the processor time of the thread.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List

PROGRAM = Path(__file__).resolve().parent / "inside" / "media.py"
ROUNDS = 5


def one_round(python: str) -> Dict[str, Dict[str, float]]:
    """The figures of one run of the program."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [python, str(PROGRAM), str(result)]
        subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": folder}
        )
        found: Dict[str, Dict[str, float]] = json.loads(result.read_text())
        return found


def main(pythons: List[str]) -> None:
    """Take turns, and print a table."""
    rounds: List[List[Dict[str, Dict[str, float]]]] = [[], []]
    for _ in range(ROUNDS):
        for number, python in enumerate(pythons):
            rounds[number].append(one_round(python))
    print("| one value, ms: ours / upstream | median | least | processor time |\n|---|---|---|---|")
    for name in rounds[0][0]:
        row = []
        for figure, of in (("median", statistics.median), ("least", min), ("cpu", statistics.median)):
            ours, theirs = (of([found[name][figure] for found in side]) * 1000 for side in rounds)
            row.append(f"{ours:.3g} / {theirs:.3g}")
        print(f"| {name} | {' | '.join(row)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
