"""Answers of a server that are none: whatever comes, the public API says one thing that programs can catch."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Iterator

import pytest

import wandb
from tests.server.faults import Fault
from tests.server.ready_runs import put_run
from tests.server.server import RecordingServer
from wandb.errors import ArgumentTypeError, CommError, Error, UsageError
from wandb.foreign_answers import NotUnderstood
from wandb.sweeps.heartbeat import beat
from wandb.sweeps.server_sweep import create_sweep

DEEP = "[" * 100_000
RUN: Dict[str, Any] = {"id": "a", "name": "r", "config": "{}", "summaryMetrics": "{}"}
ANSWERS = [
    "null", "[]", "5", '"x"', "{}", "<html>", "", DEEP, '{"data":null}', '{"data":[]}', '{"data":{}}',
    '{"errors":5}', '{"errors":[{"message":null}]}', '{"errors":["x"],"data":null}', '{"errors":{"a":1},"error":[]}',
    '{"data":{"viewer":5,"project":5,"users":5,"models":7,"artifact":5,"upsertBucket":5,"agentHeartbeat":5,"upsertSweep":5}}',
    '{"data":{"agentHeartbeat":{"commands":"[5]"},"upsertSweep":{"sweep":5}}}', '{"data":{"agentHeartbeat":{"commands":"{"}}}',
    '{"data":{"viewer":[1],"project":[1],"users":[1],"models":[1],"artifact":[1],"upsertBucket":[1]}}',
    '{"data":{"viewer":{"entity":7,"teams":5},"project":{"run":[],"runs":[],"sweep":[1],"artifactType":[],"artifactCollectionMembership":3},"users":{"edges":5},"models":{"edges":[{"node":5}]}}}',
    '{"data":{"viewer":{"apiKeys":{"edges":[5]}},"project":{"run":"x","runs":"x","sweep":"x","sweeps":[5],"artifactType":"x"},"users":{"edges":["x"]},"models":{"edges":"x"}}}',
    '{"data":{"project":{"run":{"files":5,"logLines":{"edges":[{"node":{"number":"x"}}]},"history":["{"],"events":[5],"historyKeys":{"lastStep":"x"},"sampledHistory":[5]},"runs":{"edges":[{"node":{}}]},"sweep":{"config":"[: {"},"sweeps":{"edges":[{"node":5}]}}}}',
    '{"data":{"project":{"run":{"files":{"edges":[{"node":{"id":1,"name":"x","sizeBytes":"x"}}]},"logLines":5,"history":5,"historyKeys":[],"sampledHistory":5},"runs":{"edges":[{"node":null}],"pageInfo":5},"sweep":{"config":5}}}}',
    *(json.dumps({"data": {"project": {"run": {**RUN, name: text}}}})
      for name in ("config", "summaryMetrics", "systemMetrics", "tags") for text in ("{not json", DEEP, 5, [5])),
]  # fmt: skip
READERS: Dict[str, Callable[[Any], Any]] = {
    "run": lambda api: api.run("e/p/r"),
    "values": lambda api: [getattr(api.run("e/p/r"), name) for name in ("config", "summary", "tags", "user", "state", "lastHistoryStep")],
    "rows": lambda api: api.run("e/p/r").history(pandas=False),
    "rows with keys": lambda api: api.run("e/p/r").history(keys=["x"], pandas=False),
    "all rows": lambda api: list(api.run("e/p/r").scan_history()),
    "files": lambda api: list(api.run("e/p/r").files()),
    "lines": lambda api: list(api.run("e/p/r").console_logs()),
    "runs": lambda api: list(api.runs("e/p")),
    "sweep": lambda api: [getattr(api.sweep("e/p/s"), name) for name in ("config", "order", "expected_run_count", "state")],
    "sweeps": lambda api: list(api.project("p", "e").sweeps()),
    "agents": lambda api: api.sweep("e/p/s").agents(),
    "project": lambda api: api.project("p", "e").id,
    "projects": lambda api: list(api.projects("e")),
    "viewer": lambda api: api.viewer.teams,
    "entity": lambda api: api.default_entity,
    "users": lambda api: api.users("x"),
    "artifact": lambda api: api.artifact("e/p/a:v0"),
    "types": lambda api: list(api.artifact_types("e/p")),
    "collection": lambda api: api.artifact_collection("t", "e/p/a").tags,
    "heartbeat": lambda api: beat(api._connection, "agent"),
    "new sweep": lambda api: create_sweep(api._connection, {"method": "random"}, "e", "p"),
    "new run": lambda api: api.create_run(project="p", entity="e"),
}


@pytest.fixture
def answering(api: Any, server: RecordingServer) -> Iterator[Callable[[str], Any]]:
    """The Api, whose server gives this answer to every question from now on."""

    def answer(text: str) -> Any:
        server.faults.clear()
        server.faults.plan("graphql", Fault.answer(200, text), 100)
        api.flush()
        return api

    yield answer
    server.faults.clear()


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_api__with_an_answer_of_any_form__raises_an_error_of_ours_or_none(
    reader: Callable[[Any], Any], answering: Callable[[str], Any]
) -> None:
    """A proxy, another release of the server, a page for people: programs catch CommError, as the documentation says."""
    refused = 0
    for text in ANSWERS:
        try:
            reader(answering(text))
        except Error:
            refused += 1
    assert refused > 12


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("run", '{"errors":5}'),
        ("run", DEEP),
        *((name, '{"data":{"viewer":5,"project":5,"users":5,"models":7}}') for name in READERS if name not in ("heartbeat", "new sweep", "new run")),
        *(("heartbeat", json.dumps({"data": {"agentHeartbeat": {"commands": text}}})) for text in ("{", "5", "[5]", DEEP)),
        ("runs", '{"data":{"project":{"runs":[]}}}'),
        ("sweep", '{"data":{"project":{"sweep":[1]}}}'),
        ("values", json.dumps({"data": {"project": {"run": {**RUN, "config": "{not json"}}}})),
        ("values", json.dumps({"data": {"project": {"run": {**RUN, "config": DEEP}}}})),
    ],
)
def test_api__with_an_answer_that_is_none__says_that_it_is_not_understood(
    reader: str, text: str, answering: Callable[[str], Any]
) -> None:
    """One that was taken for an empty list or config would be believed."""
    with pytest.raises(CommError, match="refuses|can't be understood|is no JSON"):
        READERS[reader](answering(text))


def test_exists__with_an_answer_that_is_none__does_not_say_no(answering: Callable[[str], Any]) -> None:
    """The program would log an artifact again that is there."""
    api = answering('{"data":{"project":5}}')
    with pytest.raises(NotUnderstood):
        api.artifact_exists("e/p/a:v0")
    with pytest.raises(NotUnderstood):
        api.artifact_collection_exists("e/p/a", "t")


def test_arguments__of_another_type__are_errors_of_the_caller(api: Any, server: RecordingServer) -> None:
    """With the TypeError that programs expect, and before anything is asked."""
    put_run(server, "r1", [{"a": 1}])
    run = api.run("somebody/p/r1")
    asked = len(server.operations)
    wrong: Dict[str, Callable[[], Any]] = {
        "run": lambda: api.run(None), "number": lambda: api.run(5), "bytes": lambda: api.run(b"x"),
        "sweep": lambda: api.sweep(5), "runs": lambda: api.runs(5), "artifact": lambda: api.artifact(5),
        "from_path": lambda: api.from_path(5),
        "samples": lambda: run.history(samples="x"), "page": lambda: run.scan_history(page_size="a"),
        "step": lambda: run.scan_history(max_step="a"), "filters": lambda: api.runs("somebody/p", filters={"a": {1, 2}}),
        "no filters": lambda: api.runs("somebody/p", filters="x"), "per_page": lambda: run.files(per_page="x"),
        "tags": lambda: setattr(run, "tags", 5), "one tag": lambda: setattr(run, "tags", "a"),
        "tag": lambda: setattr(run, "tags", [5]), "file": lambda: run.file(None),
    }  # fmt: skip
    for name, call in wrong.items():
        with pytest.raises(ArgumentTypeError):
            call()
            pytest.fail(f"{name} is taken")
    assert len(server.operations) == asked
    with pytest.raises(UsageError):
        wandb.restore(None, "somebody/p/r1")
