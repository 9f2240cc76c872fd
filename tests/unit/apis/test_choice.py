"""Filters and orders over runs of this disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.written_run import WrittenRun
from wandb.apis.local import LocalRuns
from wandb.errors import ArgumentValueError


@pytest.fixture
def api(tmp_path: Path) -> LocalRuns:
    for number, (project, tags) in enumerate((("p", ["x"]), ("p", []), ("q", ["x", "y"]))):
        written = WrittenRun(
            tmp_path, f"r{number}", project=project, entity="e", tags=tags, start=100 - number,
            config={"lr": 0.1 * number, "opt": {"name": "adam"}, "a.b": number}, display_name=f"name {number}",
        )  # fmt: skip
        if number:
            written.rows([{"loss": float(number)}])
        written.exit(number % 2)
    return LocalRuns(str(tmp_path))


def ids(api: LocalRuns, *arguments: Any, **options: Any) -> List[str]:
    return [run.id for run in api.runs(*arguments, **options)]


def test_order__is_by_creation_unless_asked_otherwise(api: LocalRuns) -> None:
    """Runs without the value come last, whichever way."""
    assert ids(api) == ["r2", "r1", "r0"] == ids(api, order="created_at")
    assert ids(api, order="-created_at") == ["r0", "r1", "r2"]
    assert ids(api, order="-summary_metrics.loss") == ["r2", "r1", "r0"]
    assert ids(api, order="+summary_metrics.loss") == ["r1", "r2", "r0"]


def test_path__names_a_project(api: LocalRuns) -> None:
    """As for a server: the project, with or without its entity."""
    assert ids(api, "q") == ids(api, "e/q") == ["r2"]
    assert ids(api, "other/q") == [] and len(api.runs("p")) == 2 and api.runs("p")[0].id == "r1"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"state": "finished"}, ["r2", "r0"]),
        ({"tags": "y"}, ["r2"]),
        ({"tags": {"$in": ["x", "z"]}}, ["r2", "r0"]),
        ({"tags": {"$nin": ["x"]}}, ["r1"]),
        ({"config.lr": {"$gt": 0.05, "$lte": 0.1}}, ["r1"]),
        ({"config.lr": {"$not": {"$gt": 0.05}}}, ["r0"]),
        ({"config.opt.name": "adam", "config.a.b": 2}, ["r2"]),
        ({"config.lr.value": 0.1}, ["r1"]),
        ({"summary_metrics.loss": {"$exists": False}}, ["r0"]),
        ({"summary_metrics.loss": {"$lt": "text"}}, []),
        ({"$or": [{"display_name": "name 0"}, {"displayName": {"$regex": "2$"}}]}, ["r2", "r0"]),
        ({"$and": [{"state": {"$ne": "failed"}}, {"config.missing": None}]}, ["r2", "r0"]),
        ({"$nor": [{"name": "r0"}, {"name": "r1"}]}, ["r2"]),
    ],
)
def test_filters__of_the_query_language__choose(api: LocalRuns, filters: Dict[str, Any], expected: List[str]) -> None:
    """Programs write these for a server."""
    assert ids(api, filters=filters) == expected


@pytest.mark.parametrize("filters", [{"nonsense": 1}, {"$where": "x"}, {"state": {"$near": 1}}, {"config": 1}])
def test_filter__that_is_none__is_an_error_not_an_empty_answer(api: LocalRuns, filters: Dict[str, Any]) -> None:
    """A typo that finds nothing would be taken for a fact."""
    with pytest.raises(ArgumentValueError):
        api.runs(filters=filters)


@pytest.mark.parametrize(
    "filters",
    [5, [5], {5: 1}, {"$and": 5}, {"$or": {}}, {"$nor": [5]}, {"tags": {"$in": 5}}, {"tags": {"$nin": "x"}}]
    + [{"state": {"$regex": wanted}} for wanted in ("(", 5, b"x")],
    ids=repr,
)
def test_filter__of_another_form__is_refused_in_words(api: LocalRuns, filters: Any) -> None:
    """Before any run is looked at."""
    with pytest.raises(ArgumentValueError, match="filter"):
        ids(api, filters=filters)


def test_filter_and_order__with_odd_values__are_compared_or_refused(api: LocalRuns) -> None:
    """A value that is a dict, a compiled pattern, an order that is no text."""
    assert ids(api, filters={"config.opt": {5: 1}}) == []
    assert ids(api, filters={"display_name": {"$regex": re.compile("2$")}}) == ["r2"]
    with pytest.raises(ArgumentValueError, match="order"):
        ids(api, order=5)


@pytest.mark.parametrize("value", ["x", float("nan"), None, {"a": 1}])
def test_last_step__of_rows_whose_step_is_no_number__is_none(tmp_path: Path, value: Any) -> None:
    """Another client's log, or a program of its own mind."""
    written = WrittenRun(tmp_path, "odd")
    written.row({"_step": value, "x": 1})
    written.exit()
    assert LocalRuns(str(tmp_path)).run().lastHistoryStep == -1
