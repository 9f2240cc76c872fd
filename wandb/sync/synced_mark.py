"""The mark of a run that was sent whole: `run-<id>.wandb.synced`, beside its log.

Upstream's client leaves an empty one. Ours holds how large the log was when the sending began, and the spools of other
hosts, since processes that outlive the run append to them: what has grown since has not been sent. It also says what
was left out by a wish of whoever sent it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Dict, FrozenSet, Sequence

from wandb.errors import LogError
from wandb.process import host_name
from wandb.runlog.part import first_record
from wandb.sync.rewrite import rewrite

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout

CONSOLE_TEXT = "console"  # what may be left out
_LEFT_OUT = "left_out"  # no log has this name
_NOTHING: Dict[str, Any] = {_LEFT_OUT: frozenset()}


def log_size(layout: RunLayout) -> Dict[str, int]:
    """What a mark says of the transaction log; to be asked before it is sent. Raises OSError."""
    return {os.path.basename(layout.transaction_log): os.path.getsize(layout.transaction_log)}


def spool_sizes(layout: RunLayout) -> Dict[str, int]:
    """What a mark says of the spools; to be asked before they are folded into the log. Raises OSError.

    That of this host is not among them: when all of it is in the log it is removed, unless its writers go on.
    """
    own = layout.spool(host_name())
    return {os.path.basename(path): os.path.getsize(path) for path in layout.spools() if path != own}


def mark_synced(layout: RunLayout, sizes: Dict[str, int], left_out: Sequence[str] = ()) -> None:
    """Leave the mark: the logs have been sent as far as these sizes, but for what was left out. Raises OSError."""
    if left_out and is_synced(layout):
        return  # it was sent before
    rewrite(layout.synced_marker, json.dumps({**sizes, **({_LEFT_OUT: list(left_out)} if left_out else {})}))


def is_synced(layout: RunLayout, but_for: Sequence[str] = ()) -> bool:
    """Whether a mark proves that all the logs hold was sent, except perhaps what does not matter (`but_for`).

    False if the disk does not say.
    """
    mark = _read(layout)
    return mark is not None and mark[_LEFT_OUT] <= set(but_for)


def left_out(layout: RunLayout) -> FrozenSet[str]:
    """What was left out when the run was sent, by its mark; nothing if none proves that it was sent."""
    return (_read(layout) or _NOTHING)[_LEFT_OUT]


def _read(layout: RunLayout) -> Dict[str, Any] | None:
    """What a mark says, if it covers all of the logs."""
    try:
        with open(layout.synced_marker, encoding="utf-8") as file:
            text = file.read()
        logs = [layout.transaction_log, *layout.spools()]
        if not text:  # it says nothing of what was sent: nothing may be younger, and spools wait to be folded
            is_old = os.stat(logs[0]).st_mtime_ns <= os.stat(layout.synced_marker).st_mtime_ns
            return _NOTHING if len(logs) == 1 and is_old else None
        mark = json.loads(text)
        covers = isinstance(mark, dict) and all(mark.get(os.path.basename(log)) == os.path.getsize(log) for log in logs)
        return {**mark, _LEFT_OUT: frozenset(map(str, mark.get(_LEFT_OUT, ())))} if covers else None
    except (OSError, ValueError, TypeError):
        return None


def needs_sending(layout: RunLayout, but_for: Sequence[str] = ()) -> bool:
    """Whether `wandb sync` shall look at it: not if it is synced, nor if another client has made it and sent it.

    One of which a checkpoint says what the server has, and one of ours, may be looked at at any time. What another
    client has sent, and has grown or was copied since, would be there twice.
    """
    if left_out(layout):
        return not is_synced(layout, but_for)  # what the server lacks has no numbers there yet
    is_known = is_ours(layout) or os.path.exists(layout.checkpoint)
    return not is_synced(layout) and (is_known or not os.path.exists(layout.synced_marker))


def is_ours(layout: RunLayout) -> bool:
    """Whether this package made the run, by the settings in its record."""
    try:
        part = first_record(layout)
    except (LogError, OSError):
        return False
    return part is not None and "_creator" in part.settings
