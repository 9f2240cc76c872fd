"""Files of a run where the server, the disk or the run itself is not as it should be: none is lost without a word, and
none is sent that is not the run's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from tests.conftest import Program
from tests.online.test_sync_command import RUN, sync
from tests.server.faults import STATUS, Fault
from tests.server.server import RecordingServer
from tests.written_run import WrittenRun
from wandb.wire.decode import message_class

OWN = {"config.yaml", "output.log", "wandb-metadata.json", "wandb-summary.json", "requirements.txt"}


class Answering(RecordingServer):
    """A server whose answer to CreateRunFiles is a changed one."""

    def __init__(self, change: Callable[[Answering, Dict[str, Any]], Any]) -> None:
        super().__init__()
        self.change = change

    def beyond(self, name: str, variables: Dict[str, Any]) -> Dict[str, Any] | None:
        if name != "CreateRunFiles":
            return None
        entity, project, run_id = (variables[key] for key in ("entity", "project", "run"))
        values = {"entityName": entity, "projectName": project, "runName": run_id, "files": variables["files"]}
        return {"createRunFiles": self.change(self, self._create_files(values))}


def with_files(*names: str) -> Callable[[Answering, Dict[str, Any]], Dict[str, Any]]:
    """The addresses are for these files, whatever was asked."""

    def change(server: Answering, answer: Dict[str, Any]) -> Dict[str, Any]:
        return {**answer, "files": [{"name": name, "uploadUrl": server.signed(server.run, name)} for name in names]}

    return change


def without_kept(server: Answering, answer: Dict[str, Any]) -> Dict[str, Any]:
    return {**answer, "files": [file for file in answer["files"] if file["name"] != "kept.txt"]}


def saved(parent: Path, *names: str) -> WrittenRun:
    """A run of another person's, with a record of these files."""
    run = WrittenRun(parent, "theirs", project="p")
    record = message_class("Record")()
    for name in names:
        record.files.files.add(path=name, policy=1)
    run.append(record)
    run.exit()
    return run


def test_files__no_addresses_for_longer_than_is_tried__come_when_the_server_is_back(
    program: Program, server: RecordingServer
) -> None:
    """A file counts as looked at only once it is on its way."""
    server.faults.plan("CreateRunFiles", Fault(STATUS, status=503), 4)
    program(
        """
        import wandb
        run = wandb.init(project="p", id="one", mode="online")
        print("line")
        open("early.txt", "w").write("early")
        run.save("early.txt", policy="now")
        run.finish()
        """,
        env=server.environment(WANDB_X_GRAPHQL_RETRY_MAX="1"),
    ).ok()
    assert set(server.run.files) == {*OWN, "early.txt"} and server.run.complete


def test_files__that_the_answer_lacks__are_said_and_sent_the_next_time(program: Program) -> None:
    """A mark would have kept them on this disk for good."""
    run = program(RUN, "one").ok().run
    with Answering(without_kept) as server:
        result = sync(program, server, str(run.path))
        assert result.returncode == 1 and "kept.txt could not be sent: the server gives no address" in result.stderr
        assert set(server.run.files) == OWN and server.run.complete
        server.change = lambda server, answer: answer
        assert sync(program, server, str(run.path)).returncode == 0
        assert set(server.run.files) == {*OWN, "kept.txt"} and server.unexpected == []


def test_files__that_were_not_asked_for__are_not_read(program: Program, tmp_path: Path) -> None:
    """A server must not choose which files of this disk it gets."""
    run = program(RUN, "one").ok().run
    secret = Path(run.path).parent / "secret.txt"
    secret.write_text("a secret")
    name = os.path.relpath(secret, run.layout.files_dir)
    with Answering(with_files(name, str(secret))) as server:
        assert sync(program, server, str(run.path)).returncode == 1
        assert not server.run.files and not server.run.uploaded


@pytest.mark.parametrize("answer", [None, [], {"files": None}, {"files": [5]}], ids=repr)
def test_files__an_answer_that_is_none__ends_neither_this_sync_nor_that_of_others(program: Program, answer: Any) -> None:
    """What is missing is said, and the summary of all runs comes."""
    for run_id in ("one", "two"):
        program(RUN, run_id).ok()
    with Answering(lambda server, usual: answer) as server:
        result = sync(program, server)
        assert result.returncode == 1 and "Runs: 2 not or not wholly sent." in result.stderr
        assert all(server.runs[run_id].complete for run_id in ("one", "two"))


