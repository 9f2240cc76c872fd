"""The figures as text, JSON and a chart."""

from __future__ import annotations

import json
import platform
import statistics
from pathlib import Path
from typing import Dict, List

from benchmarks.runner import Figures

# The figures of a program that are shown first, in this order; the others are in the JSON.
SHOWN = (
    "import ms", "init ms", "log p50 us", "log p99 us", "log p99.9 us", "log max us", "log p50, last tenth to first",
    "rows/s", "finish ms", "training MiB", "helpers MiB", "training, peak RSS MiB", "helpers, peak RSS MiB",
    "bytes/row", "print us", "print of 3 values us", "bar us", "bytes/line", "finish after lines ms",
    "log beside threads us", "print beside threads us", "idle CPU %",
    "1 processes, steps/s", "4 processes, steps/s", "16 processes, steps/s", "64 processes, steps/s",
    "a whole run ms", "whole program s", "CPU of all processes s",
)  # fmt: skip


def median(values: List[float]) -> float:
    """The middle of them."""
    return statistics.median(values)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def as_text(figures: Figures) -> str:
    """Markdown tables: for each figure the medians, (least to most), and how many times this package's they are."""
    out = [f"Python {platform.python_version()}, {platform.machine()}; median (least to most), times this package's"]
    for program, of_trackers in figures.items():
        trackers = list(of_trackers)
        out += ["", f"### {program}", "", "| | " + " | ".join(trackers) + " |", "|---|" + "---|" * len(trackers)]
        for name in SHOWN:
            cells = []
            ours = of_trackers.get("this", {}).get(name)
            for tracker in trackers:
                values = of_trackers[tracker].get(name)
                if not values:
                    cells.append("")
                    continue
                cell = f"{_number(median(values))} ({_number(min(values))} to {_number(max(values))})"
                if ours and tracker != "this" and median(ours) > 0:
                    cell += f" {median(values) / median(ours):.3g}x"
                cells.append(cell)
            if any(cells):
                out.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def write_json(figures: Figures, path: Path) -> None:
    """All values of all repetitions."""
    about = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.platform()}
    path.write_text(json.dumps({"about": about, "figures": figures}, indent=1) + "\n", encoding="utf-8")


# What the chart compares: program, figure, title.
CHARTED = (
    ("import", "import ms", "import, ms"),
    ("20,000 rows of 3 metrics", "init ms", "init, ms"),
    ("20,000 rows of 3 metrics", "log p50 us", "log of 3 metrics, p50, µs"),
    ("20,000 rows of 3 metrics", "log p99 us", "log of 3 metrics, p99, µs"),
    ("20,000 rows and lines", "whole program s", "20,000 rows and lines, s"),
    ("20,000 rows and lines", "finish ms", "... of that its finish, ms"),
    ("20,000 rows, then lines", "finish ms", "finish after 20,000 rows, then lines, ms"),
    ("20,000 rows of 3 metrics", "training MiB", "training process, MiB"),
    ("20,000 lines", "print us", "print of a line, µs"),
)


def draw(figures: Figures, path: Path) -> None:
    """Bars on a logarithmic scale, one panel a figure. Needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = [(title, _medians(figures, program, name)) for program, name, title in CHARTED]
    panels = [(title, values) for title, values in panels if values]
    rows = -(-len(panels) // 3)
    drawn, axes = plt.subplots(rows, 3, figsize=(12, 3 * rows), squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    for axis, (title, values) in zip(axes.flat, panels):
        colors = ["tab:blue" if tracker == "this" else "lightgrey" for tracker in values]
        bars = axis.barh(list(values), list(values.values()), color=colors)
        axis.bar_label(bars, [_number(value) for value in values.values()], fontsize=7, padding=2)
        axis.set(title=title, xscale="log")
        axis.set_xlim(right=max(values.values()) * 6)
        axis.invert_yaxis()
        axis.tick_params(labelsize=8)
    drawn.tight_layout()
    drawn.savefig(path)


def _medians(figures: Figures, program: str, name: str) -> Dict[str, float]:
    of_trackers = figures.get(program, {})
    return {tracker: max(median(found[name]), 1e-3) for tracker, found in of_trackers.items() if name in found}
