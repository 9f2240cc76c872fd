"""Loads modules at their first use, so that no fork of another thread falls into the middle of it.

CPython's locks of modules that are being loaded do not survive a fork: a child that asks for such a module would wait
for ever. So a fork waits here until no other thread loads anything for us. Threads that load do not wait for each
other: each may hold a module that the other one needs.

Every fork of the program passes the hooks. They are C as long as nothing is loaded: a signal handler would run as soon
as a function in Python begins, and what it raises in a hook goes nowhere. So whose handler raises while a fork waits is
called once more behind it.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from operator import methodcaller
from threading import get_ident
from weakref import ref

from wandb.process import PerProcess, at_forks
from wandb.signals import signal_behind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Callable, Dict, List, Set, Tuple

_MOST_SECONDS = 5.0  # that a fork waits: a library may take minutes from a file server, or wait for who forks
_STEP_SECONDS = 0.001
_process = PerProcess(object)
_under_way: Dict[int, Tuple[object, int, object]] = {}  # each block: of which process, of which of its threads
_forking: Set[int] = set()  # the threads that are in a fork, with all of its hooks, and wait for nobody any more
_again: List[Callable[[], object]] = []  # raises a signal once more
_is_hooked = False


class loading:  # used as a statement: `with loading(): from … import …`
    """A block in which modules are loaded: no other thread forks meanwhile, but for one that has waited for long."""

    __slots__ = ("__weakref__",)

    def __enter__(self) -> None:
        _hook()
        process, thread = _process.get(), get_ident()
        is_waited_for = (process, thread) in [entry[:2] for entry in _under_way.copy().values()]
        # Also gone with this object: an exception of a signal handler may end the block before it begins.
        _under_way[id(self)] = entry = process, thread, ref(self, partial(_under_way.pop, id(self)))
        if _forking and not is_waited_for:
            self._let_forks_pass(entry)

    def __exit__(self, *exception: object) -> None:
        _under_way.pop(id(self), None)

    def _let_forks_pass(self, entry: Tuple[object, int, object]) -> None:
        deadline = time.monotonic() + _MOST_SECONDS
        while not _forking <= {entry[1]}:  # a hook of the fork's own thread may load
            if time.monotonic() >= deadline:
                _forking.clear()  # another library's hook waits, perhaps for this thread
                return
            _under_way.pop(id(self), None)
            time.sleep(_STEP_SECONDS)
            _under_way[id(self)] = entry


def load(name: str) -> ModuleType:
    """The module of this name, imported if it is not there yet. Raises what its import raises."""
    found = sys.modules.get(name)
    if found is not None and not getattr(getattr(found, "__spec__", None), "_initializing", False):
        return found
    with loading():
        from importlib import import_module

        return import_module(name)


def _hook() -> None:
    """Have each fork noted first, for those who begin to load, and then wait for those who do already."""
    global _is_hooked
    if not _is_hooked:
        # Python calls what was registered last first. `sorted` calls its key for nothing if nothing is under way.
        at_forks(before=partial(sorted, _under_way, key=_wait_for_others))
        # Each `next` is `_forking.add(get_ident())`.
        begin = partial(next, map(_forking.add, iter(get_ident, None)))
        end = partial(next, map(_forking.discard, iter(get_ident, None)))
        at_forks(before=begin, after_in_parent=end, after_in_child=_forking.clear)
        at_forks(after_in_parent=partial(sorted, _again, key=methodcaller("__call__")))
        at_forks(after_in_parent=_again.clear, after_in_child=_again.clear)
        _is_hooked = True


def _wait_for_others(_: int) -> int:
    """Until no other thread loads; who was waited for in vain is forgotten. The result means nothing."""
    deadline = time.monotonic() + _MOST_SECONDS
    me = get_ident()
    while True:
        try:
            others = _others(me)
            if not others:
                return 0
            if time.monotonic() >= deadline:
                for key in others:  # it may load for minutes, or an exception has left it behind
                    _under_way.pop(key, None)
                return 0
            _forking.discard(me)  # another one may have to load first, whom they wait for
            time.sleep(_STEP_SECONDS)
        except BaseException as error:  # of a signal handler
            _again[:] = [_raising(signal_behind(error))]
        finally:
            _forking.add(me)


def _others(me: int) -> List[int]:
    process = _process.get()
    return [key for key, (of, thread, _) in _under_way.copy().items() if of is process and thread != me]


def _raising(number: int) -> Callable[[], object]:
    """A call in C that has the handler of this signal called soon, but not within the call."""
    import _thread
    import signal

    number = number or signal.SIGINT  # whose usual handler is C
    if sys.version_info >= (3, 10):
        return partial(_thread.interrupt_main, number)  # type: ignore[arg-type,unused-ignore]
    return partial(signal.raise_signal, number)
