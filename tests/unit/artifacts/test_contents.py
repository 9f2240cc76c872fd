"""Drafts: what is added is there as it was at that moment, by digests that are upstream's."""

from __future__ import annotations

import base64
import hashlib
import os
import pickle
import tracemalloc
from pathlib import Path
from typing import Any, Dict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wandb
from wandb.artifacts.exceptions import ArtifactFinalizedError, ArtifactNotLoggedError
from wandb.artifacts.manifest import ArtifactManifest
from wandb.artifacts.staging import is_staged
from wandb.errors import UnsupportedError

NAMES = st.lists(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="/\x00\\:"), min_size=1), min_size=1)


def draft(**more: Any) -> wandb.Artifact:
    return wandb.Artifact("name", "type", **more)


def staged() -> int:
    """How many copies wait to be sent."""
    return len(list(Path(os.environ["WANDB_DATA_DIR"]).glob("artifacts/staging/*")))


def by_definition(contents: Dict[str, bytes]) -> str:
    """The digest of an artifact with these files, from the public description."""
    lines = []
    for path in sorted(contents):
        digest = base64.b64encode(hashlib.md5(contents[path]).digest()).decode()
        lines.append(f"{path}:{digest}\n")
    return hashlib.md5(("wandb-artifact-manifest-v1\n" + "".join(lines)).encode()).hexdigest()


def test_digest__of_nothing_and_of_known_files__is_upstream_s(folders: Path) -> None:
    """Values that upstream's release printed."""
    assert draft().digest == "64e7c61456b10382e2f3b571ac24b659"
    (folders / "a.txt").write_text("a")
    artifact = draft()
    entry = artifact.add_file("a.txt")
    assert (entry.digest, entry.size, entry.path) == ("DMF1ucDxtqgxw5niaXcmYQ==", 1, "a.txt")
    assert (artifact.digest, artifact.size) == ("f024b674bed5a0376fd8453fc3a5bb7f", 1)
    pytest.importorskip("xxhash")
    other = draft(digest_algorithm="XXH128")
    assert other.add_file("a.txt").digest == "qW+vcFrxaDTmxjK2HpZOHw=="
    assert other.digest == "ee370fe982389bc9d48a40db54afebdc"
    assert other.manifest.entries["a.txt"].extra == {"alg": "XXH128"}


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES.map("/".join), st.binary(max_size=50), max_size=6))
def test_digest__of_any_files__is_by_definition_and_survives_the_manifest(contents: Dict[str, bytes]) -> None:
    """Order, folders and names of any script make no difference."""
    artifact = draft()
    kept = {}
    for name, content in contents.items():
        try:
            with artifact.new_file(name, mode="wb") as file:
                file.write(content)
        except ValueError:
            continue  # a path that leads out
        kept[str(Path(name))] = content
    assert artifact.digest == by_definition(kept) and artifact.size == sum(map(len, kept.values()))
    again = ArtifactManifest.from_manifest_json(artifact.manifest.to_manifest_json())
    assert again.digest() == artifact.digest and set(again.entries) == set(kept)


def test_file__changed_or_removed_after_it_was_added__is_as_it_was(folders: Path) -> None:
    """A checkpoint that is overwritten each epoch is the reason for the copy."""
    path = folders / "model.bin"
    path.write_bytes(b"first")
    artifact = draft()
    entry = artifact.add_file(str(path))
    path.write_bytes(b"second")
    path.unlink()
    assert entry.local_path is not None and Path(entry.local_path).read_bytes() == b"first"
    path.write_bytes(b"third")
    fixed = draft().add_file(path, policy="immutable")
    assert fixed.local_path == str(path) and staged() == 1


def test_file__at_a_taken_path__replaces_it_only_if_told(folders: Path) -> None:
    """No copy stays behind of what is not in the artifact."""
    (folders / "a").write_text("1")
    (folders / "b").write_text("2")
    artifact = draft()
    artifact.add_file("a")
    artifact.add_file("a")
    with pytest.raises(ValueError, match="another file at 'a'"):
        artifact.add_file("b", name="a")
    assert (artifact.manifest.entries["a"].size, staged()) == (1, 1)
    artifact.add_file("b", name="a", overwrite=True)
    artifact.add_file("a", name="folder/x")
    assert artifact.get_added_local_path_name("a") == "folder/x" and artifact.get_added_local_path_name("c") is None
    artifact.remove("folder")
    with pytest.raises(FileNotFoundError):
        artifact.remove("folder")
    artifact.remove(artifact.manifest.entries["a"])
    assert (len(artifact.manifest), staged()) == (0, 0)


