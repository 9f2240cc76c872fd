"""Large files whose transfer breaks off: at a store that knows what it has, and at one that takes whole files only."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from tests.conftest import Program
from tests.server.faults import CLOSE, HANG, RESET, STATUS, Fault
from tests.server.server import KEY, RecordingServer
from tests.sync.test_million import memory_of
from wandb.errors import CommError
from wandb.sync.access import Access
from wandb.sync.client import Client, Unreachable
from wandb.sync.file_part import FilePart
from wandb.sync.queries import UPSERT_BUCKET, upsert_variables
from wandb.sync.resumable import LEAST_SIZE
from wandb.sync.run_files import RunFiles

MIB = 1 << 20
SIZE = 2 * LEAST_SIZE + 12345
FAST: Dict[str, Any] = {
    f"x_{kind}_retry_{name}": value
    for kind in ("graphql", "file_transfer")
    for name, value in (("wait_min_seconds", 0.01), ("wait_max_seconds", 0.02), ("max", 3))
}
NAME = "weights.bin"


class Sender:
    """Sends the files of a run as an uploader does."""

    def __init__(self, server: RecordingServer, folder: Path) -> None:
        self.path = folder / NAME
        self.client = Client(Access({**FAST, "base_url": server.url}, KEY))
        self.client.graphql("UpsertBucket", UPSERT_BUCKET, upsert_variables(name="r", project="p", config="{}"))
        self.files = RunFiles(str(folder), self.client, {}, [])
        self.files._policies[NAME] = 1

    def send(self) -> List[str]:
        """Send it; what could not be sent."""
        self.files.start("somebody", "p", "r", at_end=True)
        while self.files.waiting:
            if not self.files.collect():
                self.client.wait(0.01)
        self.files.close()
        return self.files.problems()


@pytest.fixture
def sender(server: RecordingServer, tmp_path: Path) -> Sender:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / NAME).write_bytes(random.Random(6).randbytes(SIZE))
    return Sender(server, folder)


@pytest.mark.parametrize("status", [0, 503], ids=["reset", "503"])
def test_store_that_resumes__transfer_broken_twice__only_the_rest_is_sent(
    server: RecordingServer, sender: Sender, status: int
) -> None:
    """Gigabytes on a line that breaks once an hour would never arrive else."""
    server.store.resumes = True
    server.faults.plan("put", Fault.cut(5 * MIB, status))
    server.faults.plan("put", Fault.cut(3 * MIB + 100, status))
    assert sender.send() == []
    assert server.run.files[NAME] == sender.path.read_bytes() and server.run.puts == [NAME]
    assert sender.files.sent[NAME] == hashlib.md5(sender.path.read_bytes()).hexdigest()
    ranges = [asked.headers.get("Content-Range") for asked in server.asked if asked.kind in ("put", "question")]
    assert ranges == [None, f"bytes */{SIZE}", f"bytes {5 * MIB}-{SIZE - 1}/{SIZE}", f"bytes */{SIZE}",
                      f"bytes {8 * MIB}-{SIZE - 1}/{SIZE}"]  # fmt: skip


def test_store_that_resumes__breaks_more_often_than_is_tried__arrives_as_it_gets_on(
    server: RecordingServer, sender: Sender
) -> None:
    """Tries are counted from the last progress: three, and the transfer breaks seven times."""
    server.store.resumes = True
    server.faults.plan("put", Fault.cut(2 * MIB), times=7)
    assert sender.send() == []
    assert server.run.files[NAME] == sender.path.read_bytes()


def test_store_that_resumes__nothing_arrives_any_more__is_unreachable_in_the_end(
    server: RecordingServer, sender: Sender
) -> None:
    """Without progress the tries are as many as ever."""
    server.store.resumes = True
    server.faults.plan("put", Fault.cut(2 * MIB, 503), times=1)
    server.faults.plan("put", Fault.cut(0, 503), times=100)
    problems = sender.send()
    assert len(problems) == 1 and "status 503" in problems[0]
    assert server.requests.count("put") == 5  # the first, one with progress, and three without


@pytest.mark.parametrize("fault", [Fault(STATUS, status=503), Fault(RESET), Fault(CLOSE, applies=True)])
def test_store_that_resumes__question_fails_too__is_asked_again(
    server: RecordingServer, sender: Sender, fault: Fault
) -> None:
    """The line that broke is often still broken a moment later."""
    server.store.resumes = True
    server.faults.plan("put", Fault.cut(5 * MIB))
    server.faults.plan("question", fault)
    assert sender.send() == []
    assert server.run.puts == [NAME] and server.requests.count("question") == 2 and server.requests.count("put") == 2


@pytest.mark.parametrize("resumes", [True, False])
def test_store__answer_to_a_whole_file_is_lost__file_is_there(
    server: RecordingServer, sender: Sender, resumes: bool
) -> None:
    """A store that resumes says so with the digest of what it has, and is sent nothing again."""
    server.store.resumes = resumes
    server.faults.plan("put", Fault.lost_reply())
    assert sender.send() == []
    assert server.run.files[NAME] == sender.path.read_bytes()
    assert server.requests.count("put") == (1 if resumes else 2)


@pytest.mark.parametrize("status", [0, 503], ids=["reset", "503"])
def test_store_of_whole_files__transfer_broken__is_sent_again_and_never_empty(
    server: RecordingServer, sender: Sender, status: int
) -> None:
    """To such a store the question is an empty file, which it must not take for the file."""
    server.faults.plan("put", Fault.cut(5 * MIB, status))
    assert sender.send() == []
    assert server.run.files[NAME] == sender.path.read_bytes() and server.run.puts == [NAME]
    assert server.store.questions == 1


def test_store_that_resumes__has_forgotten_what_was_begun__begins_at_a_new_address(
    server: RecordingServer, sender: Sender
) -> None:
    """Sessions end after a week, or with the store's process."""
    server.store.resumes = True
    server.faults.plan("put", Fault.cut(5 * MIB))
    server.faults.plan("question", Fault.answer(404))
    assert sender.send() == []
    assert server.run.files[NAME] == sender.path.read_bytes()
    assert [name for name, _ in server.operations].count("CreateRunFiles") == 2


