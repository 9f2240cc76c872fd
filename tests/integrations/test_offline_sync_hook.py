"""wandb-osh: a program of the head node sends the runs of nodes without a network, while they go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.conftest import Program
from tests.server.server import RecordingServer

pytest.importorskip("wandb_osh")


def test_hook__called_in_a_run__has_it_sent_so_far_and_at_its_end(
    program: Program, server: RecordingServer, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """The hook leaves a file; who finds it calls `wandb sync` in the run's folder. Each row arrives once."""
    source = """
        import sys, wandb
        from wandb_osh.hooks import TriggerWandbSyncHook
        hook = TriggerWandbSyncHook("commands")
        with wandb.init(project="p", id="one") as run:
            for step in range(6):
                run.log({"loss": 1 / (step + 1)})
                if step == 2:
                    hook()
                    print("half", flush=True)
                    sys.stdin.readline()
        hook(run.dir + "/..")
    """
    program.write(source)
    folder = os.pathsep.join([str(Path(sys.executable).parent), program.environment.get("PATH", "")])
    command = shutil.which("wandb-osh", path=folder)
    assert command, "the command of wandb-osh is not installed beside this interpreter"
    training = program.start(source, stdin=subprocess.PIPE)
    sender = subprocess.Popen(
        [command, "--command-dir", "commands", "--wait", "0"],
        cwd=program.folder,
        env={**program.environment, **server.environment(), "PATH": folder},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: "one" in server.runs and len(server.runs["one"].rows()) == 3)
        commands = program.folder / "commands"
        wait_for(lambda: not list(commands.iterdir()))  # it takes a file away behind the call, also one left meanwhile
        training.communicate("go on\n", timeout=60)
        assert training.returncode == 0
        wait_for(lambda: len(server.runs["one"].rows()) == 6 and server.runs["one"].summary().get("loss") == 1 / 6)
    finally:
        sender.terminate()
        sender.wait(timeout=60)
    assert [row["_step"] for row in server.runs["one"].rows()] == list(range(6))
