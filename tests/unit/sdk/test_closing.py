"""The lines at the end of a run."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from wandb.sdk.closing import _block, _from_here, _history_lines, _summary_lines, sparkline


def test_sparkline__values__are_scaled_from_least_to_greatest() -> None:
    """One of eight blocks a value; a constant is the lowest."""
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([5, 5]) == "▁▁"


@pytest.mark.parametrize("values", [[math.nan, 1.0, math.inf], [-1.7e308, 1.7e308], [], [math.nan]])
def test_sparkline__extreme_values__never_raise(values: list) -> None:
    """The last thing a training does must not be an error of ours."""
    assert len(sparkline(values)) == len(values)
    assert sparkline([math.nan, 1.0, 2.0]) == " ▁█"


def test_history_lines__more_metrics_than_fit__are_counted() -> None:
    """Ten rows, sorted by name, and how many were left out."""
    lines = _history_lines({**{f"m{n:02}": [n] for n in range(13)}, "nan": [math.nan]}, 10)
    assert [name for name, _ in lines] == [f"m{n:02}" for n in range(10)] + ["+4"]


def test_summary_lines__values__are_short_and_plain() -> None:
    """Numbers rounded, text cut, dicts and hidden names left out."""
    summary = {"b": 0.123456789, "a": "x" * 30, "_step": 3, "d": {"min": 1}, "n": None, "t": True}
    assert _summary_lines(summary, 10) == [("a", "x" * 20 + "..."), ("b", "0.12346"), ("t", "True")]


def test_block__names_with_line_ends_and_terminal_codes__keep_one_line_a_metric(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Any text may be the name of a metric."""
    _block("Run summary:", [("a\nb\x1b[2J", "1"), ("cc", "x\r\ty")])
    lines = [line.rstrip() for line in capsys.readouterr().err.split("\n")]
    assert lines == ["wandb:", "wandb: Run summary:", "wandb: a b [2J 1", "wandb:      cc x  y", ""]


def test_from_here__in_a_removed_folder__is_the_path_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job's folder may go away before its run ends."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert _from_here(str(gone / "logs")) == os.path.join(".", "logs")
    gone.rmdir()
    try:
        for known in (str(gone), None):
            monkeypatch.setenv("PWD", known) if known else monkeypatch.delenv("PWD")
            assert _from_here("/elsewhere/logs") == "/elsewhere/logs"
            assert _from_here("./logs") == "./logs"
    finally:
        os.chdir(tmp_path)