class Changing(FilePart):
    """A file that somebody writes to when a part of it has been sent."""

    change: Any = None

    def go_on_at(self, offset: int) -> bool:
        self.change()
        return super().go_on_at(offset)


def test_file__grows_meanwhile__is_sent_as_long_as_it_was(
    server: RecordingServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is appended goes with the next transfer."""
    server.store.resumes = True
    content = sender.path.read_bytes()

    def grow() -> None:
        with sender.path.open("ab") as file:
            file.write(b"more" * MIB)

    monkeypatch.setattr("wandb.sync.run_files.FilePart", Changing)
    monkeypatch.setattr(Changing, "change", staticmethod(grow))
    server.faults.plan("put", Fault.cut(5 * MIB))
    assert sender.send() == []
    assert server.run.files[NAME] == content and server.run.puts == [NAME]


@pytest.mark.parametrize("change", ["rewrite", "shrink"])
def test_file__is_written_anew_meanwhile__no_mixture_of_both_is_at_the_server(
    server: RecordingServer, sender: Sender, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A checkpoint that a program overwrites while it is sent."""
    server.store.resumes = True
    old = sender.path.read_bytes()
    new = bytes(reversed(old)) if change == "rewrite" else old[: 3 * MIB]
    monkeypatch.setattr("wandb.sync.run_files.FilePart", Changing)
    monkeypatch.setattr(
        Changing, "change", staticmethod(lambda: os.truncate(sender.path, 0) or sender.path.write_bytes(new))
    )
    server.faults.plan("put", Fault.cut(5 * MIB))
    problems = sender.send()
    if change == "shrink":
        assert len(problems) == 1 and "shorter" in problems[0] and NAME not in server.run.files
    else:
        assert problems == [] and server.run.files[NAME] == new
        assert sender.files.sent[NAME] == hashlib.md5(new).hexdigest()


def test_part_of_a_file__transfer_broken__goes_on_within_the_part(server: RecordingServer, sender: Sender) -> None:
    """So are the files of artifacts sent: whole, or those of 2 GiB and more in parts."""
    server.store.resumes = True
    server.faults.plan("put", Fault.cut(5 * MIB))
    url, size = server.signed(server.run, "part"), LEAST_SIZE + 7
    with FilePart(str(sender.path), MIB, size) as part:
        answered = sender.client.put(url, {"X-Storage-Class": "test"}, part)
        content = sender.path.read_bytes()[MIB : MIB + size]
        assert part.digest() == hashlib.md5(content).digest()
    assert server.run.files["part"] == content and answered["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
    assert server.requests.count("question") == 1


def test_small_file__transfer_broken__no_question(server: RecordingServer, sender: Sender) -> None:
    """Sending it again is as quick as asking."""
    os.truncate(sender.path, LEAST_SIZE - 1)
    server.store.resumes = True
    server.faults.plan("put", Fault(STATUS, status=503))
    assert sender.send() == []
    assert server.requests.count("question") == 0 and server.requests.count("put") == 2


@pytest.mark.parametrize("size", [1000, SIZE])
def test_store__back_when_the_address_is_not_valid_any_more__is_sent_to_a_new_one(
    server: RecordingServer, sender: Sender, size: int
) -> None:
    """Addresses are good for an hour or so, and a store that is away is waited for longer."""
    os.truncate(sender.path, size)
    server.faults.plan("put", Fault(STATUS, status=503))
    server.faults.plan("put", Fault.answer(403))
    assert sender.send() == []
    assert server.run.files[NAME] == sender.path.read_bytes()
    assert [name for name, _ in server.operations].count("CreateRunFiles") == 2


def test_file__refused_at_once__one_request_and_an_error(server: RecordingServer, sender: Sender) -> None:
    """What no try can heal is not tried again."""
    server.store.resumes = True
    server.faults.plan("put", Fault.answer(403))
    with pytest.raises(CommError, match="refuses a file with status 403") as caught, FilePart(
        str(sender.path), 0, SIZE
    ) as part:
        sender.client.put(f"{server.url}/storage/x?token=t", {}, part)
    assert not isinstance(caught.value, Unreachable) and server.requests.count("put") == 1


LARGE = """
    import os
    import wandb
    with wandb.init(project="p", id="r", settings={"x_disable_stats": True}) as run:
        with open("weights.bin", "wb") as file:
            for _ in range(20):
                file.write(os.urandom(10 << 20))
        run.save("weights.bin")
"""


def start_sync(program: Program, server: RecordingServer, path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "wandb", "sync", str(path)]
    environment = {**program.environment, **server.environment()}
    return subprocess.Popen(command, cwd=program.folder, env=environment, stdin=subprocess.DEVNULL)


def test_sync__large_file_resumed__in_bounded_memory(program: Program, server: RecordingServer) -> None:
    """What was sent is read again from the disk to see that it is still the same, in blocks."""
    path = program(LARGE).ok().run.path
    server.store.resumes = True
    server.faults.plan("put weights.bin", Fault.cut(150 * MIB))
    process, peak = start_sync(program, server, path), 0
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid))
    assert process.returncode == 0 and peak < 120 * MIB
    assert server.run.files[NAME] == (program.folder / NAME).read_bytes()


def test_sync__killed_in_the_middle_of_a_large_file__begins_it_again(
    program: Program, server: RecordingServer, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """A new process gets a new address: the old one is a secret that lies in no file, and so is what it has begun."""
    path = program(LARGE).ok().run.path
    server.store.resumes = True
    server.faults.plan("question", Fault(HANG, seconds=60))
    server.faults.plan("put weights.bin", Fault.cut(150 * MIB))
    process = start_sync(program, server, path)
    wait_for(lambda: "question" in server.requests)
    process.kill()
    process.wait()
    server.faults.clear()
    assert start_sync(program, server, path).wait(60) == 0
    assert server.run.files[NAME] == (program.folder / NAME).read_bytes()
    assert server.run.puts.count(NAME) == 1 and server.run.complete
