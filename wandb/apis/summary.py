"""A run's summary as programs read it: by key, by attribute, as the dict `_json_dict`; a server's can be changed."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Mapping

from wandb.errors import NoSuchKey
from wandb.sdk.lib.json_values import to_json_value


class Summary(Mapping[str, Any]):
    """A run's summary; nested dicts also by attribute, as in `run.summary.loss`."""

    def __init__(self, values: Dict[str, Any]) -> None:
        self._json_dict = values

    def _below(self, values: Dict[str, Any]) -> Summary:
        return Summary(values)

    def __getitem__(self, key: str) -> Any:
        value = self._json_dict[key]
        return self._below(value) if type(value) is dict else value

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key not in self._json_dict:
            raise NoSuchKey(key)
        return self[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._json_dict)

    def __len__(self) -> int:
        return len(self._json_dict)

    def __repr__(self) -> str:
        return repr(self._json_dict)


class ServerSummary(Summary):
    """The summary of a run at a server: what is changed in it goes there with `update`."""

    def __init__(self, values: Dict[str, Any], send: Callable[[], None]) -> None:
        self.__dict__.update(_json_dict=values, _send=send)

    def _below(self, values: Dict[str, Any]) -> Summary:
        return ServerSummary(values, self._send)

    def __setitem__(self, key: str, value: Any) -> None:
        self._json_dict[key] = value._json_dict if isinstance(value, Summary) else to_json_value(value)

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __delitem__(self, key: str) -> None:
        del self._json_dict[key]

    def update(self, key_vals: Mapping[str, Any] | None = None, overwrite: bool = True) -> None:
        """Take in these values, those that are there already only with `overwrite`, and send the whole summary."""
        for key, value in (key_vals or {}).items():
            if overwrite or key not in self._json_dict:
                self[key] = value
        self._send()
