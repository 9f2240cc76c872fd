"""What artifacts, aliases, tags and paths may be called; upstream's release was asked for each case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wandb
from wandb.artifacts.names import check_aliases, check_metadata, check_tags, entry_path, safe_name
from wandb.errors import UsageError


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a:b", "\u00e4", "x" * 129, "a'b", "a\\b", "a\n"])
def test_name__that_can_not_be__is_a_value_error(name: str) -> None:
    """Programs catch the error that they know."""
    with pytest.raises(ValueError, match="name of an artifact") as raised:
        wandb.Artifact(name, "t")
    assert isinstance(raised.value, UsageError)


@pytest.mark.parametrize("name", ["a", "x" * 128, "a.b-c_d", "..", "-"])
def test_name__that_can_be__is_kept(name: str) -> None:
    """Dots are no paths here: nothing on a disk is called by it alone."""
    assert wandb.Artifact(name, "any type: \u00e4/b").name == name


@pytest.mark.parametrize(("name", "kind"), [("n", "job"), ("n", "wandb-history"), ("source-p-x", "code")])
def test_type__of_the_server__is_refused(name: str, kind: str) -> None:
    """The server makes these itself."""
    with pytest.raises(ValueError, match="reserved"):
        wandb.Artifact(name, kind)
    assert wandb.Artifact("n", "code").type == "code"


@pytest.mark.parametrize(("name", "kind"), [(None, "t"), (5, "t"), ("n", None), ("n", 5)])
def test_name_or_type__that_is_no_text__is_a_type_error(name: Any, kind: Any) -> None:
    """And says which of both it is."""
    with pytest.raises(TypeError, match="of an artifact is text"):
        wandb.Artifact(name, kind)


@given(st.text())
def test_safe_name__of_any_text__can_be_a_name(text: str) -> None:
    """Defaults are made of file names, which may be anything."""
    assert wandb.Artifact(safe_name("x" + text), "t").name


def test_aliases_and_tags__given_in_all_forms__are_lists_of_text() -> None:
    """One text is one alias, as with upstream."""
    assert check_aliases("a,b") == ["a,b"] and check_aliases(("x", "x", "y")) == ["x", "y"] and check_aliases(None) == []
    assert check_tags("x") == ["x"] and check_tags(["a b", "c-d", "e_f", "\u00e4", "-"]) == ["a b", "c-d", "e_f", "\u00e4", "-"]
    for wrong in ("a/b", "a:b"):
        with pytest.raises(ValueError, match="alias"):
            check_aliases([wrong])
    for wrong in ("a/b", "a:b", "", " "):
        with pytest.raises(ValueError, match="tag"):
            check_tags([wrong])
    for check in (check_aliases, check_tags):
        with pytest.raises(TypeError, match="is text"):
            check([5])


def test_metadata__of_all_kinds_of_values__is_json() -> None:
    """A server parses it strictly, so that NaN can't stay."""
    nan = float("nan")
    given_values = {"a": (1, 2), "b": {"c": nan}, 1: 2, "n": np.float32(1.5), "m": np.arange(3), "d": datetime(2020, 1, 1)}
    expected = {"a": [1, 2], "b": {"c": None}, "1": 2, "n": 1.5, "m": [0, 1, 2], "d": "2020-01-01T00:00:00"}
    assert check_metadata(given_values) == expected
    assert check_metadata(None) == {} and len(check_metadata({str(n): n for n in range(100)})) == 100
    with pytest.raises(ValueError, match="at most 100"):
        check_metadata({str(n): n for n in range(101)})
    with pytest.raises(TypeError, match="a dictionary"):
        check_metadata([1])


@pytest.mark.parametrize("name", ["../q", "/abs/q", "x/../y", "..", ".", "", "a:b", "C:/x", "./..", "a\0b"])
def test_path__that_leads_out__is_refused(name: str) -> None:
    """Whoever downloads the artifact must not write elsewhere, and be able to write."""
    with pytest.raises(ValueError, match="no path inside an artifact"):
        entry_path(name)


@given(st.text(st.characters(blacklist_characters="\x00")))
def test_path__of_any_text__stays_inside_or_is_refused(text: str) -> None:
    """The one place that decides it."""
    try:
        path = entry_path(text)
    except ValueError:
        return
    assert entry_path(path) == path
    assert not path.startswith("/") and ".." not in path.split("/") and "" not in path.split("/")
    path.encode("utf-8", "surrogatepass")


def test_ttl__set__is_whole_seconds_and_more_than_none() -> None:
    """A draft that nobody gave one has none to show."""
    artifact = wandb.Artifact("n", "t")
    with pytest.raises(wandb.sdk.artifacts.exceptions.ArtifactNotLoggedError):
        artifact.ttl  # noqa: B018
    artifact.ttl = timedelta(seconds=1.5)
    assert artifact.ttl == timedelta(seconds=1)
    artifact.ttl = None
    assert artifact.ttl is None
    for wrong in (timedelta(0), timedelta(days=-1), timedelta(milliseconds=1)):
        with pytest.raises(ValueError, match="time to live"):
            artifact.ttl = wrong
    with pytest.raises(TypeError, match="timedelta"):
        artifact.ttl = 5  # type: ignore[assignment]


def test_path__of_bytes__is_refused() -> None:
    """Which text they are, nobody knows on another system."""
    with pytest.raises(TypeError, match="is text, not bytes"):
        entry_path(b"x")
