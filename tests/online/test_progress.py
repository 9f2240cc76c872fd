"""What is left to send, as a person sees it while `finish` or `wandb sync` waits: on a real terminal, and without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pexpect
import pyte
import pytest

from tests.conftest import Program
from tests.server.faults import SLOW, Fault
from tests.server.server import RecordingServer

TRAIN = """
    import sys, wandb
    run = wandb.init(project="p", id=sys.argv[1], settings={"x_disable_stats": True})
    run.log({"x": 1})
    open(f"kept-{run.id}.txt", "w").write("kept")
    run.save(f"kept-{run.id}.txt")
    run.finish()
    print("behind finish", "rich" in sys.modules)
"""
BAR, CURSOR_HIDDEN = "━", "\x1b[?25l"


class Terminal:
    """A command on a terminal of its own; `screen` is what a person sees of it."""

    def __init__(self, program: Program, command: List[str], environment: Dict[str, str]) -> None:
        self.text = ""
        self._screen = pyte.Screen(120, 60)
        self._emulator = pyte.Stream(self._screen)
        env = {**program.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
        self.process = pexpect.spawn(
            command[0], command[1:], cwd=str(program.folder), env=env, encoding="utf-8", dimensions=(60, 120)
        )

    def screen(self) -> List[str]:
        """The lines that are not empty, after taking in what has come."""
        try:
            while True:
                text = self.process.read_nonblocking(65536, timeout=0.01)
                self.text += text
                self._emulator.feed(text)
        except (pexpect.TIMEOUT, pexpect.EOF, ValueError):  # nothing more now, or ever, or it is closed
            return [line.rstrip() for line in self._screen.display if line.strip()]

    def status(self, wait_for: Callable[..., Any]) -> int:
        """The exit status, when it has ended."""
        wait_for(lambda: self.screen() and not self.process.isalive())
        self.screen()
        self.process.close()
        return int(self.process.exitstatus if self.process.exitstatus is not None else -self.process.signalstatus)


def with_bar(terminal: Terminal) -> List[str]:
    return [line for line in terminal.screen() if BAR in line]


def slow_files(server: RecordingServer, times: int = 20) -> None:
    """Files arrive, and their answers take as long as the test wants."""
    server.faults.plan("put", Fault(SLOW, seconds=60), times)


def train(program: Program, server: RecordingServer, **environment: str) -> Terminal:
    command = [sys.executable, str(program.write(TRAIN)), "one"]
    return Terminal(program, command, server.environment(**environment))


def test_finish__on_a_terminal__has_a_bar_that_goes_away(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Above what is printed later nothing of it is left; the cursor is never hidden, as a kill would leave it so."""
    slow_files(server)
    terminal = train(program, server)
    (line,) = wait_for(lambda: with_bar(terminal))
    assert line.startswith("Sending the run ") and line.endswith(" files left")
    server.faults.release.set()
    assert terminal.status(wait_for) == 0
    assert not with_bar(terminal) and terminal.screen()[-1] == "behind finish True"
    assert CURSOR_HIDDEN not in terminal.text and server.run.complete
    assert not any(BAR in text for text in server.run.console()), "what finish shows is not the program's"


def test_finish__that_takes_no_time__loads_no_rich(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """A bar that nobody would see costs nothing."""
    terminal = train(program, server)
    assert terminal.status(wait_for) == 0
    assert terminal.screen()[-1] == "behind finish False" and BAR not in terminal.text


def test_finish__interrupted_under_the_bar__leaves_a_clean_terminal(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Ctrl-C is the program's, and its traceback stands below our lines, not in the bar."""
    slow_files(server)
    terminal = train(program, server)
    wait_for(lambda: with_bar(terminal))
    terminal.process.sendintr()
    wait_for(lambda: any("KeyboardInterrupt" in line for line in terminal.screen()))
    server.faults.release.set()
    assert terminal.status(wait_for) != 0
    assert not with_bar(terminal) and "KeyboardInterrupt" in terminal.screen()


@pytest.mark.parametrize("kind", ["a script of that name", "a broken package", "a dumb terminal"])
def test_finish__without_a_usable_rich__says_it_in_lines(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any], kind: str
) -> None:
    """A file `rich.py` beside the script is the program's own, and is not run for a bar."""
    slow_files(server)
    if kind == "a script of that name":
        (program.folder / "rich.py").write_text("print('I was run')\n", encoding="utf-8")
    elif kind == "a broken package":
        (program.folder / "rich").mkdir()
        (program.folder / "rich" / "__init__.py").write_text("raise RuntimeError('broken')\n", encoding="utf-8")
    terminal = train(program, server, **({"TERM": "dumb"} if kind == "a dumb terminal" else {}))
    wait_for(lambda: any("Sending the run: " in line for line in terminal.screen()))
    server.faults.release.set()
    assert terminal.status(wait_for) == 0
    assert BAR not in terminal.text and "I was run" not in terminal.text


def test_finish__on_a_pipe__has_plain_lines_only(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Log files of batch jobs hold no escape codes, whatever the environment says of colors."""
    slow_files(server)
    environment = server.environment(FORCE_COLOR="1", TTY_COMPATIBLE="1", TERM="xterm")
    process = program.start(TRAIN, "one", env=environment, stderr=subprocess.PIPE)
    said: List[str] = []
    assert process.stderr is not None
    while not any("Sending the run: " in line for line in said):
        said.append(process.stderr.readline())
    server.faults.release.set()
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0 and "\x1b" not in "".join(said) + rest and "\r" not in rest


def test_sync__several_runs_on_a_terminal__have_one_display(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """A bar for each run at the foot of the terminal, lines above it."""
    offline = [str(Path(program(TRAIN, name).ok().folder)) for name in ("one", "two", "three")]
    assert len(set(offline)) == 1
    slow_files(server)
    command = [sys.executable, "-m", "wandb", "sync", "--yes"]
    terminal = Terminal(program, command, server.environment())
    lines = wait_for(lambda: with_bar(terminal) if len(with_bar(terminal)) == 3 else [])
    assert {line.split()[0] for line in lines} == {"[one]", "[two]", "[three]"}
    assert terminal.screen()[-3:] == lines
    server.faults.release.set()
    assert terminal.status(wait_for) == 0
    shown = terminal.screen()
    assert shown[-1] == "wandb: Runs: 3 sent." and not with_bar(terminal) and len(shown) == 7
    assert CURSOR_HIDDEN not in terminal.text
