"""What `run.config_static` gives: the config as it was, which nobody can change."""

from __future__ import annotations

from wandb.sdk.lib.json_values import to_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, List

    from wandb.sdk.config import Config


class ConfigStatic:
    """A read-only picture of a config, as it was when it was taken."""

    __slots__ = ("__items",)

    def __init__(self, config: Config) -> None:
        object.__setattr__(self, "_ConfigStatic__items", config.as_dict())

    def __getitem__(self, key: object) -> Any:
        return self.__items[to_key(key)]

    def __getattr__(self, key: str) -> Any:
        if not key.startswith(("__", "_ConfigStatic__")) and key in self.__items:
            return self.__items[key]
        raise AttributeError(f"the config has no key {key!r}")

    def __setattr__(self, key: str, val: object) -> None:
        raise AttributeError("config_static can't be changed; set the key on run.config")

    __setitem__ = __setattr__

    def __contains__(self, key: object) -> bool:
        return to_key(key) in self.__items

    def __iter__(self) -> Iterator[str]:
        return iter(self.__items)

    def __repr__(self) -> str:
        return str(self.__items)

    def keys(self) -> List[str]:
        """All keys."""
        return list(self.__items)
