"""Artifacts of a run's record on their way to a server on loopback, whose storage fails as told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from tests.conftest import Program
from tests.server.artifacts import ArtifactServer, PlainClient
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.server import ArtifactServer as Server
from wandb.errors import CommError
from wandb.sync import big_files
from wandb.sync.artifact_sender import ArtifactSender
from wandb.sync.run_artifacts import RunArtifacts
from wandb.wire.decode import decode, record_kind
from wandb.wire.encode import body, encode


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArtifactServer]:
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with ArtifactServer() as serving:
        yield serving
        assert serving.unexpected == []


def sender(server: ArtifactServer) -> ArtifactSender:
    return ArtifactSender(PlainClient(server.url), "somebody", "p", "r")


def drafted(contents: Dict[str, bytes], policy: str = "mutable", **more: Any) -> Artifact:
    artifact = Artifact("n", "t", **more)
    for path, content in contents.items():
        local = Path("here", path)
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)
        artifact.add_file(local, name=path, policy=policy)
    return artifact


def record_of(artifact: Artifact, **more: Any) -> Any:
    """The record as it is in a log."""
    from wandb.sdk.artifact_record import artifact_fields

    fields = {**artifact_fields(artifact), "aliases": ["latest"], "finalize": True, **more}
    return decode(body("artifact", encode("ArtifactRecord", fields))).artifact


def staged() -> int:
    return len(list(Path(os.environ["WANDB_DATA_DIR"]).glob("artifacts/staging/*")))


def test_artifact__sent__is_at_the_server_and_in_the_cache(server: ArtifactServer) -> None:
    """The copies are needed no more; a download of the same files asks no storage."""
    contents = {"a": b"1", "sub/b": b"", "c\u00fc": b"2" * 100_000}
    artifact = drafted(contents, metadata={"x": 1})
    artifact.add_reference("gopher://x/y", name="ref", checksum=False)
    assert sender(server).send(record_of(artifact, tags=["t"]))[1] == 3 + 1
    (received,) = server.artifacts
    assert (received.state, received.aliases, received.tags) == ("COMMITTED", {"latest"}, {"t"})
    assert {path: server.content(received, path) for path in received.files} == contents
    manifest = server.manifest(received)["contents"]
    assert manifest["a"] == {"digest": "xMpCOKC5I4INzFCab3WEmw==", "size": 1, "birthArtifactID": received.id}
    assert manifest["ref"]["ref"] == "gopher://x/y" and "birthArtifactID" not in manifest["ref"]
    fields = received.fields
    assert (fields["metadata"], fields["runName"], fields["digest"]) == ('{"x":1}', "r", artifact.digest)
    assert staged() == 0
    door = Server(lambda: PlainClient(server.url))
    got = Artifact.from_server(door.by_name("somebody", "p", "n:latest"), door)
    assert got.manifest.digest() == artifact.digest
    got.download("there", allow_missing_references=True)
    assert Path("there/c\u00fc").read_bytes() == contents["c\u00fc"]
    assert len([request for request in server.storage.requests if request[0] == "GET"]) == 1  # the manifest


def test_artifact__of_files_in_a_folder_called_like_ours__leaves_them(server: ArtifactServer) -> None:
    """What is sent is moved to the cache, if it is a copy of ours; pipelines have folders of this name, too."""
    artifact = drafted({"artifacts/staging/model.pt": b"precious"}, policy="immutable")
    sender(server).send(record_of(artifact))
    assert server.artifacts[0].state == "COMMITTED"
    assert Path("here/artifacts/staging/model.pt").read_bytes() == b"precious"


def test_artifact__that_the_server_has__is_not_sent_again(server: ArtifactServer) -> None:
    """Killed before its checkpoint was written, an uploader sends the record again."""
    record = record_of(drafted({"a": b"1"}), use_after_commit=True)
    sender(server).send(record)
    assert sender(server).send(record) == (server.artifacts[0].id, 0)
    assert len(server.artifacts) == 1 and server.artifacts[0].used_by == ["r", "r"]
    assert [method for method, _, _ in server.storage.requests] == ["PUT", "PUT"]


def test_artifact__cut_off_in_the_middle__is_completed_by_the_next_try(server: ArtifactServer) -> None:
    """Files that the storage has are not sent twice; nobody sees a version that is not whole."""
    contents = {str(number): str(number).encode() for number in range(10)}
    record = record_of(drafted(contents))
    server.storage.statuses["/QXJ0aWZhY3Q6MA==.manifest"] = [500]
    with pytest.raises(CommError):
        sender(server).send(record)
    assert server.artifacts[0].state == "PENDING" and staged() == 10
    assert sender(server).send(record)[1] == 1
    assert server.artifacts[0].state == "COMMITTED" and staged() == 0
    assert {path: server.content(server.artifacts[0], path) for path in contents} == contents


def test_artifact__of_which_some_files_fail__gets_new_addresses_for_them(server: ArtifactServer) -> None:
    """A round is repeated as long as at most half of it fails."""
    contents = {str(number): b"x" for number in range(10)}
    for number in range(4):
        server.storage.statuses[f"/QXJ0aWZhY3Q6MA==/{number}"] = [403]
    assert sender(server).send(record_of(drafted(contents)))[1] == 11
    assert {path: server.content(server.artifacts[0], path) for path in contents} == contents
    assert [operation for operation, _ in server.operations].count("CreateArtifactFiles") == 2


def test_artifact__with_a_file_that_has_changed__is_not_committed(server: ArtifactServer) -> None:
    """An immutable file was promised to stay as it is; a second try must not take it for one that is there."""
    contents = {"a": b"1" * 3_000_000, "b": b"1", "c": b"1", "d": b"1"}
    record = record_of(drafted(contents, policy="immutable"))
    for content in (b"2" + contents["a"][1:], b"2"):
        Path("here/a").write_bytes(content)
        for _ in range(2):
            with pytest.raises(CommError, match="here/a has changed since|has become shorter"):
                sender(server).send(record)
        assert "/QXJ0aWZhY3Q6MA==/a" not in server.storage.files
    Path("here/a").unlink()
    with pytest.raises(OSError, match="No such file"):
        sender(server).send(record)
    assert server.artifacts[0].state == "PENDING"


@pytest.mark.parametrize("how", ["by its path", "by a link that stands where copies do", "a pipe"])
def test_artifact__of_somebody_else_s_run__sends_no_file_whose_content_it_does_not_know(
    server: ArtifactServer, how: str
) -> None:
    """The paths in a record are what whoever wrote it likes; the digest is what proves the file."""
    record = record_of(drafted({"a": b"1"}, policy="immutable"))
    secret = Path("secret.txt").absolute()
    secret.write_text("a secret")
    (entry,) = record.manifest.contents
    entry.local_path = str(secret)
    if how != "by its path":
        entry.local_path = str(Path("received/artifacts/staging/tmpabcdefgh").absolute())
        Path(entry.local_path).parent.mkdir(parents=True)
        os.mkfifo(entry.local_path) if how == "a pipe" else os.symlink(secret, entry.local_path)
    with pytest.raises((CommError, OSError), match="has changed since|no regular file"):
        sender(server).send(record)
    assert [method for method, _, _ in server.storage.requests] == []


def test_artifact__with_a_large_file_that_has_changed__is_not_committed(
    server: ArtifactServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no single request shows the whole file, it is looked at before."""
    monkeypatch.setattr(big_files, "LEAST_SIZE", 10_000)
    record = record_of(drafted({"a": b"1" * 20_000}, policy="immutable"))
    sender(server).send(record)
    record.client_id = "another"
    Path("here/a").write_bytes(b"2" * 20_000)
    with pytest.raises(CommError, match="here/a has changed since"):
        sender(server).send(record)
    assert [artifact.state for artifact in server.artifacts] == ["COMMITTED", "PENDING"]


