"""Projects, people, sweeps and artifacts of a server: lists of the public API, and what can be changed of them."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

import wandb
from tests.server.artifacts import ArtifactServer
from tests.server.faults import STATUS, Fault
from tests.server.ready_runs import put_run
from wandb.errors import ArgumentTypeError, ArgumentValueError, CommError, UnsupportedError

ALIASES = [{"alias": "latest"}, {"alias": "best"}]


@pytest.fixture
def server() -> Iterator[ArtifactServer]:
    """One that knows artifacts, and at the end has got nothing that it can't make sense of."""
    with ArtifactServer(answers_by_schema=True) as serving:
        yield serving
    assert serving.unexpected == []


def test_projects__of_an_owner__are_listed_and_made(api: Any, server: ArtifactServer) -> None:
    """A list of a server that tells no length knows it once it is whole."""
    for number in range(3):
        put_run(server, f"r{number}", project=f"p{number}")
    projects = api.projects("somebody", per_page=2)
    assert [project.name for project in projects] == ["p0", "p1", "p2"] and len(projects) == projects.length == 3
    project = api.project("p0")
    assert project.path == ["somebody", "p0"] and project.id == "project-p0" and project.owner.username == "somebody"
    assert project.url == f"{server.url}/somebody/p0/workspace" and project.url in project.to_html()
    api.create_project("made", "somebody")
    assert "made" in [project.name for project in api.projects()]
    assert isinstance(api.from_path("somebody/p0"), wandb.apis.public.Project)
    assert api.from_path("somebody/p0/r0").id == "r0"


def test_viewer_and_users__say_who_they_are(api: Any) -> None:
    """Programs ask for the default entity before they name a project."""
    assert api.default_entity == api.viewer.entity == "somebody" and api.viewer.teams == ["somebody"]
    assert api.user("somebody").email == "somebody@example.org" and api.user("nobody") is None
    assert api.users("somebody")[0].api_keys == [] and repr(api.viewer) == "<User somebody@example.org>"


def test_artifact__by_name__is_what_a_run_logged(api: Any, server: ArtifactServer) -> None:
    """`Api.artifact` gives the same objects as `use_artifact`."""
    server.put("data", {"a.txt": b"a"}, aliases=ALIASES)
    artifact = api.artifact("p/data:best")
    assert artifact.qualified_name == "somebody/p/data:best" and artifact.type == "dataset"
    assert api.artifact_exists("p/data") and not api.artifact_exists("p/data:v9")
    assert not api.artifact_exists("p/data", "model") and not api.artifact_exists("p/none")
    with pytest.raises(ArgumentValueError, match="of the type 'dataset', not 'model'"):
        api.artifact("p/data", "model")
    with pytest.raises(CommError, match="no artifact"):
        api.artifact("p/none:v0")
    assert [(file.name, file.size) for file in artifact.files()] == [("a.txt", 1)] and len(artifact.files()) == 1
    assert artifact.collection.name == artifact.source_collection.name == "data" and artifact.linked_artifacts == []


