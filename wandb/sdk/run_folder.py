"""Where a new run is recorded: its folder with an empty log, or the stated fallback; and the file of resume="auto"."""

from __future__ import annotations

import json
import os
import time

from wandb.errors import UsageError
from wandb.process import ProcessIdentity
from wandb.runlog.layout import RunLayout, create_run_folder, link_latest
from wandb.runlog.transaction_log import TransactionLog
from wandb.sdk.lib.terminal import termerror, termlog, termwarn
from wandb.settings_files import folder_name, read_small_file
from wandb.settings_values import check
from wandb.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List, Tuple

    from wandb.settings import Settings


def make_folder(settings: Settings, started: float) -> Tuple[RunLayout, TransactionLog] | None:
    """The new run folder and its log: below `root_dir` or, if that can't be written, below the temporary folder.

    None, with an error line, if nothing can be written anywhere: the program goes on unrecorded.
    """
    name = f"offline-run-{_moment(started)}-{settings.run_id}"
    wanted, problem = os.path.join(str(settings.root_dir), _folder(settings)), ""
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
    os.mkdir(layout.files_dir)
    os.mkdir(layout.logs_dir)
    log = TransactionLog.create(layout.transaction_log)
    write_diary(layout, f"run {run_id} begins, process {ProcessIdentity.current()!r}, wandb {__version__}")
    return layout, log


def write_diary(layout: RunLayout, sentence: str) -> None:
    """Note something in the training process's part of the SDK's diary, for whoever looks for a fault later."""
    try:
        with open(layout.diary, "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sentence}\n")
    except OSError:
        return  # the record itself says when its folder can't be written


def _folder(settings: Settings) -> str:
    root = str(settings.root_dir)
    folder = folder_name(root, settings.use_dot_wandb)
    package = os.path.join(root, "wandb")
    if folder != "wandb" and os.path.exists(os.path.join(package, "__init__.py")):
        termlog(f"{package} is a Python package, so runs go to {os.path.join(root, folder)}.", repeat=False)
    return folder


def _shared_temporary_folder() -> str:
    import tempfile

    return os.path.join(tempfile.gettempdir(), "wandb")


def _own_temporary_folder() -> str:
    import tempfile

    return tempfile.mkdtemp(prefix="wandb-")


def id_to_resume(settings: Settings) -> str | None:
    """With resume="auto": the id of this folder's last run, if that did not end well."""
    try:
        content = json.loads(read_small_file(str(settings.resume_fname)))
    except FileNotFoundError:
        return None  # the last run ended well, or there was none
    except (OSError, ValueError, RecursionError):
        content = None
    try:
        return str(check("run_id", content["run_id"], str(settings.resume_fname)))
    except (KeyError, TypeError, UsageError):
        termwarn(f"{settings.resume_fname} names no run, so a new one begins.")
        return None


def remember_to_resume(settings: Settings) -> None:
    """Leave the id for the next `init` with resume="auto"."""
    try:
        with open(str(settings.resume_fname), "w", encoding="utf-8") as file:
            json.dump({"run_id": settings.run_id}, file)
    except OSError as error:
        termwarn(f"resume=auto will not find this run: {error}")


def forget_to_resume(settings: Settings) -> None:
    """The run has ended well."""
    try:
        os.unlink(str(settings.resume_fname))
    except OSError:
        return
