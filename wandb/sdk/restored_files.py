"""`run.restore`: a file of this run, of an earlier part of it, or of another run, for reading.

It is looked for on this machine first; of a run that is sent, the server is asked by `apis`, which is loaded by name.
"""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.foreign_names import place_below
from wandb.loading import load, loading
from wandb.runlog.layout import RunLayout
from wandb.sdk import active, session
from wandb.settings import working_dir
from wandb.settings_fields import SENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO, Union

    from wandb.settings import Settings


def restore(
    name: str, run_path: str | None = None, replace: bool = False, root: str | None = None
) -> Union[TextIO, None]:
    """`Run.restore` of the current run, or of none if `run_path` names one; then `root` is the current folder."""
    run = active.current()
    if run is not None:
        return run.restore(name, run_path, replace, root)
    return restore_file(session.settings(), run_path, name, replace, root or os.curdir)


def restore_file(settings: Settings, run_path: str | None, name: str, replace: bool, root: str | None) -> TextIO:
    """The file `name`, put below `root` from the run's folders unless it is there already; ArgumentValueError if not.

    If it is not on this machine, the server is asked. `run_path` is `entity/project/id`, `project/id` or the id of a
    run; by default it is the one of the settings. With `replace`, a file that is below `root` already is replaced by
    the run's.
    """
    run_id = (run_path or settings.run_id or "").rpartition("/")[2]
    if not run_id:
        raise ArgumentValueError("`restore` needs a run_path as long as there is no run.")
    if not isinstance(name, (str, os.PathLike)):
        raise ArgumentTypeError(f"`restore` takes the name of a file, not {type(name).__name__}.")
    place = os.path.normpath(name)
    if os.path.isabs(place) or place.split(os.sep)[0] == os.pardir:
        raise ArgumentValueError(f"`restore` takes the name of a file in the run's folder, not {name!r}.")
    target = place_below(root or settings.files_dir or working_dir(), place)
    if replace or not os.path.exists(target):
        source = _find(settings, run_id, place, target)
        if source:
            _put(source, target)
        else:
            _fetch(settings, run_path or run_id, place, target)
    if not os.path.isfile(target):
        also = " nor at the server" if settings.mode in SENT_MODES else ""
        raise ArgumentValueError(
            f"`restore` finds no file {name!r} of the run {run_id!r} in {settings.wandb_dir}{also}."
        )
    return open(target, encoding="utf-8")


def _fetch(settings: Settings, run_path: str, name: str, target: str) -> None:
    """From the server, if runs are sent there. Raises CommError if that can't be asked."""
    if settings.mode in SENT_MODES:
        name = name.replace(os.sep, "/")
        load("wandb.apis.run_downloads").fetch(settings, run_path, name, target)


def _find(settings: Settings, run_id: str, name: str, target: str) -> str:
    """The newest one in the folders of the run; "" if there is none besides the target itself."""
    parents = [str(settings.wandb_dir)]
    if settings.sync_dir:
        parents.insert(0, os.path.dirname(settings.sync_dir))  # elsewhere, if the usual folder can't be written
    for parent in dict.fromkeys(parents):
        for part in RunLayout.parts(parent, run_id):
            path = os.path.join(part.files_dir, name)
            if os.path.isfile(path) and os.path.realpath(path) != os.path.realpath(target):
                return path
    return ""


def _put(source: str, target: str) -> None:
    with loading():
        import shutil

    from wandb.artifacts.cache import replacing

    with replacing(target) as new:  # never written to: it may be a link to a file of the user's
        shutil.copyfile(source, new)