@pytest.mark.parametrize("kind", ["name", "absolute name", "NUL"])
def test_run_of_somebody_else__names_a_file_outside_of_its_folder__does_not_get_it(
    program: Program, server: RecordingServer, kind: str
) -> None:
    """A run folder that was received may not choose what is read of this disk."""
    secret = Path(program.folder, "secret.txt")
    secret.write_text("a secret")
    name = {"name": "../../../secret.txt", "absolute name": str(secret), "NUL": "a\0b"}[kind]
    folder = Path(program.folder, "wandb")
    folder.mkdir()
    run = saved(folder, name, "own.txt")
    Path(run.layout.files_dir, "own.txt").write_text("own")
    result = sync(program, server, str(run.path))
    assert result.returncode == 1 and "could not be sent: it is no file below" in result.stderr
    assert "own.txt" in server.run.files and server.run.complete
    assert b"a secret" not in server.run.files.values() and server.unexpected == []


def test_files__a_pipe_a_folder_and_a_link_to_itself__are_said_and_wait_for_nobody(
    program: Program, server: RecordingServer
) -> None:
    """Opening a pipe that nobody writes to would never end."""
    folder = Path(program.folder, "wandb")
    folder.mkdir()
    run = saved(folder, "pipe", "folder", "loop", "own.txt")
    files = Path(run.layout.files_dir)
    os.mkfifo(files / "pipe")
    os.mkdir(files / "folder")
    os.symlink("loop", files / "loop")
    (files / "own.txt").write_text("own")
    result = sync(program, server, str(run.path))
    assert result.returncode == 1
    for name in ("pipe", "folder", "loop"):
        assert f"{name} could not be sent" in result.stderr
    assert "own.txt" in server.run.files and server.run.complete


def test_ignore_globs__name_files_of_ours__leave_them_out(program: Program, server: RecordingServer) -> None:
    """As upstream's client does, whatever made the file."""
    ignored = "output.log,requirements.txt,*.yaml,wandb-summary.json,kept*"
    program(RUN, "one", env=server.environment(WANDB_IGNORE_GLOBS=ignored)).ok()
    assert set(server.run.files) == {"wandb-metadata.json"} and server.run.complete


class Refusing(RecordingServer):
    """A server that takes no file with one of some names, and so refuses each request that has one."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = set(names)

    def refusal(self, name: str, variables: Dict[str, Any]) -> str:
        found = self.names.intersection(variables["files"]) if name == "CreateRunFiles" else set()
        return f"no such name: {sorted(found)[0]}" if found else ""


def test_files__one_name_is_refused__keeps_no_other_back(program: Program) -> None:
    """Addresses are asked for a hundred at a time."""
    run = program(RUN, "one").ok().run
    with Refusing("kept.txt") as server:
        result = sync(program, server, str(run.path))
        assert result.returncode == 1 and "refuses CreateRunFiles: no such name: kept.txt" in result.stderr
        assert set(server.run.files) == OWN and server.run.complete
        assert not Path(run.layout.synced_marker).exists()
        server.names.clear()
        assert sync(program, server, str(run.path)).returncode == 0
        assert set(server.run.files) == {*OWN, "kept.txt"}


def test_files__all_are_refused__are_not_asked_for_one_by_one(program: Program, server: RecordingServer) -> None:
    """A full quota has nothing to do with any of them."""
    run = program(
        """
        import wandb
        with wandb.init(project="p", id="one") as run:
            for number in range(300):
                open(f"{number}.txt", "w").close()
            run.save("*.txt")
            run.log({"x": 1})
        """
    ).ok().run
    server.faults.plan("CreateRunFiles", Fault(STATUS, status=403, text='{"error": "quota"}'), 1000)
    result = sync(program, server, str(run.path))
    assert result.returncode == 1 and "quota" in result.stderr and "API key" not in result.stderr
    assert server.requests.count("CreateRunFiles") < 100
    assert len(server.run.rows()) == 1 and server.run.complete


def test_files__refused_while_the_run_goes_on__do_not_end_its_upload(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Its rows matter more; the files come at the end."""
    server.faults.plan("CreateRunFiles", Fault(STATUS, status=403, text='{"error": "quota"}'))
    process = program.start(
        """
        import os, time, wandb
        run = wandb.init(project="p", id="one", mode="online")
        open("early.txt", "w").write("early")
        run.save("early.txt", policy="now")
        run.log({"x": 0})
        print("line")
        deadline = time.monotonic() + 60
        while not os.path.exists("go"):
            assert time.monotonic() < deadline and not time.sleep(0.02)
        run.log({"x": 1})
        run.finish()
        """,
        env=server.environment(),
    )
    wait_for(lambda: "CreateRunFiles" in server.requests)
    Path(program.folder, "go").touch()
    assert process.wait(60) == 0
    assert [row["x"] for row in server.run.rows()] == [0, 1]
    assert set(server.run.files) == {*OWN, "early.txt"} and server.run.complete
