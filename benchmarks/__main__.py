"""`python -m benchmarks`: installs what is compared, runs everything interleaved, prints medians, spread and ratios."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

from benchmarks.peers import PEERS, interpreter_of
from benchmarks.report import as_text, draw, write_json
from benchmarks.runner import LONG, PROGRAMS, run_all


def main(arguments: List[str]) -> int:
    """The command line; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), metavar="PEER", help=", ".join(PEERS))
    usual = [title for title in PROGRAMS if title not in LONG]
    titles = "; ".join(PROGRAMS)
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=usual, metavar="PROGRAM", help=titles)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="a file for all values")
    parser.add_argument("--chart", type=Path, help="a file for the chart, .svg or .png; needs matplotlib")
    options = parser.parse_args(arguments)
    pythons: Dict[str, str] = {}
    for peer in options.peers:
        try:
            pythons[peer] = interpreter_of(peer)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{peer} can't be installed here and is left out: {error}", file=sys.stderr)
    figures = run_all(pythons, options.programs, options.repeats)
    print(as_text(figures))
    if options.json:
        write_json(figures, options.json)
    if options.chart:
        draw(figures, options.chart)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
