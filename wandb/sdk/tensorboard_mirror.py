"""What a program writes for TensorBoard becomes rows of the run: `sync_tensorboard=True`, `wandb.tensorboard.patch`.

The writer classes of tensorboard (torch's too), tensorboardX and TensorFlow 1 get an `add_event` that also keeps the
event's values; what was written for one step makes one row. Of TensorFlow's other writers the record says which files
they make. Whatever goes wrong here, the writer has done its own work before.
"""

from __future__ import annotations

import os
import time

from wandb.media.event_values import values_of
from wandb.process import PerProcess
from wandb.runlog.spool import EVENT_FILE
from wandb.sdk import active
from wandb.sdk.lib.import_hook import ImportHook
from wandb.sdk.lib.terminal import termwarn
from wandb.sdk.tensorboard_rows import EventWriters, safely
from wandb.sdk.tensorflow_writers import MODULE, TensorflowWriters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, List, Tuple

    from wandb.sdk.run import Run

_WRITERS = (
    "tensorboard.summary.writer.event_file_writer",
    "tensorboardX.event_file_writer",
    "tensorflow.python.summary.writer.event_file_writer",
    MODULE,
)
# A file system's clock may be behind by as much.
_CLOCKS_SECONDS = 2.0
_LIBRARIES = {"tensorboard_x": "tensorboardX.", "pytorch": "tensorboard."}


class TensorboardMirror:
    """The patch of the writer classes; begins with `install`, ends with `restore`, which may come twice."""

    def __init__(self, root_logdir: str = "", modules: Tuple[str, ...] = _WRITERS, save: bool = True) -> None:
        """Names of a folder below `root_logdir` (if not given: below the first writer's) stand in front of the tags.

        `save`: the event files themselves become files of the run at its end.
        """
        self._root = os.path.abspath(root_logdir) if root_logdir else ""
        self._given_root = bool(root_logdir)
        self._saves = save
        self._folders: Dict[str, float] = {}  # where events are written, and since when
        self._writers = PerProcess(EventWriters)
        self._patches: List[Tuple[type, str, Any, Any]] = []
        self._tensorflow = TensorflowWriters(self._file_made, safely)
        patches: Dict[str, Callable[[ModuleType], None]] = dict.fromkeys(modules, self._patch)
        if MODULE in patches:
            patches[MODULE] = self._tensorflow.patch
        self._hook = ImportHook(patches)
        self._listens = False  # a patch of ours may stay where somebody else's stands on top of it

    def install(self) -> None:
        """Patch what is loaded, and later what will be."""
        active.mirrors.append(self)
        self._listens = True
        self._hook.install()

    def restore(self) -> None:
        """Put back what is still ours."""
        self._hook.restore()
        self._tensorflow.restore()
        self._commit()
        self._listens = False
        if self in active.mirrors:
            active.mirrors.remove(self)
        for target, name, original, ours in reversed(self._patches):
            if target.__dict__.get(name) is ours:
                setattr(target, name, original)
        self._patches = []

    def run_ends(self, run: Run) -> None:
        """Log the rows that are open, and save the event files that were written meanwhile."""
        self._commit()
        self._tensorflow.flush()
        if self._saves and run is active.current():
            self._save(run)

    def _commit(self) -> None:
        writers = self._writers.get()
        writers.serial.run_last(writers.commit)

    def _save(self, run: Run) -> None:
        for folder, since in list(self._folders.items()):
            self._folders[folder] = time.time()  # what is written later belongs to the next run
            safely(self._save_from, run, folder, since)

    def _save_from(self, run: Run, folder: str, since: float) -> None:
        base = self._root if _inside(folder, self._root) is not None else folder
        if os.path.isdir(folder):
            for entry in os.scandir(folder):
                if "tfevents" in entry.name and entry.stat().st_mtime >= since:
                    run.save(entry.path, base, "end", glob=False)

    def _patch(self, module: ModuleType) -> None:
        target = getattr(module, "EventFileWriter", None)
        if not isinstance(target, type):
            return
        for name, then in (("add_event", self._added), ("flush", self._flushed), ("close", self._closed)):
            original = target.__dict__.get(name)
            if callable(original):
                ours = _followed(original, then)
                self._patches.append((target, name, original, ours))
                setattr(target, name, ours)

    def _added(self, writer: Any, event: Any) -> None:
        if self._listens:
            writers = self._writers.get()
            writers.serial.run(writers.take, writer, event, self._prefix_of)

    def _file_made(self, folder: str, path: str) -> None:
        """Let the record say that the events of this file are rows of the run."""
        namespace, run = self._prefix_of(folder), active.current()
        if run is not None:
            place = {"log_dir": folder, "root_dir": self._root, "save_path": path}
            fields = {**place, "namespace": namespace, "save": self._saves}
            run._interface.publish("tbrecord", "TBRecord", fields, EVENT_FILE)

    def _flushed(self, writer: Any) -> None:
        writers = self._writers.get()
        writers.serial.run(writers.flush, writer)

    def _closed(self, writer: Any) -> None:
        writers = self._writers.get()
        writers.serial.run(writers.close, writer)

    def _prefix_of(self, folder: str) -> str:
        folder = os.path.abspath(folder)
        self._root = self._root or folder
        self._folders.setdefault(folder, time.time() - _CLOCKS_SECONDS)
        inside = _inside(folder, self._root)
        if inside is None and not self._given_root:
            termwarn(
                f"{folder} is not below {self._root}: tags of the same name go to the same metric. To tell them "
                'apart, call `wandb.tensorboard.patch(root_logdir="...")` before `wandb.init`.',
                repeat=False,
            )
        return f"{inside}/" if inside else ""


