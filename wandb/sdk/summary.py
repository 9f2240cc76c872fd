"""The run's summary as the user sees it: one value a name, read from the run and written through it.

The run makes it with two callbacks: one returns the current summary as a dict, the other takes updates and
removals as key paths. Nothing is kept here, so rows logged later show up at once. How rows become a summary is
the business of `wandb.metric_rules`.
"""

from __future__ import annotations

from wandb.errors import UsageError
from wandb.sdk.lib.json_values import to_json_value, to_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Tuple

    Path = Tuple[str, ...]
    OnChange = Callable[[List[Tuple[Path, Any]], List[Path]], None]

_HIDDEN = "_wandb"


class NoSuchKey(KeyError, AttributeError):
    """Raised for attributes too, so that `hasattr` works and programs that expect a KeyError go on."""


class SummaryDict:
    """The summary below one key path; values are read anew at every access."""

    # Mangled names: every other attribute name belongs to the user.
    __slots__ = ("__on_change", "__path", "__read", "__weakref__")

    def __init__(self, read: Callable[[], Dict[str, Any]], on_change: OnChange | None, path: Path) -> None:
        for name, value in (("read", read), ("on_change", on_change), ("path", path)):
            object.__setattr__(self, f"_SummaryDict__{name}", value)

    def __getitem__(self, key: object) -> Any:
        return self.__shown(to_key(key), self.__values()[to_key(key)])

    def __getattr__(self, key: str) -> Any:
        if not key.startswith(("__", "_SummaryDict__", "_repr_", "_ipython_")):
            values = self.__values()
            if key in values:
                return self.__shown(key, values[key])
        raise NoSuchKey(key)

    def __setitem__(self, key: object, val: object) -> None:
        self.update({key: val})

    def __setattr__(self, key: str, val: object) -> None:
        self.update({key: val})

    def __delitem__(self, key: object) -> None:
        if to_key(key) in self.__values():
            self.__change([], [(*self.__path, to_key(key))])

    def __delattr__(self, key: str) -> None:
        del self[key]

    def __contains__(self, key: object) -> bool:
        return to_key(key) in self.__values()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __repr__(self) -> str:
        return str({key: value for key, value in self.__values().items() if key != _HIDDEN})

    def keys(self) -> List[str]:
        """The names that have a value."""
        return [key for key in self.__values() if key != _HIDDEN]

    def items(self) -> List[Tuple[str, Any]]:
        """The (name, value) pairs."""
        return [(key, self.__shown(key, value)) for key, value in self.__values().items() if key != _HIDDEN]

    def get(self, key: object, default: Any = None) -> Any:
        """The value of a name, or the default."""
        values = self.__values()
        return self.__shown(to_key(key), values[to_key(key)]) if to_key(key) in values else default

    def update(self, d: Any) -> None:
        """Set every name of the mapping; a mapping given as a value replaces what the name had."""
        if not hasattr(d, "items"):
            raise UsageError(f"the summary is updated with a mapping, not with a {type(d).__name__}")
        changes = [((*self.__path, to_key(key)), to_json_value(_plain(value))) for key, value in d.items()]
        if changes:
            self.__change(changes, [])

    def _as_dict(self) -> Dict[str, Any]:
        """Everything below this path as plain dicts."""
        return self.__values()

    def __values(self) -> Dict[str, Any]:
        values: Any = self.__read()
        for key in self.__path:
            values = values.get(key) if isinstance(values, dict) else None
        return values if isinstance(values, dict) else {}

    def __shown(self, key: str, value: Any) -> Any:
        return SummaryDict(self.__read, self.__on_change, (*self.__path, key)) if isinstance(value, dict) else value

    def __change(self, updates: List[Tuple[Path, Any]], removes: List[Path]) -> None:
        if self.__on_change is None:
            raise UsageError("this summary can only be read")
        self.__on_change(updates, removes)


class Summary(SummaryDict):
    """The summary of a run."""

    __slots__ = ()

    def __init__(
        self, get_current_summary_callback: Callable[[], Dict[str, Any]], on_change: OnChange | None = None
    ) -> None:
        super().__init__(get_current_summary_callback, on_change, ())


def _plain(value: Any) -> Any:
    return value._as_dict() if isinstance(value, SummaryDict) else value
