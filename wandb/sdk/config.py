"""The run's configuration: a mapping with attribute access whose keys are set once unless a change is allowed.

The run makes a `Config`; the user reads and sets it; every change is handed to `on_change` as (key path, JSON
value) pairs, always a whole value under a top-level key. `config_from` reads what may be given as configuration.

There is no lock, on purpose: a forked worker could inherit a held one. Every change is one `dict.update`, every
iteration goes over a copy, and `on_change` is called afterwards, so it may log, print or set other keys.
Nothing here writes a file or knows a run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping as AnyMapping

from wandb.errors import ArgumentTypeError, ConfigError, UsageError
from wandb.sdk.lib.json_objects import attributes_of
from wandb.sdk.lib.json_texts import text_of
from wandb.sdk.lib.json_values import kept_key, to_json_value, to_key
from wandb.sdk.run_media import config_value
from wandb.yaml_file import read_yaml_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

    Changes = Sequence[Tuple[Tuple[str, ...], Any]]

DEFAULTS_FILE = "config-defaults.yaml"


class Config:
    """The configuration of a run. Keys that begin with an underscore are kept, but not shown by `keys`."""

    # Mangled names, and all state behind them: every other attribute name belongs to the user. But for `_items`, the
    # only one in `vars()`: transformers takes the values of a sweep from `vars(wandb.config)["_items"]`.
    __slots__ = ("__allow", "__carried", "__dict__", "__locked", "__on_change", "__on_ignored", "__weakref__")
    _items: Dict[str, Any]

    def __init__(
        self,
        on_change: Callable[[Changes], None] | None = None,
        allow_val_change: bool = False,
        on_ignored: Callable[[str, str], None] | None = None,
    ) -> None:
        """`on_ignored` is told (key, holder) when a change is dropped because the key is locked."""
        object.__setattr__(self, "_items", {})
        hidden = {"allow": bool(allow_val_change), "carried": set(), "locked": {}}
        for name, value in {**hidden, "on_change": on_change, "on_ignored": on_ignored}.items():
            object.__setattr__(self, f"_Config__{name}", value)

    def __getitem__(self, key: object) -> Any:
        return self._items[to_key(key)]

    def __getattr__(self, key: str) -> Any:
        # Those are asked for before __init__, when a copy is made.
        if key != "_items" and not key.startswith(("__", "_Config__")):
            try:
                return self._items[key]
            except KeyError:
                pass
        raise AttributeError(f"the config has no key {key!r}")

    def __setitem__(self, key: object, val: object) -> None:
        self.__apply({to_key(key): config_value(val, kept_key)}, None)

    def __setattr__(self, key: str, val: object) -> None:
        self[key] = val

    def __contains__(self, key: object) -> bool:
        return to_key(key) in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._items))

    def __repr__(self) -> str:
        return str(dict(self.items()))

    def __reduce__(self) -> Tuple[Any, ...]:
        """Copies and pickles are detached: they hold the values, but write to no log."""
        return _detached, (dict(self._items), dict(self.__locked), self.__allow)

    def keys(self) -> List[str]:
        """The keys, without those that begin with an underscore."""
        return [key for key in list(self._items) if not key.startswith("_")]

    def items(self) -> List[Tuple[str, Any]]:
        """The (key, value) pairs of `keys`."""
        return [(key, value) for key, value in list(self._items.items()) if not key.startswith("_")]

    def get(self, *args: Any) -> Any:
        """The value of a key; the default (None if there is none) if it is not set."""
        if not 1 <= len(args) <= 2:
            raise TypeError(f"get takes a key and maybe a default, not {len(args)} arguments")
        return self._items.get(to_key(args[0]), *args[1:])

    def as_dict(self) -> Dict[str, Any]:
        """A copy of everything that `keys` shows; changing it changes nothing."""
        return {key: _copied(value) for key, value in self.items()}

    def _as_dict(self) -> Dict[str, Any]:
        return {key: _copied(value) for key, value in list(self._items.items())}

    def update(self, d: object, allow_val_change: bool | None = None) -> None:
        """Set all keys of `d` (see `config_from`), or none: ConfigError if a value would change and may not."""
        self.__apply(config_from(d, named=kept_key), allow_val_change)

    def setdefaults(self, d: object) -> None:
        """Set those keys of `d` that are not set yet."""
        missing = {key: value for key, value in config_from(d, named=kept_key).items() if key not in self._items}
        self.__apply(missing, True)

    def update_locked(self, d: object, user: str | None = None, _allow_val_change: bool | None = None) -> None:
        """Set the keys for `user` (a sweep, a launch job); from then on other changes of them are ignored."""
        self.__apply(config_from(d, named=kept_key), _allow_val_change, locked_by=str(user or "the run's owner"))

    def merge_locked(self, d: object, user: str | None = None, _allow_val_change: bool | None = None) -> None:
        """Like `update_locked`, but a mapping is merged into the one that is there."""
        merged = {key: _merged(self._items.get(key), value) for key, value in config_from(d).items()}
        self.__apply(merged, _allow_val_change, locked_by=str(user or "the run's owner"))

    def _carry_over(self, values: Dict[str, Any]) -> None:
        """Take over keys that are not set from an earlier part of the run; the program may set each of them anew."""
        carried = {key: value for key, value in values.items() if key not in self._items}
        self._items.update(carried)
        self.__carried.update(carried)

    def persist(self) -> None:
        """Hand out everything once more, for values that were changed in place."""
        self.__report(dict(self._items))

    def __apply(self, values: Dict[str, Any], allow: bool | None, locked_by: str | None = None) -> None:
        ignored = [] if locked_by else [key for key in values if key in self.__locked]
        accepted = {key: value for key, value in values.items() if key not in ignored}
        if not (self.__allow if allow is None else allow):
            for key, value in accepted.items():
                if key in self._items and key not in self.__carried and not _same(self._items[key], value):
                    raise ConfigError(
                        f"config key {key!r} is {_brief(self._items[key])} and can't become {_brief(value)}; "
                        "config.update(..., allow_val_change=True) would change it"
                    )
        self._items.update(accepted)
        self.__carried.difference_update(accepted)
        if locked_by:
            self.__locked.update(dict.fromkeys(accepted, locked_by))
        self.__report(accepted)
        if self.__on_ignored is not None:
            for key in ignored:
                self.__on_ignored(key, self.__locked[key])

    def __report(self, values: Dict[str, Any]) -> None:
        if values and self.__on_change is not None:
            self.__on_change([((key,), _copied(value)) for key, value in values.items()])


def config_from(
    value: object,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    named: Callable[[object], Any] | None = None,
) -> Dict[str, Any]:
    """The JSON values of what a user gives as configuration, with or without the named keys.

    A mapping, anything with attributes (a namespace, absl's flags, a dataclass instance, a class, ...), the path
    of a YAML file, or a list of such paths of which later ones win. UsageError if it is something else. `named` says
    what becomes of the keys of mappings in the values, if not text.
    """
    if include and exclude:
        raise UsageError("config keys can be included or excluded, but not both at once")
    values = {to_key(key): config_value(item, named) for key, item in _read(value).items()}
    if include:
        wanted = {include} if isinstance(include, str) else set(include)
        return {key: item for key, item in values.items() if key in wanted}
    if exclude:
        unwanted = {exclude} if isinstance(exclude, str) else set(exclude)
        return {key: item for key, item in values.items() if key not in unwanted}
    return values


def config_defaults(directory: str = ".") -> Dict[str, Any]:
    """The values of the directory's `config-defaults.yaml`; empty if there is no such file."""
    path = os.path.join(directory, DEFAULTS_FILE)
    return config_from(path) if os.path.isfile(path) else {}


def _read(value: Any) -> Mapping[Any, Any]:
    if value is None or (isinstance(value, str) and not value):  # programs say "none" in both ways
        return {}
    if isinstance(value, Config):
        return value.as_dict()
    if isinstance(value, (str, os.PathLike)):
        return _read_yaml(os.fspath(value))
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        if not all(isinstance(path, (str, os.PathLike)) for path in value):
            raise ArgumentTypeError("a config given as a list must be a list of YAML files")
        return {key: item for path in value for key, item in _read_yaml(os.fspath(path)).items()}
    if type(value).__module__.startswith("omegaconf."):
        plain = config_value(value)
        if isinstance(plain, dict):
            return plain
    elif isinstance(value, AnyMapping):
        return value
    else:
        fields = _attributes(value)
        if fields is not None:
            return fields
    raise ArgumentTypeError(f"a config is a mapping, an object with attributes or a YAML file, not {_brief(value)}")


def _attributes(value: Any) -> Mapping[Any, Any] | None:
    """What counts as configuration in an object that is no mapping; None if nothing does."""
    if hasattr(type(value), "flag_values_dict"):
        return _absl_flags(value)
    if hasattr(type(value), "_asdict"):  # a named tuple
        return dict(value._asdict())
    if isinstance(value, type):
        return {key: item for key, item in vars(value).items() if key[:1] != "_" and not hasattr(item, "__get__")}
    known = attributes_of(value)
    if not hasattr(value, "__dict__") or (known is not None and not hasattr(value, "__dataclass_fields__")):
        return known
    # A dataclass may have been given attributes beside its fields.
    return {**{key: item for key, item in vars(value).items() if key[:1] != "_"}, **(known or {})}


def _absl_flags(flags: Any) -> Dict[str, Any]:
    """The program's own flags, without those that absl itself defines (verbosity, log files, ...)."""
    values: Dict[str, Any] = flags.flag_values_dict()
    for module, defined in flags.flags_by_module_dict().items():
        if module.partition(".")[0] == "absl":
            for flag in defined:
                values.pop(flag.name, None)
    return values


def _read_yaml(path: str) -> Dict[Any, Any]:
    """A file's mapping, in the plain form or in the form that each key holds a `value` and maybe a `desc`."""
    content = read_yaml_file(path)
    wrapped = {key: item for key, item in content.items() if key not in ("wandb_version", "_wandb")}
    if all(isinstance(item, dict) and {"value"} <= set(item) <= {"value", "desc"} for item in wrapped.values()):
        return {key: item["value"] for key, item in wrapped.items()}
    return content


def _detached(items: Dict[str, Any], locked: Dict[str, str], allow: bool) -> Config:
    config = Config(allow_val_change=allow)
    config._items.update(_copied(items))
    object.__getattribute__(config, "_Config__locked").update(locked)
    return config


def _brief(value: object) -> str:
    text = repr(value) if isinstance(value, str) else text_of(value)
    return text if len(text) <= 200 else text[:197] + "..."


def _same(old: Any, new: Any) -> bool:
    return bool(old == new or to_json_value(old) == to_json_value(new))  # which differ in the keys of what is in them


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if type(value) is list else value


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{key: _merged(old.get(key), item) for key, item in new.items()}}
