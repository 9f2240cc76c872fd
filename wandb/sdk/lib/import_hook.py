"""Calls back when a module has been loaded: a finder in front of the import system's own, taken off again.

It finds nothing by itself and loads nothing: it asks the finders behind it, and lets their loader run.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable, Dict, Sequence


class ImportHook:
    """Begins with `install`, ends with `restore`; a second call of that does nothing."""

    def __init__(self, callbacks: Dict[str, Callable[[ModuleType], None]]) -> None:
        """`callbacks` by full name; each is called with its module once its code has run, or at `install`."""
        self._callbacks = callbacks

    def install(self) -> None:
        """Begin."""
        for name, callback in self._callbacks.items():
            module = sys.modules.get(name)
            if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
                callback(module)
        sys.meta_path.insert(0, self)

    def restore(self) -> None:
        """End; modules that are being loaded now call back no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._callbacks = {}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec that the other finders give, with a loader that calls back."""
        if name not in self._callbacks:
            return None
        finders = list(sys.meta_path)  # another thread may be taking us off
        own = finders.index(self) if self in finders else -1
        for finder in finders[own + 1 :]:  # those in front have been asked, and may ask us
            if hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    if hasattr(spec.loader, "exec_module"):
                        loader: Any = _Loader(spec.loader, self._loaded)
                        spec.loader = loader
                    return spec
        return None

    def _loaded(self, module: ModuleType) -> None:
        callback = self._callbacks.get(module.__name__)
        if callback is not None:
            callback(module)


class _Loader:
    """The module's own loader, and a call behind it; the module keeps its own."""

    def __init__(self, own: Any, loaded: Callable[[ModuleType], None]) -> None:
        self._own = own
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._own.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._own
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        self._own.exec_module(module)
        self._loaded(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)
