"""TensorFlow's own summary writers: the record says which event files they make, and the follower reads those.

A writer is an operation of TensorFlow's, and so is each value that it is given, also within graphs: there is nothing in
Python to listen to, but for the one call that makes a writer. Nothing is paid for a value.
"""

from __future__ import annotations

import os
from weakref import ref

from wandb.process import ProcessIdentity
from wandb.sdk.lib.interruption import is_from_signal_handler
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, List, Set, Tuple

MODULE = "tensorflow.python.ops.gen_summary_ops"
_MAKES_WRITER, _FLUSHES_WRITER = "create_summary_file_writer", "flush_summary_writer"


class TensorflowWriters:
    """The patch of the call that makes a writer; `made(folder, path)` is told of each event file."""

    def __init__(self, made: Callable[[str, str], None], safely: Callable[..., Any]) -> None:
        """`safely(action, *arguments)` calls an action that must not fail for the program."""
        self._made = made
        self._safely = safely
        self._module: Any = None
        self._original: Any = None
        self._ours: Any = None
        self._handles: List[Any] = []

    def patch(self, module: ModuleType) -> None:
        """Stand in for the call in this module; nothing if it has none."""
        original = getattr(module, _MAKES_WRITER, None)
        if not callable(original):
            return

        def create_summary_file_writer(*args: Any, **kwargs: Any) -> Any:
            before: List[Tuple[str, Set[str]]] = []
            self._safely(_look, before, args, kwargs)
            result = original(*args, **kwargs)
            if self._ours is not None and before:
                self._safely(self._tell, *before[0], args, kwargs)
            return result

        self._module, self._original, self._ours = module, original, create_summary_file_writer
        setattr(module, _MAKES_WRITER, create_summary_file_writer)

    def restore(self) -> None:
        """Put the call back if it is still ours."""
        if self._module is not None and getattr(self._module, _MAKES_WRITER, None) is self._ours:
            setattr(self._module, _MAKES_WRITER, self._original)
        self._ours = None
        self._handles = []

    def flush(self) -> None:
        """Have written what the writers hold back, as they would at the end of the program."""
        flush = getattr(self._module, _FLUSHES_WRITER, None)
        for reference in self._handles:
            handle = reference()
            if handle is not None and callable(flush):
                _flush(flush, handle)

    def _tell(self, folder: str, before: Set[str], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
        paths = sorted(_event_files(folder) - before)
        for path in paths:
            self._made(folder, path)
        if not paths:
            place = folder or "a graph"
            termwarn(f"No event file of TensorFlow's is found for {place}: what is written there is not in the run.")
        handle = kwargs.get("writer", args[0] if args else None)
        self._handles = [known for known in self._handles if known() is not None]
        self._handles.append(ref(handle))


def _folder_of(args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> str:
    """The folder that a writer is made for, which is a tensor of text; "" if it is not known now, as within graphs."""
    folder = kwargs.get("logdir", args[1] if len(args) > 1 else "")
    try:
        folder = folder.numpy() if hasattr(folder, "numpy") else folder
    except Exception as error:  # a tensor that has no value yet
        if is_from_signal_handler(error):
            raise
        return ""
    return os.path.abspath(os.fsdecode(folder)) if isinstance(folder, (str, bytes)) and folder else ""


def _look(before: List[Tuple[str, Set[str]]], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
    """Append the folder that a writer is made for, and the event files that are there already."""
    folder = _folder_of(args, kwargs)
    before.append((folder, _event_files(folder)))


def _event_files(folder: str) -> Set[str]:
    """Those of this process in a folder; a second one may write there, too."""
    try:
        names = os.listdir(folder) if folder else []
    except OSError:
        return set()  # it is not there yet, or on no disk of this machine
    own = f".{ProcessIdentity.current().pid}."
    return {os.path.join(folder, name) for name in names if "tfevents" in name and own in name}


def _flush(flush: Callable[[Any], Any], handle: Any) -> None:
    try:
        flush(handle)
    except Exception as error:  # TensorFlow's NotFoundError: the program has closed it
        if is_from_signal_handler(error):
            raise
