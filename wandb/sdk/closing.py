"""What a person reads when a run begins and ends: where it is, how its metrics went, how to send it later.

The numbers come from the follower's closing report in the run folder; without one the rest is said all the same.
"""

from __future__ import annotations

import os
from json import JSONDecoder  # not `load`: a program may have put a quicker one into the module

from wandb.sdk.lib.terminal import termlog, termwarn
from wandb.settings import working_dir
from wandb.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple

    from wandb.runlog.layout import RunLayout
    from wandb.sdk.sending import UploadNews
    from wandb.settings import Settings

_BLOCKS = "▁▂▃▄▅▆▇█"
_TEXT_LIMIT = 20

_WHY_LOCAL = {
    "offline": "This run is recorded offline, as mode=offline asks; `wandb online` or WANDB_MODE=online changes that.",
    "no key": "No API key is known, so this run is recorded offline; `wandb login`, then `wandb sync {}`, sends it.",
}


def print_opening(settings: Settings, why_local: str) -> None:
    """The lines at the start of a run."""
    if not settings.quiet:
        for path in settings.files_read:
            termlog(f"Loading settings from {path}")
        termlog(f"Tracking run with wandb version {__version__}")
    if why_local:
        termlog(_WHY_LOCAL[why_local].format(settings.sync_dir))
    termlog(f"Run data is saved locally in {settings.sync_dir}")
    if not why_local:
        termlog("Run `wandb offline` to keep runs on this machine.")
        if not settings.quiet:
            termlog(f"{'Resuming' if settings.resume else 'Syncing'} run {settings.run_name or settings.run_id}")


def print_closing(settings: Settings, layout: RunLayout, news: UploadNews | None) -> None:
    """The lines at the end of a run; `news` of one that was sent while it went on."""
    history, summary, damage = _read_report(layout.closing_report)
    if damage:
        more = f", and {len(damage) - 1} more; see {layout.helper_diary}" if len(damage) > 1 else ""
        termwarn(f"A part of this run's record could not be read, and is left out: {_one_line(damage[0])}{more}.")
    if not settings.quiet:
        _print_report(settings, history, summary)
    if news is not None:
        news.tell_end()
    if not settings.quiet:
        if news is None:
            termlog("This run is on this machine only; to send it:")
            termlog(f"wandb sync {layout.run_dir}")
        termlog(f"Find logs at: {_from_here(layout.logs_dir)}")


def _print_report(settings: Settings, values: Dict[str, List[float]], summary: Dict[str, Any]) -> None:
    history = _history_lines(values, settings.max_end_of_run_history_metrics)
    _block("Run history:", history)
    _block("Run summary:", _summary_lines(summary, settings.max_end_of_run_summary_metrics))
    if history:
        termlog()


def _read_report(path: str) -> Tuple[Dict[str, List[float]], Dict[str, Any], List[str]]:
    """(history, summary, damage) of the closing report; empty where it holds something else."""
    try:
        with open(path, encoding="utf-8") as file:
            report = JSONDecoder().decode(file.read())
    except (OSError, ValueError, RecursionError):
        report = {}  # the follower has not come so far
    history, summary, damage = (_dict(report).get(name) for name in ("history", "summary", "damage"))
    samples = {name: values for name, values in _dict(history).items() if _are(float, values)}
    sentences: List[str] = damage if _are(str, damage) else []  # type: ignore[assignment]
    return samples, _dict(summary), sentences


def _dict(value: Any) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _are(kind: type, values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _block(title: str, rows: List[Tuple[str, str]]) -> None:
    if not rows:
        return
    termlog()
    termlog(title)
    rows = [(_one_line(name), _one_line(value)) for name, value in rows]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        termlog(f"{name:>{width}} {value}".rstrip())


def _history_lines(history: Dict[str, List[float]], limit: int) -> List[Tuple[str, str]]:
    lines = [(name, sparkline(history[name])) for name in sorted(history)]
    shown = [(name, line) for name, line in lines if line.strip()]
    return _with_rest(shown, limit, len(lines))


def _summary_lines(summary: Dict[str, Any], limit: int) -> List[Tuple[str, str]]:
    shown = []
    for name in sorted(summary):
        value = summary[name]
        if name.startswith("_") or isinstance(value, (dict, list)) or value is None:
            continue
        if isinstance(value, float):
            value = round(value, 5)
        text = str(value)
        shown.append((name, text if len(text) <= _TEXT_LIMIT else text[:_TEXT_LIMIT] + "..."))
    return _with_rest(shown, limit, len(shown))


def _with_rest(rows: List[Tuple[str, str]], limit: int, total: int) -> List[Tuple[str, str]]:
    shown = rows[: max(limit, 0)]
    return [*shown, (f"+{total - len(shown)}", "...")] if shown and total > len(shown) else shown


def sparkline(values: List[float]) -> str:
    """One block character a value, scaled from the least to the greatest; a value that is not finite is a space."""
    finite = [value for value in values if value - value == 0]
    if not finite:
        return " " * len(values)
    low, high = min(finite) / 2, max(finite) / 2  # halves: their difference is finite too
    top = len(_BLOCKS) - 1

    def block(value: float) -> str:
        if value - value != 0:
            return " "
        return _BLOCKS[int((value / 2 - low) / (high - low) * top + 0.5) if high > low else 0]

    return "".join(block(value) for value in values)


def _from_here(path: str) -> str:
    here = working_dir()
    below = os.path.isabs(here) and path.startswith(here + os.sep)
    return os.path.join(".", os.path.relpath(path, here)) if below else path


def _one_line(text: str) -> str:
    """Without line ends, tabs and terminal codes, which would break the table."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
