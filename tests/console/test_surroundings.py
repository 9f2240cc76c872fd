"""What is not a program by itself: a shell's job control, a socket for stdout, another program in the same process."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pexpect
import pytest

from tests.console.scenarios import PROGRAMS
from tests.recorded import runs_in

MODES = ("none", "wrap", "redirect")


def environment(mode: str) -> Dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(PROGRAMS), "SCENARIO_MODE": mode, "WANDB_MODE": "offline", "WANDB_SILENT": "true"}


@pytest.mark.parametrize("mode", MODES)
def test_shell__ctrl_z_and_fg__stop_the_program_and_go_on_with_it(tmp_path: Path, mode: str) -> None:
    """The terminal's keys reach the program and nobody else of the run, and the shell has its terminal back meanwhile."""
    (tmp_path / "train.py").write_text("from support import begin\nbegin()\nprint('got', input('say> '))\n")
    shell = pexpect.spawn(
        "/bin/bash", ["--norc", "--noprofile", "-i"], env={**environment(mode), "PS1": "$ ", "TERM": "dumb"}, cwd=tmp_path
    )
    shell.expect_exact("$ ")
    shell.sendline(f"{sys.executable} train.py; echo status $?")
    shell.expect_exact("say> ")
    shell.send("\x1a")
    shell.expect("Stopped")
    shell.sendline("echo in the `echo shell`")
    shell.expect_exact("in the shell")
    shell.sendline("fg; echo status $?")
    shell.expect(re.escape("train.py"))
    shell.send("hello\r")
    shell.expect_exact("got hello")
    shell.expect_exact("status 0")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    for run in runs_in(tmp_path):
        assert run.output()[-1].endswith("got hello")


@pytest.mark.parametrize("mode", MODES)
def test_stdout__is_a_socket__gets_everything(tmp_path: Path, mode: str) -> None:
    """As a server that starts programs may give it."""
    source = "from support import begin\nbegin()\nfor number in range(20000): print('line', number)\n"
    ours, theirs = socket.socketpair()
    command: List[str] = [sys.executable, "-c", source]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(mode), stdin=subprocess.DEVNULL, stdout=theirs)
    theirs.close()
    with ours, ours.makefile("r") as stream:
        lines = stream.read().splitlines()
    assert process.wait() == 0
    assert lines == [f"line {number}" for number in range(20000)]
    assert [run.output() for run in runs_in(tmp_path)] == [lines] * (mode != "none")


@pytest.mark.parametrize("mode", MODES)
def test_exec__of_another_program__shows_its_text(tmp_path: Path, mode: str, wait_for: Callable[[Callable[[], Any]], Any]) -> None:
    """It is the same process, without the tracker; redirect hears it all the same."""
    source = """
import os, sys
from support import begin
begin()
print("before", flush=True)
os.execv(sys.executable, [sys.executable, "-c", "print('after'); raise SystemExit(3)"])
"""
    ended = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, env=environment(mode), stdout=subprocess.PIPE, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (3, "before\nafter\n")
    expected: Tuple[str, ...] = ("before", "after") if mode == "redirect" else ("before",)
    for run in runs_in(tmp_path):
        wait_for(lambda run=run: run.kinds()[-1] == "exit" and tuple(run.output()) == expected)  # type: ignore[misc]
