"""What an artifact at a server belongs to, on a server on loopback: links, runs, files, entries of other artifacts."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

import wandb
from tests.server.artifacts import ArtifactServer, PlainClient
from tests.server.server import ENTITY, KEY
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.server import ArtifactServer as Server
from wandb.errors import CommError, UnsupportedError


@pytest.fixture
def server() -> Iterator[ArtifactServer]:
    with ArtifactServer() as serving:
        yield serving
    assert serving.unexpected == []


def found(server: ArtifactServer, name: str = "n:v0", entity: str = ENTITY, project: str = "p") -> Artifact:
    door = Server(lambda: PlainClient(server.url))
    return Artifact.from_server(door.by_name(entity, project, name), door)


def test_links__made_and_taken_out__are_seen_from_both_ends(server: ArtifactServer) -> None:
    """`unlink` is for what is seen in another collection, and leaves the artifact where it was logged."""
    server.put("n", {"a": b"1"})
    artifact = found(server)
    assert artifact.linked_artifacts == [] and not artifact.is_link
    link = artifact.link("org/registry/models", ["best"])
    assert link.is_link and link.qualified_name == "org/registry/models:v0" and link.linked_artifacts == []
    assert (link.source_qualified_name, link.source_artifact.qualified_name) == (f"{ENTITY}/p/n:v0", f"{ENTITY}/p/n:v0")
    assert [other.qualified_name for other in artifact.linked_artifacts] == ["org/registry/models:v0"]
    with pytest.raises(ValueError, match="was logged there, not linked"):
        artifact.unlink()
    link.unlink()
    assert artifact.linked_artifacts == [] and server.links == []


def test_files__in_pages__are_a_sequence_that_is_got_as_far_as_it_is_used(
    server: ArtifactServer, tmp_path: Path
) -> None:
    """Who wants the first of a million does not wait for the others."""
    server.put("n", {f"d/{number}": b"x" * number for number in range(5)})
    artifact = found(server)
    before = len(server.operations)
    files = artifact.files(per_page=2)
    assert next(iter(files)).name == "d/0" and len(server.operations) == before + 1
    assert [(file.name, file.size) for file in files] == [(f"d/{number}", number) for number in range(5)]
    assert len(files) == 5 and files[-1].name == "d/4" and [file.name for file in files[1:3]] == ["d/1", "d/2"]
    assert len(server.operations) == before + 3
    (chosen,) = artifact.files(names=["d/3"])
    with chosen.download(root=str(tmp_path)) as file:
        assert file.read() == "xxx" and file.name == str(tmp_path / "d" / "3")
    with pytest.raises(ValueError, match="is there already"):
        chosen.download(root=str(tmp_path))
    chosen.download(root=str(tmp_path), exist_ok=True).close()


def test_file__beside_somebody_s_part_or_damaged_on_the_way__is_whole_or_not_there(
    server: ArtifactServer, tmp_path: Path
) -> None:
    """What lies there under such a name is the user's, and nothing to go on from."""
    server.put("n", {"a": b"content", "a.part": b"another entry"})
    root = tmp_path / "root"
    for _ in range(2):
        for file in found(server).files():
            file.download(root=str(root), replace=True).close()
    assert {path.name: path.read_bytes() for path in root.iterdir()} == {"a": b"content", "a.part": b"another entry"}
    (chosen,) = found(server).files(names=["a"])
    chosen.md5 = "A" * 22 + "=="
    with pytest.raises(CommError, match="not what its digest says"):
        chosen.download(root=str(root), replace=True)
    assert (root / "a").read_bytes() == b"content" and len(list(root.iterdir())) == 2


def test_runs__that_made_or_used_it__are_known_by_their_paths(server: ArtifactServer) -> None:
    """The objects for them are those of the public API."""
    made = server.put("n", {"a": b"1"}, runName="maker")
    made.used_by.append("user")
    door = Server(lambda: PlainClient(server.url))
    assert door.logged_by(made.id) == f"{ENTITY}/p/maker" and door.used_by(made.id) == [f"{ENTITY}/p/user"]
    assert door.logged_by(server.put("other", {}).id) is None
    with pytest.raises(UnsupportedError, match="knows no runs"):
        found(server).logged_by()


def test_reference__to_an_entry_of_another_artifact_by_its_uri__has_its_digest(
    server: ArtifactServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The text that `ref_url` gives, as upstream's client takes it."""
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    server.put("n", {"d/a": b"content"})
    entry = found(server).get_entry("d/a")
    draft = Artifact("m", "t")
    (made,) = draft.add_reference(entry.ref_url())
    assert (made.path, made.digest, made.ref, made.size) == ("d/a", entry.digest, entry.ref_url(), 0)
    (named,) = draft.add_reference(entry.ref_url(), name="other")
    assert named.path == "other"
    with pytest.raises(CommError, match="has no entry 'd/b'"):
        draft.add_reference(entry.ref_url()[:-1] + "b")
    with pytest.raises(ValueError, match="An entry of another artifact is"):
        draft.add_reference(entry.ref_url().rpartition("/d")[0])
    with pytest.raises(ValueError, match="An entry of another artifact is"):
        wandb.Artifact("m", "t").add_reference("wandb-artifact://_id/x")
