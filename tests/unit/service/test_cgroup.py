"""Limits of containers, read from files as the kernel writes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict

import pytest

from wandb.service.cgroup import Limits, limits_of

GIB = 1 << 30


def place(tmp_path: Path, group: str, files: Dict[str, str]) -> Limits:
    """The limits of process 7 of a machine with these files."""
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "7").mkdir(parents=True)
    (proc / "7" / "cgroup").write_text(f"3:memory:/old\n0::{group}\n")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return limits_of(7, str(proc), str(root))


@pytest.mark.parametrize(
    "group, files, limits",
    [
        ("/", {}, Limits()),
        ("/", {"memory.max": "max\n", "cpu.max": "max 100000\n"}, Limits()),
        ("/", {"memory.max": f"{4 * GIB}\n", "memory.current": "1000\n"}, Limits(4 * GIB, 1000)),
        (
            "/a/b",
            {
                "a/memory.max": f"{2 * GIB}\n",
                "a/memory.current": "5000\n",
                "a/memory.stat": "anon 3000\ninactive_file 1500\n",
                "a/b/memory.max": f"{3 * GIB}\n",
                "a/b/memory.current": "4000\n",
                "a/b/cpu.max": "150000 100000\n",
                "a/cpu.max": "400000 100000\n",
            },
            Limits(2 * GIB, 3500, 1.5),
        ),
        ("/", {"memory.max": "garbage", "cpu.max": "1 0"}, Limits()),
    ],
    ids=["no controllers", "no limits", "own", "around it", "garbage"],
)
def test_limits__files_of_the_groups__narrowest_holds(
    tmp_path: Path, group: str, files: Dict[str, str], limits: Limits
) -> None:
    """A container sees the whole machine's memory, and is killed at its own limit."""
    assert place(tmp_path, group, files) == limits


def test_limits__process_that_is_gone_or_other_system__none(tmp_path: Path) -> None:
    """There is no such file then."""
    assert limits_of(7, str(tmp_path), str(tmp_path)) == Limits()
    assert isinstance(limits_of(os.getpid()), Limits)
