"""The run's summary as the user sees it: one value a name, read from the run and written through it.

The run makes it with callbacks: they return the current summary as a dict, take updates and removals as key
paths, and find the one value at a key path. Nothing is kept here, so rows logged later show up at once. How rows
become a summary is the business of `wandb.metric_rules`.
"""

from __future__ import annotations

from wandb.errors import ArgumentTypeError, NoSuchKey, UsageError
from wandb.sdk.lib.json_values import to_json_value, to_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Tuple

    Path = Tuple[str, ...]
    OnChange = Callable[[List[Tuple[Path, Any]], List[Path]], None]
    Find = Callable[[Path, Any], Any]
    Encode = Callable[[Any, Path], Any]

_HIDDEN = "_wandb"
_NOTHING: Any = object()  # stands for "no value" where None has a meaning


class SummaryDict:
    """The summary below one key path; values are read anew at every access."""

    # Mangled names: every other attribute name belongs to the user.
    __slots__ = ("__encode", "__find", "__on_change", "__path", "__weakref__")

    def __init__(self, find: Find, on_change: OnChange | None, path: Path, encode: Encode) -> None:
        for name, value in (("find", find), ("on_change", on_change), ("path", path), ("encode", encode)):
            object.__setattr__(self, f"_SummaryDict__{name}", value)

    def __getitem__(self, key: object) -> Any:
        name = to_key(key)
        value = self.__value(name)
        if value is _NOTHING:
            raise KeyError(name)
        return value

    def __getattr__(self, key: str) -> Any:
        if not key.startswith(("__", "_SummaryDict__", "_repr_", "_ipython_")):
            value = self.__value(key)
            if value is not _NOTHING:
                return value
        raise NoSuchKey(key)

    def __setitem__(self, key: object, val: object) -> None:
        self.update({key: val})

    def __setattr__(self, key: str, val: object) -> None:
        self.update({key: val})

    def __delitem__(self, key: object) -> None:
        if key in self:
            self.__change([], [(*self.__path, to_key(key))])

    def __delattr__(self, key: str) -> None:
        del self[key]

    def __contains__(self, key: object) -> bool:
        return self.__value(to_key(key)) is not _NOTHING

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __repr__(self) -> str:
        return str({key: value for key, value in self._as_dict().items() if key != _HIDDEN})

    def keys(self) -> List[str]:
        """The names that have a value."""
        return [key for key in list(self.__values()) if key != _HIDDEN]

    def items(self) -> List[Tuple[str, Any]]:
        """The (name, value) pairs."""
        return [(key, self.__shown(key, value)) for key, value in list(self.__values().items()) if key != _HIDDEN]

    def get(self, key: object, default: Any = None) -> Any:
        """The value of a name, or the default."""
        value = self.__value(to_key(key))
        return default if value is _NOTHING else value

    def update(self, d: Any) -> None:
        """Set every name of the mapping; a mapping given as a value replaces what the name had."""
        if not hasattr(d, "items"):
            raise ArgumentTypeError(f"the summary is updated with a mapping, not with a {type(d).__name__}")
        paths = [((*self.__path, to_key(key)), value) for key, value in d.items()]
        changes = [(path, self.__encode(_plain(value), path)) for path, value in paths]
        if changes:
            self.__change(changes, [])

    def _as_dict(self) -> Dict[str, Any]:
        """Everything below this path as plain dicts."""
        plain: Dict[str, Any] = to_json_value(dict(self.__values()))
        return plain

    def __values(self) -> Dict[str, Any]:
        """What is there now; not a copy."""
        values = self.__find(self.__path, None)
        return values if isinstance(values, dict) else {}

    def __value(self, key: str) -> Any:
        return self.__shown(key, self.__find((*self.__path, key), _NOTHING))

    def __shown(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return SummaryDict(self.__find, self.__on_change, (*self.__path, key), self.__encode)
        return list(value) if type(value) is list else value  # a change of ours would be in no record

    def __change(self, updates: List[Tuple[Path, Any]], removes: List[Path]) -> None:
        if self.__on_change is None:
            raise UsageError("this summary can only be read")
        self.__on_change(updates, removes)


class Summary(SummaryDict):
    """The summary of a run."""

    __slots__ = ()

    def __init__(
        self,
        get_current_summary_callback: Callable[[], Dict[str, Any]],
        on_change: OnChange | None = None,
        find: Find | None = None,
        encode: Encode | None = None,
    ) -> None:
        """`find(path, default)` is the value at a key path; without it, the whole summary is made for each.

        `encode(value, path)` makes the JSON value of what is set there.
        """

        def search(path: Path, default: Any) -> Any:
            value: Any = get_current_summary_callback()
            for key in path:
                if not isinstance(value, dict) or key not in value:
                    return default
                value = value[key]
            return value

        super().__init__(search if find is None else find, on_change, (), _encoded if encode is None else encode)


def _encoded(value: Any, _: Path) -> Any:
    return to_json_value(value, for_summary=True)


def _plain(value: Any) -> Any:
    return value._as_dict() if issubclass(type(value), SummaryDict) else value
