"""Lists of a server that come in pages."""

from __future__ import annotations

from itertools import islice
from typing import Any, Dict, Mapping

import pytest

from wandb.apis.pages import Pages
from wandb.artifacts.server import ArtifactServer
from wandb.artifacts.server_facts import Place
from wandb.foreign_answers import NotUnderstood, next_page

PAGE = {"edges": [{"node": {"name": "x", "directUrl": "y"}}], "pageInfo": {"hasNextPage": True, "endCursor": "c"}}


class SamePages(Pages[str]):
    """Of a server that always gives the same one."""

    def _page(self, cursor: str | None) -> Dict[str, Any]:
        return PAGE

    def _item(self, node: Dict[str, Any]) -> str:
        return str(node["name"])


class SameAnswers:
    """A client of such a server."""

    def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
        return {"project": {"artifactCollection": {"artifactMembership": {"files": PAGE}}}}


def test_pages__that_lead_back__are_an_error() -> None:
    """A program that asks for all of them would take memory for ever."""
    pages = SamePages(1)
    assert pages[0] == "x"
    with pytest.raises(NotUnderstood, match="another page is said to be behind 'c'"):
        pages[2]
    urls = ArtifactServer(SameAnswers).file_urls(Place("e", "p", "n", "v0"))
    with pytest.raises(NotUnderstood, match="another page"):
        list(islice(urls, 3))


@pytest.mark.parametrize(
    ("info", "cursor"),
    [({}, None), ({"hasNextPage": False, "endCursor": "c"}, None), ({"hasNextPage": True, "endCursor": "c"}, "c")],
)
def test_next_page__is_there_if_the_server_says_so(info: Dict[str, Any], cursor: str | None) -> None:
    """Servers give a cursor with the last page, too."""
    assert next_page(info, "b") == cursor
