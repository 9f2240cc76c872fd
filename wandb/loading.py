"""Loads modules at their first use, so that no fork of another thread falls into the middle of it.

CPython's locks of modules that are being loaded do not survive a fork: a child that asks for such a module would wait
for ever. So a fork waits here until no other thread loads anything for us. Threads that load do not wait for each
other: each may hold a module that the other one needs.

Every fork of the program passes the hooks. They are C as long as nothing is loaded: a signal handler would run as soon
as a function in Python begins, and what it raises in a hook goes nowhere. So whose handler raises while a fork waits is
called once more behind it.

`import wandb` loads this file, since nothing would guard its load later. It imports nothing that is not part of the
interpreter itself.
"""

from __future__ import annotations

import os
import sys
import time
from _functools import partial  # type: ignore[import-not-found,unused-ignore]
from _operator import methodcaller
from _thread import get_ident
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, List, Set, Tuple

_MOST_SECONDS = 5.0  # that a fork waits: a library may take minutes from a file server, or wait for who forks
_STEP_SECONDS = 0.001
_under_way: Dict[int, Tuple[int, object]] = {}  # each block, and of which thread
_forking: Set[int] = set()  # the threads that are in a fork, with all of its hooks, and wait for nobody any more
_again: List[Callable[[], object]] = []  # raises a signal once more
_is_hooked = False


class loading:  # used as a statement: `with loading(): from … import …`
    """A block in which modules are loaded: no other thread forks meanwhile, but for one that has waited for long."""

    __slots__ = ("__weakref__",)

    def __enter__(self) -> None:
        _hook()
        thread = get_ident()
        is_waited_for = thread in [entry[0] for entry in _under_way.copy().values()]
        # Also gone with this object: an exception of a signal handler may end the block before it begins.
        _under_way[id(self)] = entry = thread, ref(self, partial(_under_way.pop, id(self)))
        if _forking and not is_waited_for:
            self._let_forks_pass(entry)

    def __exit__(self, *exception: object) -> None:
        _under_way.pop(id(self), None)

    def _let_forks_pass(self, entry: Tuple[int, object]) -> None:
        deadline = time.monotonic() + _MOST_SECONDS
        while not _forking <= {entry[0]}:  # a hook of the fork's own thread may load
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
    if not _is_hooked and hasattr(os, "register_at_fork"):
        # Python calls what was registered last first. `sorted` calls its key for nothing if nothing is under way.
        wait = partial(sorted, _under_way, key=_wait_for_others)
        os.register_at_fork(before=wait, after_in_child=_under_way.clear)
        # Each `next` is `_forking.add(get_ident())`.
        begin = partial(next, map(_forking.add, iter(get_ident, None)))
        end = partial(next, map(_forking.discard, iter(get_ident, None)))
        os.register_at_fork(before=begin, after_in_parent=end, after_in_child=_forking.clear)
        raise_again = partial(sorted, _again, key=methodcaller("__call__"))
        os.register_at_fork(after_in_parent=raise_again)
        os.register_at_fork(after_in_parent=_again.clear, after_in_child=_again.clear)
    _is_hooked = True


def _wait_for_others(_: int) -> int:
    """Until no other thread loads; who was waited for in vain is forgotten. The result means nothing.

    A hook of `logging` takes its lock for the fork, and gives it back behind it. Who loads may need that lock; or may
    load `logging`, whose hook then has not been called for this fork.
    """
    deadline = time.monotonic() + _MOST_SECONDS
    me = get_ident()
    known: Any = ()
    is_let_go = False
    while True:
        try:
            if known == ():
                known = _lock_of_logging()
                is_let_go = _let_go(known)
            others = _others(me)
            if others and time.monotonic() >= deadline:
                for key in others:  # it may load for minutes, or an exception has left it behind
                    _under_way.pop(key, None)
                others = []
            if not others:
                lock = _lock_of_logging()
                if is_let_go or lock is not known:
                    known, is_let_go = lock, False
                    lock.acquire()
                return 0
            _forking.discard(me)  # another one may have to load first, whom they wait for
            time.sleep(_STEP_SECONDS)
        except BaseException as error:  # of a signal handler
            _again[:] = [_raising(error)]
        finally:
            _forking.add(me)


def _lock_of_logging() -> Any:
    module = sys.modules.get("logging")
    return getattr(module, "_lock", None) if hasattr(module, "Formatter") else None  # which stands behind the hook


def _let_go(lock: Any) -> bool:
    """Whether this thread had it."""
    try:
        lock.release()
    except (AttributeError, RuntimeError):  # there is none, or the hook comes later
        return False
    return True


def _others(me: int) -> List[int]:
    return [key for key, (thread, _) in _under_way.copy().items() if thread != me]


def _raising(error: BaseException) -> Callable[[], object]:
    """A call in C that has the handler that raised this called soon, but not within the call."""
    import _thread
    import signal

    from wandb.signals import signal_behind

    number = signal_behind(error) or signal.SIGINT  # whose usual handler is C
    if sys.version_info >= (3, 10):
        return partial(_thread.interrupt_main, number)  # type: ignore[arg-type,unused-ignore]
    return partial(signal.raise_signal, number)
