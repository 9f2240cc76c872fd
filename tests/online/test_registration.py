"""A run's first contact with a server that answers oddly, or not at all, or just before whoever sends the run dies."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Callable, Dict

import pytest

from tests.conftest import Program
from tests.online.test_sync_command import sync
from tests.server.faults import HANG, Fault
from tests.server.server import RecordingServer

NEVER = """
    import wandb
    with wandb.init(project="p", id="one", resume="never") as run:
        run.log({"x": 1})
"""


@pytest.mark.parametrize("is_taken", [False, True], ids=["before it was taken", "before its answer came"])
@pytest.mark.parametrize("kind", ["RunResumeStatus", "UpsertBucket", "ServerFeaturesQuery", "file_stream"])
def test_never_resumed_run__sender_killed_at_first_contact__is_not_taken_for_another_run(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any], kind: str, is_taken: bool
) -> None:
    """The server has its name then, which only its own first try can have brought."""
    path = str(program(NEVER).ok().run.path)
    server.faults.plan(kind, Fault(HANG, applies=is_taken, seconds=60))
    process = subprocess.Popen(
        [sys.executable, "-m", "wandb", "sync", path],
        cwd=program.folder,
        env={**program.environment, **server.environment()},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: kind in server.requests and (not is_taken or kind != "UpsertBucket" or server.runs))
    process.kill()
    process.wait()
    server.faults.clear()
    result = sync(program, server, path)
    assert result.returncode == 0, result.stderr
    assert [row["x"] for row in server.run.rows()] == [1] and server.run.complete


def test_never_resumed_run__that_somebody_else_has_sent_meanwhile__is_refused(
    program: Program, server: RecordingServer
) -> None:
    """What our own first try may have brought has no lines."""
    path = str(program(NEVER).ok().run.path)
    server.faults.plan("UpsertBucket", Fault.answer(403))
    assert sync(program, server, path).returncode == 1
    (program.folder / "elsewhere").mkdir()
    assert program(NEVER, env=server.environment(WANDB_DIR="elsewhere")).status == 0
    result = sync(program, server, path)
    assert result.returncode == 1 and "there is a run one in p" in result.stderr
    assert len(server.run.rows()) == 1


class Odd(RecordingServer):
    """A server one of whose answers has another form."""

    def __init__(self, operation: str, data: Any) -> None:
        super().__init__()
        self.operation, self.data = operation, data

    def beyond(self, name: str, variables: Dict[str, Any]) -> Dict[str, Any] | None:
        return {self.data[0]: self.data[1]} if name == self.operation else None


@pytest.mark.parametrize("answer", [None, [], {"bucket": None}, {"bucket": {"id": "x"}}, {"bucket": 5}], ids=repr)
def test_register__an_answer_that_is_none__is_said_for_each_run(program: Program, answer: Any) -> None:
    """No traceback, and the summary of all runs comes."""
    for name in ("one", "two"):
        program(NEVER.replace("one", name).replace('resume="never"', ""), name).ok()
    with Odd("UpsertBucket", ("upsertBucket", answer)) as server:
        result = sync(program, server)
    assert result.returncode == 1 and "Runs: 2 not or not wholly sent." in result.stderr
    assert result.stderr.count("answer about UpsertBucket can't be understood") == 2
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("answer", [None, 5, {"features": 5}, {"features": [5]}, {"features": [{"isEnabled": True}]}], ids=repr)
def test_features__an_answer_that_is_none__are_none(program: Program, answer: Any) -> None:
    """Only what comes besides is missing then."""
    path = str(program(NEVER).ok().run.path)
    with Odd("ServerFeaturesQuery", ("serverInfo", answer)) as server:
        assert sync(program, server, path).returncode == 0
        assert server.run.complete


def test_artifact__an_answer_that_is_none__is_said_and_the_rest_is_sent(program: Program) -> None:
    """Of whatever form it is."""
    run = program(
        """
        import wandb
        with wandb.init(project="p", id="one") as run:
            run.log({"x": 1})
            artifact = wandb.Artifact("a", "t")
            with artifact.new_file("f") as file:
                file.write("x")
            run.log_artifact(artifact)
        """
    ).ok().run
    odd = {"artifact": {"id": "x", "state": "PENDING", "artifactSequence": 5}}
    with Odd("CreateArtifact", ("createArtifact", odd)) as server:
        result = sync(program, server, str(run.path))
        assert result.returncode == 1 and "The artifact a could not be sent" in result.stderr
        assert "can't be understood" in result.stderr and server.run.complete