@pytest.mark.parametrize(("more", "name"), [({"incremental": True}, "incremental"), ({}, "patch")])
def test_artifact__incremental_or_in_parts__has_a_manifest_of_that_kind(
    server: ArtifactServer, more: Dict[str, Any], name: str
) -> None:
    """A part that is not the last is not committed."""
    artifact = drafted({"a": b"1"}, **more)
    finalize = bool(more)
    if not more:
        artifact.distributed_id = "together"
    sender(server).send(record_of(artifact, finalize=finalize))
    created = dict(server.operations)["CreateArtifactManifest"]
    assert (created["name"], created["manifestType"]) == (f"wandb_manifest.{name}.json", name.upper())
    assert dict(server.operations)["UpdateArtifactManifest"]["includeUpload"]
    assert server.artifacts[0].state == ("COMMITTED" if finalize else "PENDING")
    assert server.manifest(server.artifacts[0])["contents"]["a"]["size"] == 1


def test_artifact__with_a_big_file__is_sent_in_parts(server: ArtifactServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are lowered here; the real ones are 2 GiB and 100 MiB."""
    monkeypatch.setattr(big_files, "LEAST_SIZE", 10_000)
    monkeypatch.setattr(big_files, "_PART", 4096)
    contents = {"big": bytes(range(256)) * 40 + b"end", "small": b"1"}
    sender(server).send(record_of(drafted(contents)))
    assert {path: server.content(server.artifacts[0], path) for path in contents} == contents
    completed = dict(server.operations)["CompleteMultipartUploadArtifact"]["input"]
    assert [part["partNumber"] for part in completed["completedParts"]] == [1, 2, 3]
    assert server.artifacts[0].state == "COMMITTED"


def test_run_artifacts__of_a_program__are_sent_in_order_and_once(server: ArtifactServer, program: Program) -> None:
    """One that can't be sent does not hold up the others, is said, and is tried again at the end."""
    run = program(
        """
        import os, wandb
        run = wandb.init(project="p")
        for number in range(4):
            open("x", "w").write(str(number))
            artifact = wandb.Artifact("n", "t")
            artifact.add_file("x")
            run.log_artifact(artifact)
            if number == 1:
                os.rename(artifact.manifest.entries["x"].local_path, "kept")
                print(artifact.manifest.entries["x"].local_path)
        """,
        env={"WANDB_DATA_DIR": os.environ["WANDB_DATA_DIR"]},
    ).ok()
    records = [record for record in run.run.records() if record_kind(record) == "artifact"]
    layout = run.run.layout
    artifacts = RunArtifacts(PlainClient(server.url), {}, layout.artifact_answer)

    def answer(number: int) -> Any:
        path = layout.artifact_answer(records[number].artifact.client_id)
        return json.loads(Path(path).read_text())

    def send(at_end: bool) -> None:
        for record in records:
            artifacts.add(f"#{record.num}", record.artifact)
        artifacts.start("somebody", "p", "r", at_end)
        while artifacts.waiting:
            artifacts.collect()

    send(at_end=False)
    assert [artifact.state for artifact in server.artifacts] == ["COMMITTED", "PENDING", "COMMITTED", "COMMITTED"]
    (problem,) = artifacts.problems()
    assert "The artifact n could not be sent" in problem and "No such file" in problem
    assert answer(1) == {"problem": problem} and answer(2) == {"id": server.artifacts[2].id}
    asked = len(server.operations)
    send(at_end=False)
    assert len(server.operations) == asked
    os.rename("kept", run.stdout.strip())
    send(at_end=True)
    assert artifacts.problems() == [] and server.artifacts[1].state == "COMMITTED"
    assert answer(1) == {"id": server.artifacts[1].id}
    assert (artifacts.files(), len(artifacts.state()["sent"])) == (8, 4)
    artifacts.close()
    later = RunArtifacts(PlainClient(server.url), artifacts.state(), layout.artifact_answer)
    artifacts, asked = later, len(server.operations)
    send(at_end=True)
    later.close()
    assert len(server.operations) == asked
