"""`wandb clean`: delete the folders of runs that a server has; also what `wandb sync --clean` ends with."""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import Callable, List, Sequence

import click

from wandb.cli.folder import folder_settings
from wandb.cli.own_folder import reason_to_keep
from wandb.cli.saying import say
from wandb.credentials import can_ask
from wandb.errors import LogError
from wandb.runlog.layout import RunLayout
from wandb.runlog.lease import is_held
from wandb.runlog.part import first_record
from wandb.sync.finding import find_runs
from wandb.sync.synced_mark import is_synced, left_out

_HOUR = 3600.0
_BEGAN = re.compile(r"run-(\d{8}_\d{6})-")


@click.command()
@click.option("--min-hours", type=float, default=24.0, help="Only runs that began so long ago.")
@click.option("--include-unsynced", is_flag=True, help="Runs that were not sent, too: what they recorded is gone then.")
@click.option("--force", is_flag=True, help="Do not ask.")
def clean(min_hours: float, include_unsynced: bool, force: bool) -> None:
    """Delete the folders of runs that a server has.

    A run that goes on, or is being sent, is never deleted.
    """
    latest = time.time() - min_hours * _HOUR
    runs = find_runs((folder_settings().wandb_dir,), True, lambda name, layout: True, follows_links=False).runs
    old = [layout for layout in runs if _began(layout) <= latest and not goes_on(layout)]
    sent = [layout for layout in old if is_synced(layout)]
    if not include_unsynced:
        partly = say_left_out(old, (), "--include-unsynced")
        if len(sent) + partly < len(old):
            say(f"{len(old) - len(sent) - partly} runs were not sent, and are kept.")
    if include_unsynced:
        delete(old, force, "--force", lambda layout: True)
    else:
        delete(sent, force, "--force", is_synced)


def say_left_out(layouts: List[RunLayout], but_for: Sequence[str], option: str) -> int:
    """Say how many runs were sent without something that matters; `option` is how they are deleted all the same."""
    count = sum(bool(left_out(layout)) and not is_synced(layout, but_for) for layout in layouts)
    if count:
        say(f"{count} runs were sent without their console, and are kept; {option} deletes them, too.")
    return count


def goes_on(layout: RunLayout) -> bool:
    """Whether somebody follows or sends it, or its program lives and has not ended it."""
    if is_held(layout.lease) or is_held(layout.upload_lease):
        return True
    return not os.path.exists(layout.closing_report) and lives(layout)


def lives(layout: RunLayout) -> bool:
    """Whether the program that began it still runs, on this machine."""
    try:
        part = first_record(layout)
    except (LogError, OSError):
        return False  # of a log that nobody can read nobody goes on
    return part is not None and part.is_running()


def delete(
    layouts: List[RunLayout], force: bool, option: str, may_go: Callable[[RunLayout], bool], only_says: bool = False
) -> None:
    """Delete run folders, after a question unless by `force`, which is spelled `option`. Exits with 1 if not all.

    What is not a run folder and nothing else is kept, and so is a run that, when its turn comes, goes on again or may
    not go any more. `only_says`: say which would go, and no more.
    """
    reasons = [(layout, reason_to_keep(layout)) for layout in layouts]
    for layout, reason in reasons:
        if reason:
            say(f"{layout.run_dir} is kept: {reason}.")
    layouts = [layout for layout, reason in reasons if not reason]
    if not layouts:
        say("There is nothing to delete.")
        return
    for layout in layouts:
        say(layout.run_dir)
    if only_says:
        say(f"Nothing was deleted; without --dry-run, {len(layouts)} folders would be.")
        return
    if not force and not (can_ask() and click.confirm(f"Delete {len(layouts)} folders?", err=True)):
        say(f"Nothing was deleted; {option} deletes without asking.")
        raise SystemExit(1)
    kept = 0
    for layout in layouts:
        reason = reason_to_keep(layout) or ("" if may_go(layout) and not goes_on(layout) else "it has changed")
        try:
            if not reason:
                shutil.rmtree(layout.run_dir)
        except OSError as error:
            reason = str(error)
        if reason:
            kept += 1
            say(f"ERROR {layout.run_dir} can't be deleted: {reason}")
    say(f"{len(layouts) - kept} folders were deleted.")
    if kept:
        raise SystemExit(1)


def _began(layout: RunLayout) -> float:
    """By the folder's name, as upstream has it; else when its log was written last."""
    named = _BEGAN.search(os.path.basename(layout.run_dir))
    try:
        return time.mktime(time.strptime(named.group(1), "%Y%m%d_%H%M%S")) if named else _written(layout)
    except ValueError:
        return _written(layout)


def _written(layout: RunLayout) -> float:
    return os.stat(layout.transaction_log).st_mtime
