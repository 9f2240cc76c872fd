"""Artifacts of a server on loopback: found, downloaded, proven, changed. Files come from a storage that fails as told."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
import traceback
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from tests.server.artifacts import ArtifactServer, PlainClient
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.cache import Cache
from wandb.artifacts.digests import in_parallel
from wandb.artifacts.exceptions import ArtifactFinalizedError, NoEntryError
from wandb.artifacts.server import ArtifactServer as Server
from wandb.artifacts.server import full_name
from wandb.artifacts.transfer import Transfers
from wandb.errors import CommError, Error
from wandb.patience import Patience

BIG = bytes(range(256)) * 20_000
SOON = Patience(3, 0.01, 0.02, 10.0)


@pytest.fixture
def server() -> Iterator[ArtifactServer]:
    with ArtifactServer() as serving:
        yield serving
        assert serving.unexpected == []
        assert not [headers for _, _, headers in serving.storage.requests if "Authorization" in headers]


def get(server: ArtifactServer, name: str = "n:v0") -> Artifact:
    door = Server(lambda: PlainClient(server.url), "https://app", SOON)
    return Artifact.from_server(door.by_name("somebody", "p", name), door)


def tree(folder: str) -> Dict[str, bytes]:
    """What is in a folder, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_artifact__got_by_name__shows_what_the_server_says(server: ArtifactServer) -> None:
    """Also the page for people."""
    server.put("n", {"a": b"1"}, aliases=[{"alias": "best"}], tags=[{"tagName": "t"}], metadata='{"x": 1}')
    artifact = get(server, "n:best")
    assert (artifact.name, artifact.version, artifact.aliases, artifact.tags) == ("n:best", "v0", ["best"], ["t"])
    assert (artifact.entity, artifact.project, artifact.type) == ("somebody", "p", "dataset")
    assert (artifact.qualified_name, artifact.source_qualified_name) == ("somebody/p/n:best", "somebody/p/n:v0")
    assert (artifact.state, artifact.is_draft(), artifact.metadata, artifact.size) == ("COMMITTED", False, {"x": 1}, 1)
    assert (artifact.file_count, artifact.is_link, artifact.linked_at, artifact.ttl) == (1, False, None, None)
    assert artifact.url == "https://app/somebody/p/artifacts/dataset/n/v0" and artifact.wait() is artifact
    assert artifact.source_artifact.name == "n:v0" and artifact.updated_at == artifact.created_at
    assert artifact.json_encode()["sequenceName"] == "n"
    with pytest.raises(CommError, match="no artifact somebody/p/other:latest"):
        get(server, "other:latest")
    with pytest.raises(ArtifactFinalizedError):
        artifact.add_file("x")