def _inside(folder: str, root: str) -> str | None:
    """The way from root to folder with slashes, "" if they are the same; None if there is none that leads down."""
    way = os.path.relpath(folder, root)
    if way.split(os.sep)[0] == os.pardir:
        return None
    return "" if way == os.curdir else way.replace(os.sep, "/")


def _followed(original: Callable[..., Any], then: Callable[..., None]) -> Callable[..., Any]:
    """The method, and behind it `then(self, event)`, or `then(self)`; nothing of that gets to the caller."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        safely(then, self, *args[:1])
        return result

    return method


_of_program: List[TensorboardMirror] = []


def patch(
    save: bool = True, tensorboard_x: bool | None = None, pytorch: bool | None = None, root_logdir: str = ""
) -> None:
    """From now on, what is written for TensorBoard is logged to the current run.

    `tensorboard_x` and `pytorch` choose one library, `root_logdir` is the folder above all writers'. Raises
    ValueError if it is so already. `save` makes the event files themselves files of the run, at its end.
    """
    if active.mirrors:
        raise ValueError(
            "TensorBoard is patched already: `wandb.tensorboard.unpatch()` first, or leave out `sync_tensorboard=True`."
        )
    chosen = [_LIBRARIES[name] for name, wish in (("tensorboard_x", tensorboard_x), ("pytorch", pytorch)) if wish]
    modules = tuple(name for name in _WRITERS if not chosen or name.startswith(tuple(chosen)))
    mirror = TensorboardMirror(root_logdir, modules, save)
    _of_program.append(mirror)
    mirror.install()


def unpatch() -> None:
    """The end of `patch`; nothing if there was none."""
    while _of_program:
        _of_program.pop().restore()


def is_patched() -> bool:
    """Whether a mirror is in force, of `patch` or of an open run: a second one would double each row."""
    return bool(active.mirrors)


def tf_summary_to_dict(tf_summary_str_or_pb: Any, namespace: str = "") -> Dict[str, Any] | None:
    """The values of a TensorBoard summary (a message, or its bytes) by tag; None if there are none.

    `namespace` stands in front of each tag, with a slash. Bytes need tensorboard or tensorboardX.
    """
    summary = tf_summary_str_or_pb
    if isinstance(summary, (bytes, bytearray)):
        summary = _summary_class().FromString(bytes(summary))
    return values_of(summary, f"{namespace}/" if namespace else "") or None


def log(tf_summary_str_or_pb: Any, history: Any = None, step: int = 0, namespace: str = "", **kwargs: Any) -> None:
    """Log the values of a TensorBoard summary to the current run, with `step` as `global_step`."""
    values = tf_summary_to_dict(tf_summary_str_or_pb, namespace)
    run = active.current()
    if values and run is not None:
        run.log({"global_step": step, **values})


def reset_state() -> None:
    """Kept for programs that call it: nothing is remembered from one run to the next."""


def _summary_class() -> Any:
    from importlib import import_module

    for name in ("tensorboard.compat.proto.summary_pb2", "tensorboardX.proto.summary_pb2"):
        try:
            return import_module(name).Summary
        except ImportError:
            continue
    raise ImportError("To read the bytes of a summary: `pip install tensorboard`, or tensorboardX.")
