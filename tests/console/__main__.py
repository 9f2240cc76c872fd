"""The table of who passes what: `python -m tests.console NAME=INTERPRETER …`, each with a tracker of its own.

Without arguments the tracker of this interpreter is judged. Printed is a Markdown table, and to stderr what is wrong.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Dict

from tests.console.play import faults, play
from tests.console.scenarios import BOTH, SCENARIOS, Scenario


def judge(python: str, scenario: Scenario, mode: str) -> str:
    """yes, or no; with what is wrong on stderr."""
    with tempfile.TemporaryDirectory() as folder:
        control = play(python, scenario, "none", Path(folder) / "control")
        found = faults(scenario, play(python, scenario, mode, Path(folder) / mode), control)
    for fault in found:
        print(f"{python} {scenario.name} {mode}: {fault}", file=sys.stderr)
    return "no" if found else "yes"


def main(trackers: Dict[str, str]) -> None:
    """Print the table."""
    columns = [(name, python, mode) for mode in BOTH for name, python in trackers.items()]
    print("| scenario | " + " | ".join(f"{mode}: {name}" for name, _, mode in columns) + " |")
    print("|---|" + "---|" * len(columns))
    for scenario in SCENARIOS.values():
        cells = [judge(python, scenario, mode) if mode in scenario.modes else "" for _, python, mode in columns]
        print(f"| {scenario.title()} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(dict(argument.split("=", 1) for argument in sys.argv[1:]) or {"this package": sys.executable})  # type: ignore[arg-type]
