"""Names and files of media: inside the folder whatever the key is, whole, and never twice."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.unit.media.target import Folder
from wandb.media.content import Content, file_name

HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("loss", "loss_7_0123456789abcdef0123.png"),
        ("a/b", "a/b_7_0123456789abcdef0123.png"),
        ("a//b", "a/b_7_0123456789abcdef0123.png"),
        ("/abs", "abs_7_0123456789abcdef0123.png"),
        ("../x", "__/x_7_0123456789abcdef0123.png"),
        ("a/./b", "a/_/b_7_0123456789abcdef0123.png"),
        ("..", "___7_0123456789abcdef0123.png"),
        ("a/", "a/_7_0123456789abcdef0123.png"),
        ("", "_7_0123456789abcdef0123.png"),
        ("\u00e4 b\\c", "\u00e4 b\\c_7_0123456789abcdef0123.png"),
    ],
)
def test_file_name__of_a_key__is_the_one_upstream_gives(key: str, name: str) -> None:
    """Readers take it from the row, and people from the folder."""
    assert file_name(key, 7, HASH, ".png") == name


@given(
    st.one_of(st.text(max_size=400), st.lists(st.sampled_from(["..", ".", "", "x", "\0", "~", "\ud800"])).map("/".join))
)
def test_file_name__of_any_key__stays_in_the_folder_and_fits_a_file_system(key: str) -> None:
    """A key comes from a user's data: it must never write anywhere else."""
    name = file_name(key, 3, HASH, ".png")
    assert os.path.normpath(os.path.join("/files", name)).startswith("/files/") and not name.startswith("/")
    parts = name.split("/")
    assert all(
        part and part not in (".", "..") and len(part.encode("utf-8")) <= 255 and "\0" not in part for part in parts
    )
    assert name.endswith("_3_0123456789abcdef0123.png")


@settings(max_examples=50)
@given(st.text(max_size=300), st.binary(max_size=100))
def test_place__of_any_key_and_content__writes_it_where_the_name_says(
    tmp_path_factory: pytest.TempPathFactory, key: str, data: bytes
) -> None:
    """What cannot be a name is made one."""
    folder = tmp_path_factory.mktemp("files")
    name = Content(data, ".x").place(str(folder), "media/images", key, 0)
    assert (folder / name).read_bytes() == data
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / name]


def test_content__of_bytes_and_of_a_file__has_size_and_hash(tmp_path: Path) -> None:
    """Both come out the same."""
    path = tmp_path / "x.bin"
    path.write_bytes(b"content" * 300_000)
    contents = Content(path.read_bytes(), ".bin"), Content(str(path), ".bin")
    for content in (*contents, pickle.loads(pickle.dumps(contents[0]))):
        assert content.size == 2_100_000
        assert content.sha256 == sha256(path.read_bytes()).hexdigest()
        assert content.read() == path.read_bytes()


def test_place__twice__writes_once(folder: Folder) -> None:
    """A picture that is logged a thousand times under one key and step costs one file."""
    names = [Content(b"same", ".x").place(folder.dir, "media", "k", 0) for _ in range(2)]
    target = Path(folder.dir) / names[0]
    before = target.stat()
    assert Content(b"same", ".x").place(folder.dir, "media", "k", 0) == names[1] == names[0]
    assert target.stat().st_mtime_ns == before.st_mtime_ns


def test_place__over_half_a_file__makes_it_whole(folder: Folder) -> None:
    """A process that was killed in the middle leaves one."""
    name = Content(b"content", ".x").place(folder.dir, "media", "k", 0)
    target = Path(folder.dir) / name
    target.write_bytes(b"con")
    Content(b"content", ".x").place(folder.dir, "media", "k", 0)
    assert target.read_bytes() == b"content"


def test_place__over_a_link__replaces_the_link(folder: Folder, tmp_path: Path) -> None:
    """Whatever it leads to is not ours."""
    name = Content(b"content", ".x").place(folder.dir, "media", "k", 0)
    target, users = Path(folder.dir) / name, tmp_path / "users.txt"
    users.write_text("mine")
    target.unlink()
    target.symlink_to(users)
    Content(b"content", ".x").place(folder.dir, "media", "k", 0)
    assert users.read_text() == "mine" and target.read_bytes() == b"content" and not target.is_symlink()


def test_place__of_a_file_that_is_gone__leaves_nothing(folder: Folder, tmp_path: Path) -> None:
    """Half a file would be sent as if it were one."""
    path = tmp_path / "x.bin"
    path.write_bytes(b"content")
    content = Content(str(path), ".bin")
    assert content.size == 7
    path.unlink()
    with pytest.raises(FileNotFoundError):
        content.place(folder.dir, "media", "k", 0)
    assert [entry for entry in Path(folder.dir).rglob("*") if entry.is_file()] == []


def test_place__where_the_run_folder_was_removed__does_not_make_it_again(tmp_path: Path) -> None:
    """Whoever removes a run does not want it back."""
    with pytest.raises(FileNotFoundError):
        Content(b"content", ".x").place(str(tmp_path / "gone" / "files"), "media", "k", 0)
    assert not (tmp_path / "gone").exists()


def test_relative_path__after_the_program_changes_its_folder__is_still_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path means what it meant when the medium was made."""
    (tmp_path / "x.bin").write_bytes(b"content")
    monkeypatch.chdir(tmp_path)
    content = Content("x.bin", ".bin")
    monkeypatch.chdir("/")
    assert content.read() == b"content"


def test_place__with_stdout_closed__never_has_its_number(tmp_path: Path) -> None:
    """What a C library prints meanwhile would be in the picture."""
    source = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from wandb.media import content
from wandb.sdk.lib import delivery
os.close(1)
copied = delivery.copy
def told(source, target):
    os.write(2, b"%d %d" % (source, target))
    copied(source, target)
delivery.copy = told
content.Content({str(Path(__file__))!r}, ".py").place({str(tmp_path)!r}, "media", "k", 0)
"""
    result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert min(int(number) for number in result.stderr.split()) > 2
