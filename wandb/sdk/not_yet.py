"""Public names that later releases bring: each says so, by name, where it is used; nothing fails before that.

Classes are real classes, so annotations, `isinstance` and subclasses work; making an object raises NotYetError.
Whoever runs with `mode="disabled"` wants the program to run without wandb: there, objects are inert and calls
do nothing. `fill` makes the modules that real programs import from one table.
"""

from __future__ import annotations

import os

from wandb.errors import Error, MissingAttributeError, NotYetError
from wandb.sdk import active

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Iterator, Type

# Module -> its classes. A module without a file is made by the one above it that has one.
MODULES = {
    "wandb.apis.public": "AgentRuns Automations BetaReport Integrations Job Member Organization PanelMetricsHelper "
    "PythonMongoishQueryGenerator QueryGenerator QueuedRun Registries Registry Reports RunQueue RunQueueAccessType "
    "RunQueuePrioritizationMode RunQueueResourceType SlackIntegrations Team WebhookIntegrations",
    "wandb.data_types": "_SavedModel",
    "wandb.sdk.data_types": "",
    "wandb.sdk.data_types.saved_model": "_SavedModel",
}
# What a program can do instead.
_INSTEAD = {
    "_SavedModel": "Save the model with its own library: `Artifact.add_file` and `run.log_model` take the file, and "
    "nothing in it is executed.",
}


class Inert:
    """What comes out of an inert object: takes every call, iterates over nothing, keeps nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        return

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, exc_type: Type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: object) -> Any:
        return self

    def __setitem__(self, key: object, value: object) -> None:
        return

    def __repr__(self) -> str:
        return "<inert, because the run is disabled>"


class _LaterClass(type):
    """Says of what the class itself does not have yet that it is missing, by name."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise MissingAttributeError(f"{_public_name(cls)}.{name}")


class Later(metaclass=_LaterClass):
    """A class that a later release fills: its objects exist in a disabled run only, and do nothing there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not harmless():
            name = _public_name(type(self))
            raise NotYetError(name, _INSTEAD.get(name.rpartition(".")[2], ""))
        self.__dict__["_inert"] = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if "_inert" not in self.__dict__:  # a subclass that does not call our __init__
            raise NotYetError(f"{_public_name(type(self))}.{name}")
        return Inert()

    def __getitem__(self, key: object) -> Any:
        return self.__getattr__("get")

    def __setitem__(self, key: object, value: object) -> None:
        self.__getattr__("set")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__getattr__("rows"))

    def __repr__(self) -> str:
        return f"<{_public_name(type(self))}, not recorded>"


def _public_name(kind: type) -> str:
    """The name of ours that a program knows `kind` by, also for a subclass of its own."""
    ours = next(base for base in kind.__mro__ if base.__module__.startswith("wandb."))
    return f"{ours.__module__}.{ours.__name__}"


def harmless() -> bool:
    """Whether wandb is switched off: by the current run, or by the environment as long as there is none."""
    run = active.current()
    return run.disabled if run is not None else os.environ.get("WANDB_MODE", "").lower() == "disabled"


def class_named(name: str, module: str) -> Any:
    """A new class by this name that belongs to `module`."""
    base = Error if name.endswith("Error") else Later
    return type(name, (base,), {"__module__": module, "__doc__": f"`{module}.{name}`: not part of this build yet."})


def fill(module: str) -> None:
    """Put the names of the table into an imported module, and make the modules below it that have no file."""
    import sys
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    inner = [name for name in MODULES if name.startswith(module + ".")]
    for path in (module, *inner):
        here = sys.modules.get(path)
        if here is None:
            # The import system looks here again once a parent is imported, before it searches for a file.
            here = sys.modules[path] = ModuleType(path, f"Older import path of names of `{module}`.")
            here.__spec__ = ModuleSpec(path, None, is_package=any(name.startswith(path + ".") for name in inner))
            if here.__spec__.submodule_search_locations is not None:
                here.__path__ = []
            parent, _, last = path.rpartition(".")
            setattr(sys.modules[parent], last, here)
        for name in MODULES[path].split():
            setattr(here, name, class_named(name, path))
