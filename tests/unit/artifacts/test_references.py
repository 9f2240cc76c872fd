"""References: what is known of things that stay where they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

from tests.server.storage import Storage
from wandb.artifacts.artifact import Artifact
from wandb.errors import CommError, UnsupportedError


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as serving:
        yield serving


def test_file__referred_to__is_known_by_its_digest_or_its_place(folders: Path) -> None:
    """Nothing is copied; without a checksum nothing is read."""
    (folders / "a b").write_text("a")
    draft = Artifact("n", "t")
    uri = f"file://{folders}/a b"
    (entry,) = draft.add_reference(uri)
    assert (entry.path, entry.digest, entry.ref, entry.size) == ("a b", "DMF1ucDxtqgxw5niaXcmYQ==", uri, 1)
    (unread,) = draft.add_reference(f"file://{folders}/a%20b", name="x/y", checksum=False)
    assert unread.path == "x/y" and unread.digest != entry.digest and unread.size == 1
    assert not os.path.exists(os.environ["WANDB_DATA_DIR"])
    (folders / "a b").write_text("b")
    with pytest.raises(ValueError, match="another file at 'a b'"):
        draft.add_reference(uri)


def test_folder__referred_to__has_an_entry_for_each_file(folders: Path) -> None:
    """Links to folders are not followed, as with upstream; there is a limit."""
    (folders / "d" / "sub").mkdir(parents=True)
    for name in ("d/a", "d/sub/b"):
        (folders / name).write_text(name)
    (folders / "d" / "link").symlink_to("sub")
    entries = Artifact("n", "t").add_reference(f"file://{folders}/d/", name="top")
    assert sorted(entry.path for entry in entries) == ["top/a", "top/sub/b"]
    with pytest.raises(ValueError, match="more than 1 files"):
        Artifact("n", "t").add_reference(f"file://{folders}/d", max_objects=1)


def test_page__referred_to__is_known_by_its_tag_or_its_address(storage: Storage) -> None:
    """The page itself is not read."""
    storage.files["/x"] = storage.files["/y.bin"] = b"12345"
    storage.tags["/x"] = '"tag"'
    draft = Artifact("n", "t")
    (tagged,) = draft.add_reference(f"{storage.url}/x")
    assert (tagged.path, tagged.digest, tagged.size, tagged.extra) == ("x", "tag", 5, {"etag": '"tag"'})
    (plain,) = draft.add_reference(f"{storage.url}/y.bin")
    assert (plain.digest, plain.ref, plain.extra) == (f"{storage.url}/y.bin", f"{storage.url}/y.bin", {})
    with pytest.raises(CommError, match="404"):
        draft.add_reference(f"{storage.url}/nowhere")
    with pytest.raises(ValueError, match="no path inside"):
        draft.add_reference(f"{storage.url}/", checksum=False)


@pytest.mark.parametrize("uri", ["d/a", "/d/a", "", "file://d/a", "file:///nowhere/x"])
def test_reference__that_is_no_uri_of_something__is_a_value_error(uri: str) -> None:
    """A path that was forgotten to be made one, most of the time."""
    with pytest.raises(ValueError, match="file"):
        Artifact("n", "t").add_reference(uri)


def test_unknown_scheme__with_a_name__is_kept_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs note where things are that only they can get."""
    draft = Artifact("n", "t")
    with pytest.raises(ValueError, match="needs a name"):
        draft.add_reference("gopher://a/b")
    (entry,) = draft.add_reference("gopher://a/b", name="x")
    assert (entry.digest, entry.ref, entry.size) == ("gopher://a/b", "gopher://a/b", None)
    assert "have no checksum" in capsys.readouterr().err
    with pytest.raises(TypeError, match="a URI or an artifact's entry"):
        draft.add_reference(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs")])
def test_object__without_the_package_of_its_store__says_which(
    scheme: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a checksum needs it."""
    monkeypatch.setitem(sys.modules, package, None)
    draft: Any = Artifact("n", "t")
    (entry,) = draft.add_reference(f"{scheme}://bucket/key/x.bin", checksum=False)
    assert (entry.path, entry.digest) == ("x.bin", f"{scheme}://bucket/key/x.bin")
    with pytest.raises(UnsupportedError, match=f"pip install {package}"):
        draft.add_reference(f"{scheme}://bucket/key/x.bin")