def test_download__of_many_files__brings_each_once(server: ArtifactServer, folders: Path) -> None:
    """In pages, into folders, from the cache the second time; what else is in the folder stays."""
    contents = {f"sub {number % 3}/\u00fc{number}": str(number // 2).encode() for number in range(25)}
    server.put("n", {**contents, "big": BIG})
    server.page = 7
    artifact = get(server)
    folder = artifact.download()
    assert folder == str(folders / "artifacts" / "n:v0")
    assert tree(folder) == {**contents, "big": BIG}
    asked = len(server.storage.requests)
    assert asked == 1 + 13 + 1  # the manifest, and each content once
    Path(folder, "big").write_bytes(b"damaged")
    Path(folder, "own").write_bytes(b"own")
    assert tree(artifact.download()) == {**contents, "big": BIG, "own": b"own"}
    assert len(server.storage.requests) == asked
    with pytest.raises(ValueError, match="'own'"):
        artifact.verify()
    assert tree(artifact.checkout()) == {**contents, "big": BIG}
    artifact.verify()
    Path(folder, "big").write_bytes(BIG[:-1] + b"x")
    with pytest.raises(ValueError, match="'big'"):
        artifact.verify()
    assert set(tree(artifact.download(root="part", path_prefix="sub 1"))) == {n for n in contents if n[:5] == "sub 1"}


def test_download__over_a_bad_line__goes_on_where_it_was(server: ArtifactServer) -> None:
    """Each try adds what it got; the bytes are proven at the end."""
    artifact = server.put("n", {"big": BIG})
    path = artifact.files["big"]
    server.storage.statuses[path] = [503, 429, 500]
    server.storage.cuts[path] = [-1, -1, -1, 200_000, 0, 70_000]
    folder = get(server).download()
    assert tree(folder) == {"big": BIG}
    ranges = [headers.get("Range") for headers in server.storage.got(path)]
    assert ranges == [None] * 4 + ["bytes=196608-"] * 2 + ["bytes=262144-"]


def test_download__by_a_storage_without_ranges__begins_again(server: ArtifactServer) -> None:
    """What came before must not stand in front of it twice."""
    artifact = server.put("n", {"big": BIG})
    server.storage.knows_ranges = False
    server.storage.cuts[artifact.files["big"]] = [1000, 2000]
    assert tree(get(server).download()) == {"big": BIG}


def test_download__ended_by_a_dead_line__is_taken_up_by_the_next(server: ArtifactServer) -> None:
    """Also of another process: the part lies in the cache."""
    artifact = server.put("n", {"big": BIG})
    path = artifact.files["big"]
    server.storage.cuts[path] = [70_000, *[0] * 10]
    with pytest.raises(CommError, match=r"can't be got from 127\.0\.0\.1"):
        get(server).download()
    assert tree("artifacts/n:v0") == {}
    server.storage.cuts[path] = []
    assert tree(get(server).download()) == {"big": BIG}
    assert server.storage.got(path)[-1]["Range"] == "bytes=65536-"
    assert not list(Path(os.environ["WANDB_CACHE_DIR"]).rglob("*.part"))


def test_download__from_a_host_that_is_gone__says_why_and_not_the_signature(tmp_path: Path) -> None:
    """Whoever has the whole address has the file."""
    with ArtifactServer() as gone:
        url = f"{gone.storage.url}/file?signature=secret"
    with pytest.raises(CommError, match=r"can't be got from 127\.0\.0\.1:\d+: Connection refused") as caught:
        Transfers(Patience(0, 0.0, 0.0, 10.0)).fetch(url, str(tmp_path / "file"))
    assert "secret" not in "".join(traceback.format_exception(None, caught.value, caught.value.__traceback__))


@pytest.mark.parametrize("asked, waits", [("1" * 19, 21600.0), ("\u00b2", 0.0), ("9" * 400, 0.0), ("soon", 0.0), ("7", 7.0)])
def test_download__put_off_by_the_server__waits_no_longer_than_anybody_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, waits: float
) -> None:
    """What is no number of seconds is passed over."""
    answers = iter([503, 200])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(next(answers))
            self.send_header("Retry-After", asked)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"12")

    slept: List[float] = []
    with HTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{serving.server_port}/file"
        transfers = Transfers(Patience(1, 0.0, 0.0, 10.0))
        monkeypatch.setattr(transfers._given_up, "wait", slept.append)
        transfers.fetch(url, str(tmp_path / "file"))
        serving.shutdown()
    assert slept == [waits] and (tmp_path / "file").read_bytes() == b"12"


