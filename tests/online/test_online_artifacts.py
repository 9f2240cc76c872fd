"""Artifacts of runs in mode=online: logged and waited for, used by name, linked; judged by the server."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Iterator

import pytest

from tests.conftest import Finished, Program
from tests.server.artifacts import ArtifactServer


@pytest.fixture
def store() -> Iterator[ArtifactServer]:
    with ArtifactServer() as server:
        yield server
        assert server.unexpected == []


@pytest.fixture
def online(program: Program, store: ArtifactServer) -> Callable[..., Finished]:
    """Runs a program whose runs are sent."""
    folders = {"WANDB_DATA_DIR": str(program.folder / "data"), "WANDB_CACHE_DIR": str(program.folder / "cache")}

    def run(source: str, **more: str) -> Finished:
        environment: Dict[str, Any] = store.environment(WANDB_X_DISABLE_STATS="true", **folders, **more)
        return program(source, env=environment).ok()

    return run


def test_log_artifact__waited_for__is_what_the_server_says(
    online: Callable[..., Finished], store: ArtifactServer
) -> None:
    """The program goes on with the version that it made, while the run goes on."""
    result = online(
        """
        import json, wandb
        run = wandb.init(project="p")
        artifact = wandb.Artifact("n", "t", metadata={"x": 1})
        with artifact.new_file("a") as file:
            file.write("first")
        assert run.log_artifact(artifact, aliases=["best"], tags=["t"]).wait(60) is artifact
        shown = {"version": artifact.version, "aliases": artifact.aliases, "tags": artifact.tags, "id": artifact.id}
        shown.update(name=artifact.name, qualified=artifact.qualified_name, draft=artifact.is_draft())
        shown["content"] = open(artifact.get_entry("a").download()).read()
        print(json.dumps(shown))
        second = artifact.new_draft()
        with second.new_file("b") as file:
            file.write("second")
        run.log_artifact(second).wait()
        """
    )
    first, second = store.artifacts
    assert json.loads(result.stdout) == {
        "version": "v0",
        "aliases": ["best", "latest"],
        "tags": ["t"],
        "id": first.id,
        "name": "n:v0",
        "qualified": "somebody/p/n:v0",
        "draft": False,
        "content": "first",
    }
    assert (first.state, second.state, second.version) == ("COMMITTED", "COMMITTED", 1)
    contents = store.manifest(second)["contents"]
    assert {path: entry["birthArtifactID"] for path, entry in contents.items()} == {"a": first.id, "b": second.id}
    assert list(second.files) == ["b"] and result.run.layout.synced_marker
    assert "Synced" in result.stderr and "4 artifact file(s)" in result.stderr


def test_log_artifact__waited_for_again_and_again__costs_what_the_server_takes(
    online: Callable[..., Finished], store: ArtifactServer
) -> None:
    """Nobody looks at the clock before an artifact is sent: files of the run are looked at each five seconds."""
    online(
        """
        import wandb
        run = wandb.init(project="p")
        open("m", "w").write("weights")
        for number in range(5):
            artifact = wandb.Artifact("n", "t", metadata={"number": number})
            artifact.add_file("m")
            run.log_artifact(artifact).wait(timeout=60 if number == 0 else 3)
        model = wandb.Artifact("model", "model")
        model.add_file("m")
        run.log_artifact(model).wait(timeout=3)
        assert open(run.use_model("model:latest")).read() == "weights"
        """
    )
    assert [artifact.state for artifact in store.artifacts] == ["COMMITTED"] * 6


def test_log_artifact__of_a_file_that_has_changed__is_said_and_not_sent(
    online: Callable[..., Finished], store: ArtifactServer
) -> None:
    """Not even at the end of the run, when what failed is tried again."""
    result = online(
        """
        import wandb
        run = wandb.init(project="p")
        open("a", "w").write("one")
        artifact = wandb.Artifact("n", "t")
        artifact.add_file("a", policy="immutable")
        open("a", "w").write("two")
        try:
            run.log_artifact(artifact).wait(60)
        except wandb.Error as error:
            print(error)
        """
    )
    assert "a has changed since it was added" in result.stdout and "a has changed since" in result.stderr
    assert [artifact.state for artifact in store.artifacts] == ["PENDING"]


def test_use_artifact__by_name_or_as_draft__makes_it_an_input(
    online: Callable[..., Finished], store: ArtifactServer
) -> None:
    """With all forms of a name; the type may be checked."""
    data = store.put("data", {"a": b"1", "sub/b": b"2"}, aliases=[{"alias": "latest"}])
    model = store.put("model", {"only": b"3"}, aliases=[{"alias": "best"}], artifactTypeName="model")
    result = online(
        """
        import os, wandb
        run = wandb.init(project="p", id="r")
        found = run.use_artifact("data", type="dataset")
        print(found.name, sorted(os.listdir(found.download())))
        print(open(run.use_model("somebody/p/model:best")).read())
        run.use_artifact(found)
        draft = wandb.Artifact("draft", "t")
        run.use_artifact(draft).wait(60)
        for wrong, kind in (("data:v7", None), ("data", "model"), ("a/b/c/d", None)):
            try:
                run.use_artifact(wrong, type=kind)
            except wandb.Error as error:
                print(type(error).__name__)
        """
    )
    assert result.stdout.splitlines() == [
        "data:latest ['a', 'sub']",
        "3",
        "CommError",
        "ArgumentValueError",
        "ArgumentValueError",
    ]
    assert (data.used_by, model.used_by, store.artifacts[2].used_by) == (["r", "r"], ["r"], ["r"])


def test_log_artifact__got_by_its_name__is_an_output_too(online: Callable[..., Finished], store: ArtifactServer) -> None:
    """As with upstream: the server has the files, so only the list of them is sent, with the new aliases."""
    data = store.put("data", {"a": b"1"}, aliases=[{"alias": "latest"}])
    online(
        """
        import wandb
        run = wandb.init(project="p")
        run.log_artifact(run.use_artifact("data"), aliases=["again"]).wait(60)
        """
    )
    again = store.artifacts[1]
    assert (again.state, again.aliases, again.collection) == ("COMMITTED", {"again", "latest"}, "data")
    assert store.manifest(again)["contents"] == store.manifest(data)["contents"] and again.files == {}


def test_artifact__of_a_server_in_children__is_downloaded_there(
    online: Callable[..., Finished], store: ArtifactServer
) -> None:
    """Each process has connections of its own, and what is pickled for it holds no key."""
    store.put("data", {str(number): b"x" * 1000 for number in range(20)}, aliases=[{"alias": "latest"}])
    result = online(
        """
        import multiprocessing, os, pickle, wandb

        def child(artifact, number):
            print(len(os.listdir(artifact.download(root=f"root {number}"))), artifact.source_artifact.name, flush=True)

        if __name__ == "__main__":
            run = wandb.init(project="p", settings={"api_key": os.environ["WANDB_API_KEY"]})
            artifact = run.use_artifact("data")
            assert os.environ["WANDB_API_KEY"].encode() not in pickle.dumps(artifact)
            for method in ("fork", "spawn"):
                context = multiprocessing.get_context(method)
                children = [context.Process(target=child, args=(artifact, f"{method} {n}")) for n in range(3)]
                for process in children:
                    process.start()
                artifact.download(root=method)
                for process in children:
                    process.join()
                    assert process.exitcode == 0
        """
    )
    assert result.stdout.splitlines() == ["20 data:v0"] * 6


def test_link_artifact__of_a_draft__is_logged_and_linked(online: Callable[..., Finished], store: ArtifactServer) -> None:
    """Models go to the registry of the run's owner."""
    online(
        """
        import wandb
        run = wandb.init(project="p")
        artifact = wandb.Artifact("n", "t")
        try:
            run.link_artifact(artifact, "team/q/collection", aliases=["x"])
        except wandb.CommError as error:  # this server only takes the wish
            assert "no artifact team/q/collection:v0" in str(error)
        open("m", "w").write("model")
        try:
            wandb.link_model("m", "registered")
        except wandb.CommError as error:
            assert "no artifact somebody/model-registry/registered:v0" in str(error)
        """
    )
    first, second = store.links
    assert (first["entityName"], first["projectName"], first["artifactPortfolioName"]) == ("team", "q", "collection")
    assert first["aliases"] == [{"alias": "x", "artifactCollectionName": "collection"}]
    assert (second["projectName"], second["artifactPortfolioName"]) == ("model-registry", "registered")
    assert [artifact.state for artifact in store.artifacts] == ["COMMITTED", "COMMITTED"]


def test_wait__for_an_artifact_that_can_not_be_sent__ends_with_the_reason(
    online: Callable[..., Finished], store: ArtifactServer
) -> None:
    """And a server that takes long with an error of its own, after as long as was asked for."""
    store.storage.statuses["/QXJ0aWZhY3Q6MQ==/x"] = [404] * 9
    result = online(
        """
        import pickle, wandb
        run = wandb.init(project="p")
        artifact = wandb.Artifact("n", "t")
        run.log_artifact(artifact)
        try:
            artifact.wait(0)
        except wandb.sdk.artifacts.exceptions.WaitTimeoutError as error:
            print(error.artifact_name)
        pickle.loads(pickle.dumps(artifact)).wait(60)
        lost = wandb.Artifact("lost", "t")
        with lost.new_file("x") as file:
            file.write("x")
        run.log_artifact(lost)
        try:
            lost.wait()
        except wandb.CommError as error:
            print(error)
        """
    )
    name, problem = result.stdout.splitlines()
    assert name == "n" and problem.startswith("The artifact lost could not be sent: ") and "404" in problem
    assert [artifact.state for artifact in store.artifacts] == ["COMMITTED", "PENDING"]
