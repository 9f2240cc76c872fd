"""A list of a server that comes in pages, each got when it is first needed."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Sequence, TypeVar

from wandb.errors import ApiTypeError
from wandb.foreign_answers import next_page, understood

_Item = TypeVar("_Item")


class Pages(Sequence[_Item]):
    """Grows as it is looked into; `len` is what the server says, or else all pages are got for it."""

    def __init__(self, per_page: int, start: str | None = None) -> None:
        """`start` is the cursor of an earlier list, to go on behind it. Raises ApiTypeError."""
        if not hasattr(per_page, "__index__"):
            raise ApiTypeError(f"per_page is a number of items, not {per_page!r:.200}.")
        self.per_page = max(1, int(per_page))
        self._items: List[_Item] = []
        self._cursor = start
        self._more = True
        self._total: int | None = None
        self._place = 0

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        """One page as the server gives it: edges, pageInfo, and perhaps totalCount; None if there is no such list."""
        raise NotImplementedError

    def _item(self, node: Dict[str, Any]) -> _Item:
        """The object for one node."""
        raise NotImplementedError

    def _is_wanted(self, node: Dict[str, Any]) -> bool:
        """Whether it belongs to the list, where the server can't choose."""
        return True

    def _load(self) -> bool:
        """Get one more page; False if there is none."""
        if not self._more:
            return False
        with understood(type(self).__name__):
            page = self._page(self._cursor) or {"edges": []}
            edges = [edge for edge in page["edges"] if edge and edge.get("node")]
            items = [self._item(edge["node"]) for edge in edges if self._is_wanted(edge["node"])]
            info = page.get("pageInfo") or {}
            more = bool(edges) and next_page(info, self._cursor) is not None
            cursor = info.get("endCursor") or self._cursor
            total = self._total if page.get("totalCount") is None else int(page["totalCount"])
        self._items += items
        self._more, self._cursor, self._total = more, cursor, total
        return True

    def _load_while(self, lacks: Callable[[], bool]) -> None:
        while lacks() and self._load():
            pass

    @property
    def more(self) -> bool:
        """Whether there is a page that has not been got."""
        return self._more

    @property
    def cursor(self) -> str | None:
        """Where the next page begins."""
        return self._cursor

    @property
    def length(self) -> int:
        """`len` of it."""
        return len(self)

    def __len__(self) -> int:
        if self._total is None:
            self._load()
        if self._total is None:
            self._load_while(lambda: True)
            return len(self._items)
        return max(self._total, len(self._items))

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            from_end = any(bound is not None and bound < 0 for bound in (place.start, place.stop, place.step))
            wanted = None if from_end or place.stop is None else place.stop
        else:
            wanted = None if place < 0 else place + 1
        self._load_while(lambda: wanted is None or len(self._items) < wanted)
        return self._items[place]

    def __iter__(self) -> Iterator[_Item]:
        place = 0
        while place < len(self._items) or self._load():
            if place < len(self._items):
                yield self._items[place]
                place += 1

    def __next__(self) -> _Item:
        """The next item of the list itself, for programs that call `next` on it."""
        self._load_while(lambda: len(self._items) <= self._place)
        if self._place >= len(self._items):
            raise StopIteration
        self._place += 1
        return self._items[self._place - 1]

    def next(self) -> _Item:
        """The same, for programs that write it as a method."""
        return self.__next__()

    @property
    def objects(self) -> List[_Item]:
        """The items that have been got already."""
        return self._items

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