def test_download__interrupted__does_not_wait_for_the_files_on_their_way(tmp_path: Path) -> None:
    """A person presses Ctrl-C because a file of gigabytes is not what he wanted; a part of it is kept for the next time."""
    coming, may_end, sent = threading.Barrier(3), threading.Event(), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
            self.wfile.write(bytes(1 << 17))
            coming.wait(30)
            with suppress(OSError):  # whoever got it is gone
                while not may_end.wait(0.01) and len(sent) < 4000:
                    sent.append(self.wfile.write(bytes(1 << 17)))

    def interrupt() -> None:
        coming.wait(30)
        os.kill(os.getpid(), signal.SIGINT)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        threading.Thread(target=interrupt, daemon=True).start()
        url, transfers = f"http://127.0.0.1:{serving.server_port}/file", Transfers(Patience(0, 0.0, 0.0, 10.0))
        try:
            with pytest.raises(KeyboardInterrupt):
                in_parallel(lambda name: transfers.fetch(url, str(tmp_path / name)), ("a", "b"), 2, transfers.give_up)
            assert len(sent) < 4000
        finally:
            may_end.set()
            serving.shutdown()
    assert (tmp_path / "a").stat().st_size > 0


def test_download__of_other_bytes_than_were_logged__is_refused(server: ArtifactServer) -> None:
    """Neither the folder nor the cache gets them."""
    artifact = server.put("n", {"a": b"12"})
    server.storage.files[artifact.files["a"]] = b"13"
    for _ in range(2):
        with pytest.raises(CommError, match="'a' has another digest"):
            get(server).download()
    assert tree("artifacts") == {} and not [p for p in Path(os.environ["WANDB_CACHE_DIR"]).rglob("*") if p.is_file()]


def test_download__with_an_address_that_has_expired__asks_for_another(server: ArtifactServer) -> None:
    """A long download outlives its signed addresses."""
    artifact = server.put("n", {"a": b"1"})
    asked = server._on_GetArtifactMembershipFileUrls
    answers = iter(("/old", ""))

    def expired(variables: Dict[str, Any]) -> Dict[str, Any]:
        answer = asked(variables)
        node = answer["project"]["artifactCollection"]["artifactMembership"]["files"]["edges"][0]["node"]
        node["directUrl"] = node["directUrl"] + next(answers)
        return answer

    server._on_GetArtifactMembershipFileUrls = expired  # type: ignore[method-assign]
    server.storage.statuses[artifact.files["a"] + "/old"] = [403]
    assert tree(get(server).download()) == {"a": b"1"}


def test_download__with_a_damaged_cache__gets_the_file_anew(server: ArtifactServer) -> None:
    """The digest is proven with each copy."""
    server.put("n", {"a": b"12"})
    artifact = get(server)
    artifact.download()
    Path(Cache().place_of(artifact.get_entry("a"))).write_bytes(b"13")
    assert tree(artifact.download(root="again")) == {"a": b"12"}
    assert len(server.storage.got(server.artifacts[0].files["a"])) == 2