def test_file__with_is_tmp__is_called_by_its_digest(folders: Path) -> None:
    """Media are placed that way."""
    (folders / "a.txt").write_text("a")
    assert draft().add_file("a.txt", name="q/w.txt", is_tmp=True).path == "q/0cc175b9c0f1b6a831c3.txt"


@pytest.mark.parametrize("what", ["nope", ".", "/dev/null"])
def test_file__that_is_none__is_a_value_error(what: str) -> None:
    """A device would never end."""
    with pytest.raises(ValueError, match="is no file"):
        draft().add_file(what)
    with pytest.raises(ValueError, match="policy"):
        draft().add_file(what, policy="x")


def test_folder__with_links_pipes_and_odd_names__is_added_as_far_as_it_is_files(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe would wait for ever, a link to a folder around it go down for ever."""
    root = folders / "d"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / ".hidden").write_text("h")
    (root / "sub" / "deep" / "c").write_text("c")
    (root / "link").symlink_to(".hidden")
    (root / "linked").symlink_to("sub")
    (root / "sub" / "loop").symlink_to("..")
    (root / "broken").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    (root / os.fsdecode(b"no-utf8-\xff")).write_text("x")
    artifact = draft()
    artifact.add_dir("d", name="./top/")
    odd = "top/no-utf8-\ufffd"
    assert sorted(artifact.manifest.entries) == sorted(
        ["top/.hidden", "top/link", "top/linked/deep/c", "top/sub/deep/c", odd]
    )
    warnings = capsys.readouterr().err
    assert "d/broken is no file" in warnings and "d/pipe is no file" in warnings
    fixed = draft()
    fixed.add_dir("d", policy="immutable")
    copy = fixed.manifest.entries[odd[4:]].local_path
    assert copy is not None and copy.encode() and Path(copy).read_text() == "x"  # a path that a record can hold


def test_folder__of_which_a_part_can_not_be_added__leaves_the_artifact_as_it_was(folders: Path) -> None:
    """Either all of it or nothing."""
    (folders / "d").mkdir()
    for name in ("a", "b", "c"):
        (folders / "d" / name).write_text(name)
    artifact = draft()
    artifact.add_file("d/a", name="c")
    with pytest.raises(ValueError, match="another file at 'c'"):
        artifact.add_dir("d")
    with pytest.raises(ValueError, match="no path inside"):
        artifact.add_dir("d", name="../x")
    assert (sorted(artifact.manifest.entries), staged()) == (["c"], 1)
    artifact.add_dir("d", merge=True)
    assert (sorted(artifact.manifest.entries), artifact.manifest.entries["c"].size) == (["a", "b", "c"], 1)
    with pytest.raises(ValueError, match="is no folder"):
        artifact.add_dir("d/a")


def test_new_file__written_in_all_modes__is_what_was_written(folders: Path) -> None:
    """`w+` and `wb` are what libraries use."""
    artifact = draft()
    with artifact.new_file("a/b.txt", encoding="latin-1") as file:
        file.write("\u00e4")
    assert (artifact.manifest.entries["a/b.txt"].size, artifact.manifest.entries["a/b.txt"].skip_cache) == (1, True)
    with pytest.raises(ValueError, match="made in this artifact before"), artifact.new_file("a/b.txt"):
        pass
    with artifact.new_file("a/b.txt", mode="w+") as file:
        file.write("12")
        file.seek(0)
        assert file.read() == "12"
    with artifact.new_file("a/b.txt", mode="ab") as file:
        file.write(b"3")
    assert artifact.manifest.entries["a/b.txt"].size == 3
    with pytest.raises(KeyError), artifact.new_file("lost") as file:
        raise KeyError
    with pytest.raises(ValueError, match="no path inside"), artifact.new_file("../x"):
        pass
    assert (sorted(artifact.manifest.entries), staged()) == (["a/b.txt"], 1)


@pytest.mark.parametrize("mode", ["w", "a", "r+"])
def test_new_file__block_that_raises__leaves_what_was_there(folders: Path, mode: str) -> None:
    """An entry whose bytes are not those of its digest could never be sent."""
    artifact = draft()
    with artifact.new_file("x.txt") as file:
        file.write("one")
    digest = artifact.digest
    with pytest.raises(KeyError), artifact.new_file("x.txt", mode) as file:
        file.write("two")
        file.flush()
        raise KeyError
    assert (Path(str(artifact.manifest.entries["x.txt"].local_path)).read_text(), staged()) == ("one", 1)
    with artifact.new_file("x.txt", "a") as file:
        file.write("+")
    entry = artifact.manifest.entries["x.txt"]
    assert (Path(str(entry.local_path)).read_text(), entry.size, staged()) == ("one+", 4, 1)
    assert artifact.digest != digest


def test_new_file__replaced_by_a_file__is_forgotten(folders: Path) -> None:
    """Its copy is gone, so nothing can be added to it any more."""
    artifact = draft()
    with artifact.new_file("x") as file:
        file.write("one")
    (folders / "f").write_text("two")
    artifact.add_file("f", name="x", overwrite=True)
    with pytest.raises(FileNotFoundError), artifact.new_file("x", "r"):
        pass
    assert (artifact.manifest.entries["x"].size, staged()) == (3, 1)


def test_file_of_the_program__in_a_folder_called_like_ours__is_never_removed(folders: Path) -> None:
    """`artifacts/staging` is what pipelines call a folder of their own, too."""
    folder = folders / "artifacts" / "staging"
    folder.mkdir(parents=True)
    for name in ("model.pt", "tmpabcdefgh"):
        (folder / name).write_text("precious")
        artifact = draft()
        artifact.add_file(f"artifacts/staging/{name}", policy="immutable")
        assert is_staged(str(artifact.manifest.entries[name].local_path)) == (name != "model.pt")
        artifact.remove(name)
        artifact.add_dir(folder, policy="immutable")
        artifact.remove(name)
    assert [path.read_text() for path in folder.iterdir()] == ["precious"] * 2


def test_folders__whose_links_lead_to_each_other__are_added_once_by_each_way(folders: Path) -> None:
    """Two folders that show each other are no endless tree; with two links in each, it would have 2^40 ends."""
    for name, other in (("a", "b"), ("b", "a")):
        (folders / "d" / name).mkdir(parents=True)
        (folders / "d" / name / "file").write_text(name)
        for number in range(2):
            (folders / "d" / name / f"link{number}").symlink_to(f"../{other}")
    artifact = draft()
    artifact.add_dir("d")
    assert sorted(artifact.manifest.entries) == [
        f"{folder}/{link}file" for folder in "ab" for link in ("", "link0/", "link1/")
    ]


def test_finalized__changed__is_an_error_of_two_kinds() -> None:
    """`hasattr` must not raise, so it is an AttributeError too."""
    artifact = draft()
    artifact.finalize()
    for change in (
        lambda: artifact.add_file("x"),
        lambda: artifact.add_dir("x"),
        lambda: artifact.add_reference("http://x"),
        lambda: artifact.remove("x"),
        lambda: artifact.new_file("x").__enter__(),
    ):
        with pytest.raises(ArtifactFinalizedError, match="logged already"):
            change()
    artifact.metadata = {"still": "free"}


def test_draft__asked_for_what_a_server_knows__says_so() -> None:
    """Offline, `wait` can't come to an end."""
    artifact = draft()
    assert (artifact.id, artifact.state, artifact.is_draft(), artifact.is_link) == (None, "PENDING", True, False)
    for name in ("version", "aliases", "tags", "entity", "url", "created_at", "file_count", "source_version"):
        assert not hasattr(artifact, name)
    for call in ("wait", "download", "verify", "checkout", "file", "delete", "new_draft", "logged_by", "json_encode"):
        with pytest.raises(ArtifactNotLoggedError, match=f"Artifact.{call} is known only"):
            getattr(artifact, call)()
    with pytest.raises(ArtifactNotLoggedError):
        artifact.get_entry("x")


def test_draft__sent_to_another_process__is_the_same() -> None:
    """Data loaders and pools pickle what they are given."""
    artifact = draft(metadata={"a": 1})
    with artifact.new_file("x") as file:
        file.write("1")
    other = pickle.loads(pickle.dumps(artifact))
    assert (other.digest, other.metadata, other.name) == (artifact.digest, {"a": 1}, "name")


@pytest.mark.parametrize("policy", ["immutable", "mutable"])
def test_big_sparse_file__added__needs_no_memory_for_it(folders: Path, policy: str) -> None:
    """Models are larger than what is free."""
    size = 100_000_000
    with open("big", "wb") as file:
        file.truncate(size)
    tracemalloc.start()
    try:
        entry = draft().add_file("big", policy=policy)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert entry.size == size and peak < 10_000_000


def test_algorithm__without_its_package__says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    """No import error from deep inside."""
    monkeypatch.setitem(__import__("sys").modules, "xxhash", None)
    with pytest.raises(UnsupportedError, match="pip install xxhash"):
        draft(digest_algorithm="XXH128").digest  # noqa: B018