def test_existence__when_the_server_fails__is_not_denied(
    api: Any, server: ArtifactServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who hears that there is none makes it again."""
    monkeypatch.setenv("WANDB_X_GRAPHQL_RETRY_MAX", "0")
    for ask in (lambda: wandb.Api().artifact_exists("somebody/p/x"), lambda: wandb.Api().artifact_collection_exists("somebody/p/x", "t")):
        server.faults.plan("graphql", Fault(STATUS, status=503))
        with pytest.raises(CommError, match="503"):
            ask()


def test_collections_and_types__of_a_project__are_listed(api: Any, server: ArtifactServer) -> None:
    """From the type down to the versions."""
    for number in range(3):
        server.put("data", {"x": b"%d" % number}, aliases=ALIASES if number == 2 else [], tags=[{"tagName": f"t{number}"}])
    server.put("net", {"x": b"n"}, artifactTypeName="model")
    assert [kind.name for kind in api.artifact_types("p")] == ["dataset", "model"]
    assert [found.name for found in api.artifact_collections("p", "model")] == ["net"]
    assert [found.name for found in api.artifact_type("dataset", "p").collections()] == ["data"]
    with pytest.raises(CommError, match="no type of artifacts somebody/p/none"):
        api.artifact_type("none", "p")
    assert [found.name for found in api.project("p").collections()] == ["data", "net"]
    assert [kind.name for kind in api.project("p").artifacts_types()] == ["dataset", "model"]
    versions = api.artifacts("dataset", "p/data", per_page=2)
    assert [version.name for version in versions] == ["data:v2", "data:v1", "data:v0"] and len(versions) == 3
    assert [version.name for version in api.artifacts("dataset", "p/data", tags=["t1"])] == ["data:v1"]
    collection = api.artifact_collection("dataset", "p/data")
    assert sorted(collection.aliases) == ["best", "latest"] and collection.is_sequence() and collection.project == "p"
    assert next(iter(collection.artifacts())).name == "data:v2"
    assert not api.artifact_collection_exists("p/data", "model") and api.artifact_collection_exists("p/data", "dataset")


def test_collection__changed_and_deleted__is_so_at_the_server(api: Any, server: ArtifactServer) -> None:
    """With `save`, as in the object's own words."""
    server.put("data", {"x": b"1"})
    collection = api.artifact_collection("dataset", "p/data")
    collection.name, collection.description, collection.type = "renamed", "about it", "table"
    collection.save()
    again = api.artifact_collection("table", "p/renamed")
    assert (again.description, again.id, collection.type) == ("about it", collection.id, "table")
    with pytest.raises(UnsupportedError, match="tags"):
        again.tags = ["x"]
    again.delete()
    assert not api.artifact_collection_exists("p/renamed", "table")


def test_artifacts__of_a_run__are_its_inputs_and_outputs(api: Any, server: ArtifactServer) -> None:
    """Seen from both ends; a draft has to go through a run that goes on."""
    put_run(server, "r1")
    put_run(server, "r2")
    server.put("data", {"x": b"1"}, aliases=ALIASES)
    run, artifact = api.run("p/r1"), api.artifact("p/data")
    assert run.use_artifact(artifact) is artifact
    logged = api.run("p/r2").log_artifact(artifact, aliases=["third"], tags=["t"])
    assert logged.id == artifact.id and "third" in logged.aliases and logged.tags == ["t"]
    assert [found.id for found in run.used_artifacts()] == [artifact.id] and len(run.logged_artifacts()) == 0
    assert [found.id for found in api.run("p/r2").logged_artifacts()] == [artifact.id]
    assert logged.logged_by().path == ["somebody", "p", "r2"] and [used.id for used in logged.used_by()] == ["r1"]
    with pytest.raises(ArgumentValueError, match="is not at the server"):
        run.use_artifact(wandb.Artifact("draft", "dataset"))
    with pytest.raises(ArgumentTypeError):
        run.log_artifact("data:latest")


def test_sweep__of_a_server__knows_its_runs_and_agents(api: Any, server: ArtifactServer) -> None:
    """The best run is the first one by the metric that the configuration names."""
    config = "method: grid\nname: of people\nmetric: {goal: maximize, name: acc}\nparameters: {lr: {values: [1, 2]}}\n"
    sweep_id = server.make_sweep({"config": config, "entityName": "somebody", "projectName": "p"})
    for number in range(3):
        put_run(server, f"r{number}", [{"acc": (2, 9, 5)[number]}], sweep=sweep_id if number else None)
    sweep = api.sweep(f"p/{sweep_id}")
    assert (sweep.id, sweep.name, sweep.state, sweep.order) == (sweep_id, "of people", "PENDING", "-summary_metrics.acc")
    assert sweep.config["parameters"] == {"lr": {"values": [1, 2]}} and sweep.expected_run_count is None
    assert [run.id for run in sweep.runs] == ["r1", "r2"] and sweep.best_run().id == "r1"
    assert sweep.best_run("+summary_metrics.acc").id == "r2" and api.run("p/r1").sweep.id == sweep_id and api.run("p/r0").sweep is None
    assert [found.id for found in api.project("p").sweeps()] == [sweep_id] and len(api.project("p").sweeps()) == 1
    server.make_agent({"host": "here", "sweep": sweep_id, "entityName": "somebody", "projectName": "p"})
    (agent,) = sweep.agents()
    assert (agent.host, sweep.agent(agent.id)) == ("here", agent) and sweep.load(force=True)["state"] == "RUNNING"
    assert sweep.url == f"{server.url}/somebody/p/sweeps/{sweep_id}" and sweep.path == ["somebody", "p", sweep_id]
    assert isinstance(sweep, wandb.apis.public.Sweep) and type(sweep).get(api, "somebody", "p", "none") is None
    assert api.from_path(f"somebody/p/sweeps/{sweep_id}").id == sweep_id
    with pytest.raises(CommError, match="no sweep somebody/p/none"):
        api.sweep("p/none")
    for refused in (lambda: sweep.enqueue_run({}), lambda: api.project("p").sweeps(order="x"), lambda: sweep.agent("none")):
        with pytest.raises((UnsupportedError, ArgumentValueError)):
            refused()