def test_download__with_a_limit_of_the_cache__keeps_what_was_used_last(
    server: ArtifactServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, nothing is removed."""
    monkeypatch.setenv("WANDB_ARTIFACT_CACHE_SIZE", "20B")
    for number in range(4):
        server.put("n", {"a": b"content %d." % number})  # 10 bytes
        tree(get(server, f"n:v{number}").download())
    cached = [path for path in Path(Cache()._folder).rglob("*") if path.is_file()]
    assert sorted(path.read_bytes() for path in cached) == [b"content 2.", b"content 3."]


@pytest.mark.parametrize("limit", ["much", "-1", "1_000", "inf", "9" * 400])
def test_download__with_a_limit_that_is_no_size__warns_once_and_keeps_all(
    server: ArtifactServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], limit: str
) -> None:
    """The files are there: nothing may fail then."""
    monkeypatch.setenv("WANDB_ARTIFACT_CACHE_SIZE", limit)
    for number in range(2):
        server.put("n", {"a": b"content %d." % number})
        assert tree(get(server, f"n:v{number}").download()) == {"a": b"content %d." % number}
    cached = [path for path in Path(Cache()._folder).rglob("*") if path.is_file()]
    assert len(cached) == 2
    said = f"WANDB_ARTIFACT_CACHE_SIZE: {limit!r} is no size"
    assert capsys.readouterr().err.count(said) == (0 if limit.startswith("9") else 1)


def test_download__while_others_clean_the_cache__gets_all_files(server: ArtifactServer) -> None:
    """What is on its way is left, and what has arrived is in its place before it is in the cache."""
    server.put("n", {f"f{number}": bytes([number]) * 50_000 for number in range(20)})
    artifact, cache, is_over, removed = get(server), Cache(), threading.Event(), []

    def clean() -> None:
        while not is_over.is_set():
            removed.append(cache.remove(cache.older_than(time.time() + 1))[0])

    cleaning = threading.Thread(target=clean)
    cleaning.start()
    try:
        for number in range(4):
            assert len(tree(artifact.download(root=f"copy{number}"))) == 20
    finally:
        is_over.set()
        cleaning.join()
    assert sum(removed) > 0


def test_download__whose_cache_is_removed_meanwhile__gets_the_file_again(
    server: ArtifactServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: a folder that has vanished is no failure of the program."""
    server.put("n", {"a": b"12"})
    begin, times = server.storage.begin, []

    def vanishing(method: str, path: str, headers: Dict[str, str]) -> Any:
        if path == server.artifacts[0].files["a"] and len(times) < 2:
            times.append(path)
            shutil.rmtree(Cache()._folder)
        return begin(method, path, headers)

    monkeypatch.setattr(server.storage, "begin", vanishing)
    assert tree(get(server).download()) == {"a": b"12"} and len(times) == 2
    assert Path(Cache().place_of(get(server).get_entry("a"))).read_bytes() == b"12"


def test_download__without_cache__leaves_nothing_there(server: ArtifactServer) -> None:
    """For files that are larger than the disk has twice."""
    server.put("n", {"a": BIG})
    assert tree(get(server).download(skip_cache=True)) == {"a": BIG}
    assert not [path for path in Path(os.environ["WANDB_CACHE_DIR"]).rglob("*") if path.is_file()]


def test_download__in_threads_at_once__brings_one_file_once(server: ArtifactServer) -> None:
    """Who comes second waits for the first one's bytes."""
    server.put("n", {"a": BIG})
    artifacts = [get(server) for _ in range(8)]
    threads = [
        threading.Thread(target=artifact.download, kwargs={"root": f"r{number}"})
        for number, artifact in enumerate(artifacts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [tree(f"r{number}") for number in range(8)] == [{"a": BIG}] * 8
    assert len(server.storage.got(server.artifacts[0].files["a"])) == 1


def test_download__of_an_artifact_whose_paths_lead_out__is_refused(server: ArtifactServer, folders: Path) -> None:
    """The manifest comes from outside."""
    artifact = server.put("n", {"a": b"1"})
    for path in ("../evil", "/evil", "x/../../evil"):
        server.set_manifest(artifact, {path: {"digest": "x", "size": 1}})
        with pytest.raises(CommError, match="no path inside"):
            get(server).download()
    for text, told in ((b"no json", "can't be read"), (b"[]", "can't be read"), (b'{"version": 2}', "can't read")):
        found = get(server)
        server.storage.files[f"/{artifact.id}.manifest"] = text
        with pytest.raises(Error, match=told):
            found.download()
        server.set_manifest(artifact, {})
    assert not (folders.parent / "evil").exists()


def test_download__of_paths_that_can_not_be_side_by_side__is_an_error_of_ours(
    server: ArtifactServer, folders: Path
) -> None:
    """A file that another one's path takes for a folder: whoever logged that has never had it on a disk."""
    server.put("n", {"a": b"file", "a/b": b"inside"})
    with pytest.raises(CommError, match="a file and a folder"):
        get(server).download(folders / "out")


def test_entry__of_a_server_s_artifact__is_downloaded_alone(server: ArtifactServer) -> None:
    """Programs that need one file of a thousand."""
    server.put("n", {"a/b": b"1", "c": b"2"})
    artifact = get(server)
    entry = artifact.get_entry("a/b")
    assert (entry.download(), tree("artifacts")) == (os.path.abspath("artifacts/n:v0/a/b"), {"n:v0/a/b": b"1"})
    assert entry.download("root") == "root/a/b" and entry.parent_artifact() is artifact
    assert entry.ref_url() == "wandb-artifact://41727469666163743a30/a/b"
    with pytest.raises(NoEntryError, match="has no entry 'd'"):
        artifact.get_entry("d")
    with pytest.raises(KeyError):
        artifact.get_path("d")
    with pytest.raises(ValueError, match="2 entries"):
        artifact.file()
    server.put("one", {"x": b"3"})
    assert Path(get(server, "one:v0").file()).read_bytes() == b"3"


def test_references__downloaded__are_what_they_were_or_an_error(server: ArtifactServer, folders: Path) -> None:
    """Of files, pages, and entries of other artifacts."""
    (folders / "a").write_text("a")
    server.storage.files["/page"], server.storage.tags["/page"] = b"page", '"tag"'
    server.put("other", {"x/y": b"of another"})
    draft = Artifact("n", "t")
    draft.add_reference(f"file://{folders}/a", name="file")
    draft.add_reference(f"file://{folders}/a", name="unread", checksum=False)
    draft.add_reference(f"{server.storage.url}/page", name="page")
    draft.add_reference(f"{server.storage.url}/page", name="page without tag", checksum=False)
    draft.add_reference(get(server, "other:v0").get_entry("x/y"), name="entry")
    assert draft.manifest.entries["page"].digest == "tag" and draft.manifest.entries["page"].extra == {"etag": '"tag"'}
    artifact = server.put("n", {})
    server.set_manifest(artifact, draft.manifest.to_manifest_json()["contents"])
    everything = {"file": b"a", "unread": b"a", "page": b"page", "page without tag": b"page", "entry": b"of another"}
    assert tree(get(server).download()) == everything
    (folders / "a").write_text("b")
    server.storage.tags["/page"] = '"new"'
    with pytest.raises(CommError, match="has changed since"):
        get(server).download(root="again")
    del server.storage.files["/page"]
    got = tree(get(server).download(root="other", allow_missing_references=True))
    assert set(got) == {"unread", "entry"}


def test_changes__saved__are_at_the_server(server: ArtifactServer) -> None:
    """Only the differences are sent."""
    received = server.put("n", {"a": b"1"}, aliases=[{"alias": "old"}], tags=[{"tagName": "t"}])
    artifact = get(server)
    artifact.aliases.append("new")
    artifact.aliases.remove("old")
    artifact.tags = ["u"]
    artifact.description, artifact.metadata = "text", {"x": float("nan")}
    artifact.save()
    assert (received.aliases, received.tags) == ({"new"}, {"u"})
    assert (received.fields["description"], received.fields["metadata"]) == ("text", '{"x":null}')
    draft = artifact.new_draft()
    assert (draft.name, draft.digest, draft.is_draft()) == ("n", artifact.manifest.digest(), True)
    artifact.delete(delete_aliases=True)
    assert received.state == "DELETED"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("n", ("e", "p", "n:latest")),
        ("n:v1", ("e", "p", "n:v1")),
        ("q/n:a b", ("e", "q", "n:a b")),
        ("f/q/n", ("f", "q", "n:latest")),
    ],
)
def test_full_name__of_all_forms__has_all_parts(name: str, expected: Any) -> None:
    """As people write them."""
    assert full_name(name, "e", "p") == expected
    for wrong in ("", "/n", "a/b/c/d", "n:", ":v1", "n:a:b"):
        with pytest.raises(ValueError, match="looks like"):
            full_name(wrong, "e", "p")


def test_download__of_a_name_that_no_disk_takes__says_so(server: ArtifactServer) -> None:
    """Whoever has logged it never had a file of that name."""
    server.put("n", {"a" * 300: b"1"})
    with pytest.raises(CommError, match="a name is too long for this disk"):
        get(server).download(b"there")
