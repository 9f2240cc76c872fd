"""Where a new run is recorded: its folder with an empty log, or the stated fallback."""

from __future__ import annotations

import os
import time

from wandb.loading import loading
from wandb.process import ProcessIdentity
from wandb.runlog.layout import RunLayout, create_run_folder, link_latest
from wandb.runlog.transaction_log import TransactionLog
from wandb.sdk.lib.terminal import termerror, termlog, termwarn
from wandb.settings_files import folder_name
from wandb.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List, Tuple

    from wandb.settings import Settings


def make_folder(settings: Settings, started: float) -> Tuple[RunLayout, TransactionLog] | None:
    """The new run folder and its log: below `root_dir` or, if that can't be written, below the temporary folder.

    None, with an error line, if nothing can be written anywhere: the program goes on unrecorded.
    """
    name = f"{settings.run_mode}-{_moment(started)}-{settings.run_id}"
    wanted, problem = folder_of_runs(settings), ""
    places: List[Callable[[], str]] = [lambda: wanted, _shared_temporary_folder, _own_temporary_folder]
    for place in places:
        parent = wanted
        try:
            parent = place()
            made = _make(parent, name, str(settings.run_id))
        except OSError as error:
            problem = problem or f"{parent} can't be written ({error.strerror or error})"
            continue
        if parent != wanted:
            termwarn(f"{problem}; the run goes to {parent} instead.")
        settings.sync_dir = made[0].run_dir
        if settings.symlink:
            link_latest(parent, made[0].run_dir)
            link_latest(parent, made[0].diary, "debug.log")
            link_latest(parent, made[0].helper_diary, "debug-internal.log")
        return made
    termerror(f"{problem}, and the temporary folder can't be either: this run is NOT recorded.")
    return None


def _moment(started: float) -> str:
    try:
        return time.strftime("%Y%m%d_%H%M%S", time.localtime(started))
    except (OverflowError, ValueError, OSError):
        return "00000000_000000"  # a clock that the program has replaced


def _make(parent: str, name: str, run_id: str) -> Tuple[RunLayout, TransactionLog]:
    layout = RunLayout(create_run_folder(parent, name), run_id)
    try:
        os.mkdir(layout.files_dir)
        os.mkdir(layout.logs_dir)
        log = TransactionLog.create(layout.transaction_log)
    except BaseException:
        _take_away(layout)
        raise
    write_diary(layout, f"run {run_id} begins, process {ProcessIdentity.current()!r}, wandb {__version__}")
    return layout, log


def _take_away(layout: RunLayout) -> None:
    """Leave no half run behind, as far as the disk lets us."""
    whole = ((os.unlink, layout.transaction_log), (os.rmdir, layout.logs_dir), (os.rmdir, layout.files_dir))
    for remove, path in (*whole, (os.rmdir, layout.run_dir)):
        try:
            remove(path)
        except OSError:
            continue  # it was not made, or stays


def write_diary(layout: RunLayout, sentence: str) -> None:
    """Note something in the training process's part of the SDK's diary, for whoever looks for a fault later."""
    try:
        with open(layout.diary, "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sentence}\n")
    except OSError:
        return  # the record itself says when its folder can't be written


def folder_of_runs(settings: Settings) -> str:
    """The folder that holds the run folders, if it can be written."""
    root = str(settings.root_dir)
    folder = folder_name(root, settings.use_dot_wandb)
    package = os.path.join(root, "wandb")
    if folder != "wandb" and os.path.exists(os.path.join(package, "__init__.py")):
        termlog(f"{package} is a Python package, so runs go to {os.path.join(root, folder)}.", repeat=False)
    return os.path.join(root, folder)


def _shared_temporary_folder() -> str:
    with loading():
        import tempfile

    return os.path.join(tempfile.gettempdir(), "wandb")


def _own_temporary_folder() -> str:
    with loading():
        import tempfile

    return tempfile.mkdtemp(prefix="wandb-")
