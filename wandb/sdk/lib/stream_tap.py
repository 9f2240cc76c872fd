"""The patch of one stream object, shared by all runs that listen to it; made and ended by `redirect`.

The stream object stays the user's own; only its `write` (and `flush`, and its buffer's `write`) are replaced on
the instance, so whoever holds the object is captured too; by what: `stream_teller`. Whatever stands on the stream is
looked at, never remembered: others patch and put back as they like. Where ours may stand above and below somebody's
patch, or on a stream and on one that leads to it, the innermost tells: that is what was really written. Never imports
or calls anybody who patches.
"""

from __future__ import annotations

import io
import sys
from weakref import ref

from wandb.sdk.lib.stream_teller import StreamTeller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List

_ABSENT = object()
# Below these nobody's Python code runs that could wait for our lock.
_C_BUFFERS = (io.BufferedWriter, io.BufferedRandom, io.BytesIO, io.FileIO)


class _Patch:
    """One attribute that we set. Held weakly: dead means that it is off the target and nobody can put it back."""

    __slots__ = ("before", "function", "name", "target")

    def __init__(self, target: Any, name: str, before: Any, function: ref[Any]) -> None:
        self.target = target
        self.name = name
        self.before = before
        self.function = function

    def is_on(self) -> bool:
        function = self.function()
        return function is not None and _own(self.target).get(self.name) is function


class Tap(StreamTeller):
    """What is ours on one stream object; `callbacks` are told each text as `callback(is_stdout, text)`."""

    def __init__(self, stream: Any, is_stdout: bool, may_reach_another: bool, settled: Callable[[Tap], None]) -> None:
        """`may_reach_another`: another tap of the same kind exists that texts may pass on their way down.

        `settled` is called when what is ours has been changed by somebody else's bookkeeping.
        """
        super().__init__(stream, is_stdout)
        self.returns = False  # whether a patch that somebody removes is put back at once
        self._may_reach_another = may_reach_another
        self._settled = settled
        self._patches: List[_Patch] = []
        self._watched: ref[Any] | None = None

    # ---- on and off

    def install(self) -> bool:
        """Patch what is not ours now; False if it can't be (no `write`, or no attributes of its own)."""
        stream = self.stream
        write = getattr(stream, "write", None)
        if not callable(write):
            return False
        self._forget_dead()
        buffer: Any = getattr(stream, "buffer", None)
        layered = type(buffer) in _C_BUFFERS
        if not self._is_on(stream, "write") and not self._leads_to_ours(write):
            # A bound method of the stream itself is no patch, also where somebody has put it on the instance.
            plain = "write" not in _own(stream) or getattr(write, "__self__", None) is stream
            if self._may_reach_another or not plain:
                function = self.innermost(write)
                function = self.layered(function) if layered else function
            else:
                if type(stream) is io.TextIOWrapper and layered:
                    function = self.text_write(write)
                else:
                    function = self.simple_write(write)
                    function = self.layered(function) if layered else function
            if not self._set(stream, "write", function):
                return False
        if layered and callable(getattr(stream, "flush", None)):
            if not self._is_on(stream, "flush"):
                self._set(stream, "flush", self.layered(stream.flush, is_flush=True))
            if not self._is_on(buffer, "write"):
                self._set(buffer, "write", self.bytes_write(buffer.write))
        return True

    def restore(self) -> None:
        """Take back what is still ours; where somebody patched on top of it, ours goes on as a passthrough.

        If they later put back what they had found, it is taken back then.
        """
        kept, alive = [], [patch.function() for patch in self._patches]  # so that none ends, and calls back, half-way
        for patch in reversed(self._patches):
            if not patch.is_on():
                kept.append(patch)
            else:
                _put(patch.target, patch.name, patch.before)
        self._patches = kept[::-1]
        del alive
        self._forget_dead()
        above = _own(self.stream).get("write")
        if self._patches and above is not None:
            self._watched = _weakly(above, self._changed)

    def is_idle(self) -> bool:
        """Whether nobody listens and nothing of ours is left anywhere."""
        return not self.callbacks and not self._patches

    def _is_on(self, target: Any, name: str) -> bool:
        return any(patch.target is target and patch.name == name and patch.is_on() for patch in self._patches)

    def _leads_to_ours(self, write: Any) -> bool:
        """Whether it is a function made around ours, as IPython's is: then ours hears all that it lets through."""
        ours = [patch.function() for patch in self._patches if patch.target is self.stream and patch.name == "write"]
        for cell in getattr(write, "__closure__", None) or ():
            try:
                if any(cell.cell_contents is function for function in ours):
                    return True
            except ValueError:
                continue  # a cell that is not filled yet
        return False

    def _set(self, target: Any, name: str, function: Any) -> bool:
        patch = _Patch(target, name, _own(target).get(name, _ABSENT), ref(function, self._changed))
        self._patches.append(patch)  # first: whoever is interrupted here takes back what is noted
        try:
            _put(target, name, function)
        except (AttributeError, TypeError):
            self._patches.remove(patch)
            return False  # a C object without a __dict__, or a class with __slots__: it keeps what it has
        return True

    def _forget_dead(self) -> None:
        self._patches = [patch for patch in self._patches if patch.function() is not None]

    def _changed(self, _dead: Any) -> None:
        """A patch of ours has been replaced for good, or what stood above one: look what stands there now."""
        if sys.is_finalizing():
            return
        if not self.callbacks:
            self.restore()
            self._settled(self)
        elif self.returns:
            self.install()


def _put(target: Any, name: str, value: Any) -> None:
    """Give the object an attribute of its own, or take it back (_ABSENT).

    Not by `setattr` where the class has its own: ClearML's hands it on to the stream below, whose `write` would then
    be one that leads to itself.
    """
    kind: Any = type(target)
    forwards = kind.__setattr__ is not object.__setattr__
    if value is _ABSENT:
        target.__dict__.pop(name) if forwards else delattr(target, name)
    elif forwards:
        target.__dict__[name] = value
    else:
        setattr(target, name, value)


def _own(target: Any) -> Dict[str, Any]:
    return getattr(target, "__dict__", {})


def _weakly(thing: Any, died: Callable[[Any], None]) -> ref[Any] | None:
    try:
        return ref(thing, died)
    except TypeError:
        return None  # an instance of a class with __slots__: it goes unnoticed, and ours stays a passthrough
