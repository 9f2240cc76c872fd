"""Prompts and debuggers on a real terminal look and work as in a control run without a tracker, in both modes.

What is compared is the screen that a terminal emulator shows; what is recorded are the lines around the prompts.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import List, Tuple

import pytest

from tests.conftest import Program
from tests.recorded import runs_in

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")

ROWS, COLUMNS = 40, 100
# prompt_toolkit paints a prompt several times; behind this it begins a new one.
TOOLKIT = "\x1b[?2004h...prompt..."
IPDB = TOOLKIT + "ipdb>"
LEFT, UP, BACKSPACE, TAB, CTRL_A = "\x1b[D", "\x1b[A", "\x7f", "\t", "\x01"

BEGIN = """
import os, sys
mode = sys.argv[1]
def begin():
    if mode != "none":
        import wandb
        wandb.init(project="p", settings=wandb.Settings(console=mode, silent=True))
"""

# name -> (program, [(text to wait for, what is typed then)], what recorded lines end with)
SCENARIOS = {
    "input": (
        """
        begin()
        print("before")
        print("got", input("name? "))
        print(sys.stdin.isatty(), sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size())
        """,
        [("name? ", f"ab{BACKSPACE}c\r")],
        ["before", "got ac"],
    ),
    "readline": (
        """
        import readline
        begin()
        print("got", input("first? "))
        print("got", input("second? "))
        """,
        [("first? ", f"xyz{LEFT}{LEFT}Q{CTRL_A}P\r"), ("second? ", f"{UP}!\r")],
        ["got PxQyz", "got PxQyz!"],
    ),
    "pdb": (
        """
        import pdb
        begin()
        value = 41
        pdb.set_trace()
        print("after", value)
        """,
        [("(Pdb) ", "p value + 1\r"), ("(Pdb) ", f"value = 8{BACKSPACE}7\r"), ("(Pdb) ", "continue\r")],
        ["after 7"],
    ),
    "code": (
        """
        import code
        begin()
        code.interact(banner="hello", local={"value": 41})
        print("after")
        """,
        [(">>> ", "print('in', value)\r"), (">>> ", "\x04")],
        ["in 41", "after"],
    ),
    "ipdb_before": (
        """
        import ipdb
        begin()
        value = 41
        ipdb.set_trace()
        print("after", value)
        """,
        [(IPDB, "p value + 1\r"), (IPDB, "continue\r")],
        ["after 41"],
    ),
    "ipdb_after": (
        """
        begin()
        import ipdb
        value = 41
        ipdb.set_trace()
        print("after", value)
        """,
        [(IPDB, f"p valux{BACKSPACE}e + 1\r"), (IPDB, "continue\r")],
        ["after 41"],
    ),
    "session_before": (
        """
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        session = PromptSession(completer=WordCompleter(["alpha", "beta"]), complete_while_typing=False)
        begin()
        print("got", session.prompt("one> "))
        print("got", session.prompt("two> "))
        """,
        [(TOOLKIT + "one>", f"al{TAB}"), ("pha", "\r"), (TOOLKIT + "two>", f"{UP}{LEFT}{LEFT}X\r")],
        ["got alpha", "got alpXha"],
    ),
    "session_after": (
        """
        begin()
        from prompt_toolkit import PromptSession
        from prompt_toolkit.patch_stdout import patch_stdout
        session = PromptSession()
        with patch_stdout():
            print("inside")
            print("got", session.prompt("one> "))
        print("outside")
        """,
        [(TOOLKIT + "one>", f"abc{LEFT}{BACKSPACE}\r")],
        ["inside", "got ac", "outside"],
    ),
}


def play(program: Program, name: str, mode: str) -> Tuple[List[str], int]:
    """The screen at the end, and the exit status."""
    source, steps, _ = SCENARIOS[name]
    path = program.write(BEGIN + textwrap.dedent(source))
    environment = {**program.environment, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "IPYTHONDIR": str(program.folder)}
    child = pexpect.spawn(
        sys.executable, [str(path), mode], cwd=program.folder, env=environment, dimensions=(ROWS, COLUMNS), timeout=30
    )
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for prompt, typed in steps:
        child.expect(re.escape(prompt).replace(r"\.\.\.prompt\.\.\.", ".*?"))
        stream.feed(child.before + child.after)
        child.send(typed)
    child.expect(pexpect.EOF)
    stream.feed(child.before)
    child.close()
    folder = str(Path(path).parent)
    return [line.rstrip().replace(folder, "") for line in screen.display], child.exitstatus


@pytest.mark.parametrize("name", SCENARIOS)
def test_prompt__with_and_without_capture__looks_and_works_the_same(program: Program, name: str) -> None:
    """For every order of imports, and sessions that were made before or after `init`."""
    expected = play(program, name, "none")
    for mode in ("wrap", "redirect"):
        assert play(program, name, mode) == expected, mode
    for run in runs_in(program.folder):
        # What the terminal itself echoes, the end of the typed line among it, is written by nobody.
        output, position = run.output(), 0
        for line in SCENARIOS[name][2]:
            found = [at for at in range(position, len(output)) if output[at].endswith(line)]
            assert found, (line, output)
            position = found[0] + 1
