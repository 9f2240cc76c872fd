"""Names and paths in a run folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

import pytest

from wandb.runlog.layout import RunLayout


def part(parent: Path, name: str, run_id: str) -> RunLayout:
    layout = RunLayout(str(parent / name), run_id)
    os.mkdir(layout.run_dir)
    Path(layout.transaction_log).touch()
    return layout


@pytest.mark.parametrize("run_id", ["a", "a-1", "run", "offline-run", "x y", "[a]", "*"])
def test_earlier_parts__of_a_run__are_its_own_and_the_last_comes_first(tmp_path: Path, run_id: str) -> None:
    """Also where many were made in one second, or the clock stands still."""
    names = ["offline-run-20260101_000000-{}", *(f"offline-run-20260101_000001-{{}}{end}" for end in ["", *(f"-{n}" for n in range(1, 12))])]
    own = [part(tmp_path, name.format(run_id), run_id) for name in names]
    for other in (f"b{run_id}", f"{run_id}b", "other"):
        part(tmp_path, f"offline-run-20260101_000000-{other}", other)
    (tmp_path / "latest-run").symlink_to(own[-1].run_dir)
    for place, layout in enumerate(own):
        found: List[str] = [earlier.run_dir for earlier in layout.earlier_parts()]
        assert found == [earlier.run_dir for earlier in reversed(own[:place])]
