"""A run's summary as programs read it: by key, by attribute, or as the plain dict `_json_dict`."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping


class Summary(Mapping[str, Any]):
    """A run's summary; nested dicts also by attribute, as in `run.summary.loss`."""

    def __init__(self, values: Dict[str, Any]) -> None:
        self._json_dict = values

    def __getitem__(self, key: str) -> Any:
        value = self._json_dict[key]
        return Summary(value) if type(value) is dict else value

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key not in self._json_dict:
            raise AttributeError(key)
        return self[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._json_dict)

    def __len__(self) -> int:
        return len(self._json_dict)

    def __repr__(self) -> str:
        return repr(self._json_dict)
