"""Loads modules at their first use, so that no fork of another thread falls into the middle of it.

CPython's locks of modules that are being loaded do not survive a fork: a child that asks for such a module would wait
for ever. So a fork waits here until no other thread loads anything for us. Threads that load do not wait for each
other: each may hold a module that the other one needs.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from threading import RLock, get_ident

from wandb.process import PerProcess, around_forks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Dict

_MOST_SECONDS = 5.0  # that a fork waits: a library may take minutes from a file server, or wait for who forks
_STEP_SECONDS = 0.001
_gate = RLock()  # of a fork, and for a moment of who begins to load
_under_way = PerProcess(dict)  # Dict[loading, int]: what is being loaded, and by which thread
_is_hooked = False


class loading:  # used as a statement: `with loading(): from … import …`
    """A block in which modules are loaded: no other thread forks meanwhile, but for one that has waited for long."""

    __slots__ = ("_all",)

    def __enter__(self) -> None:
        self._all: Dict[loading, int] = _under_way.get()
        _hook()
        is_open = _gate.acquire(True, _MOST_SECONDS)  # by a fork of another thread, with all of its hooks
        try:
            self._all[self] = get_ident()
        finally:
            if is_open:
                _gate.release()

    def __exit__(self, *exception: object) -> None:
        self._all.pop(self, None)


def load(name: str) -> ModuleType:
    """The module of this name, imported if it is not there yet. Raises what its import raises."""
    found = sys.modules.get(name)
    if found is not None and not getattr(getattr(found, "__spec__", None), "_initializing", False):
        return found
    with loading():
        from importlib import import_module

        return import_module(name)


def _hook() -> None:
    global _is_hooked
    if not _is_hooked:
        _is_hooked = True
        around_forks(_wait_for_others, lambda: None)
        # Runs before that. Both are C, so no signal handler can raise between a fork and its release.
        around_forks(partial(_gate.acquire, True, _MOST_SECONDS), _gate.release)


def _wait_for_others() -> None:
    """With the gate held, which stays so: until no other thread loads; who was waited for in vain is forgotten."""
    under_way: Dict[Any, int] = _under_way.get()
    deadline = time.monotonic() + _MOST_SECONDS
    me = get_ident()
    while under_way and any(thread != me for thread in list(under_way.values())):
        if time.monotonic() >= deadline:
            under_way.clear()  # it may load for minutes, or an exception has left it behind
            return
        _gate.release()
        try:
            time.sleep(_STEP_SECONDS)
        finally:
            _gate.acquire(True, _MOST_SECONDS)
