"""The scenarios: real programs that print, what of it has to be recorded, and what is typed on their terminal.

Each program (`programs/<name>.py`) is run three times: in wrap mode, in redirect mode, and as a control run without a
tracker, whose terminal text and exit status must be the same. `support.begin` starts the run, so any tracker with the
interface can be judged, also upstream's.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

PROGRAMS = Path(__file__).parent / "programs"
BOTH, REDIRECT = ("wrap", "redirect"), ("redirect",)

# prompt_toolkit paints a prompt several times; behind this it begins a new one.
TOOLKIT = "\x1b[?2004h...prompt..."
IPDB = TOOLKIT + "ipdb>"
LEFT, UP, BACKSPACE, TAB, CTRL_A, CTRL_C, CTRL_D = "\x1b[D", "\x1b[A", "\x7f", "\t", "\x01", "\x03", "\x04"


class Scenario:
    """A program and what is expected of a tracker."""

    def __init__(
        self,
        recorded: Sequence[str],
        modes: Tuple[str, ...] = BOTH,
        needs: str = "",
        status: int = 0,
        terminal: bool = False,
        typed: Sequence[Tuple[str, str]] = (),
        any_order: bool = False,
        absent: Sequence[str] = (),
        steady: bool = True,
    ) -> None:
        """`recorded` are ends of lines that output.log must hold, each once, in this order unless `any_order`.

        `typed` are (text to wait for, keys to send); with it or `terminal` the program has a terminal, else pipes.
        `needs` is a module that it imports, `absent` what must not be in output.log.
        A program that is not `steady` does not show the same each time, by itself: then each line has to be seen once.
        """
        self.name = ""
        self.recorded = recorded
        self.modes = modes
        self.needs = needs
        self.status = status
        self.terminal = terminal or bool(typed)
        self.typed = typed
        self.any_order = any_order
        self.absent = absent
        self.steady = steady

    def path(self) -> Path:
        """The program's file."""
        return PROGRAMS / f"{self.name}.py"

    def title(self) -> str:
        """What it is, for people."""
        return str(ast.get_docstring(ast.parse(self.path().read_text(encoding="utf-8"))))


def _numbered(name: str, count: int) -> List[str]:
    return [f"{name} {number}" for number in range(count)]


SCENARIOS: Dict[str, Scenario] = {
    # ---- processes and threads
    "python_streams": Scenario(
        ["printed", "written", "one of lines", "two of lines", "as bytes", "an error", "error bytes", "no end"],
        any_order=True,
    ),
    "threads": Scenario(
        [line for thread in range(8) for line in _numbered(f"thread{thread}", 200)],
        modes=("wrap",),
        any_order=True,
        steady=False,  # CPython before 3.12.5 itself mixes up what threads print at the same time
    ),
    "fork": Scenario(["at depth 0", "at depth 1", "at depth 2", "at depth 3", "by os.fork"]),
    "spawn": Scenario(["worker 0", "worker 1", "parent"]),
    "opened_anew": Scenario(["worker 0", "worker 1"]),
    "forkserver": Scenario(["worker 0", "worker 1", "parent"]),
    "futures": Scenario(_numbered("task", 5)),
    "data_loader": Scenario(["fork worker 0", "fork 4", "spawn worker 0", "spawn 4"], needs="torch", any_order=True),
    "joblib_workers": Scenario([*_numbered("task", 4), "parent"], needs="joblib", any_order=True),
    "multiprocess_workers": Scenario(["worker 0", "worker 1", "worker 2", "parent"], needs="multiprocess"),
    "billiard_workers": Scenario(["worker 0", "worker 1", "worker 2", "parent"], needs="billiard"),
    "killed_child": Scenario(["the one that is killed", "the one that is gone"]),
    "late_child": Scenario(["early", "late"]),
    "subprocesses": Scenario(
        ["before", "by the shell", "to its stderr", "by another Python", "after"], modes=REDIRECT, any_order=True
    ),
    "c_library": Scenario(["by Python", "by os.write", "by C"], modes=REDIRECT),
    "segfault": Scenario(["before", "Fatal Python error: Segmentation fault"], modes=REDIRECT, status=-11, any_order=True),
    # ---- streams that somebody else owns
    "early_handlers": Scenario(["by the handler", "by the reference"], any_order=True),
    "early_rich": Scenario(["styled text"], needs="rich", terminal=True),
    "early_loguru": Scenario(["by loguru"], needs="loguru"),
    "replaced_streams": Scenario(["through the tee"], absent=["caught", "after finish"]),
    "strange_streams": Scenario([]),
    "click_runner": Scenario(["before", "after"], needs="click", absent=["inside"]),
    "pytest_session": Scenario([], needs="pytest"),
    # ---- odd text, re-entry
    "reentrant": Scenario(
        ["inside __str__", "outside", "by a signal handler", "handled: message", "by __del__"]
    ),
    "finalizers": Scenario(["training", "the end of a model", "the end of a cache"], any_order=True),
    "odd_bytes": Scenario(["bad \ufffd byte", "café 漢字 🐍", "x" * 100_000 + "end"]),
    # ---- what a terminal shows
    "bars": Scenario(["outer 3/3", "after"], needs="tqdm", any_order=True, absent=["outer 1/3", "inner 2/4"]),
    "rich_live": Scenario(["epoch 0", "epoch 1", "epoch 2", "training", "after"], needs="rich", terminal=True),
    "terminal_facts": Scenario([], terminal=True),
    # ---- ends
    "exit_status": Scenario(["before", "ValueError: boom"], status=1, any_order=True),
    "exit_text": Scenario(["before", "that was it"], status=1, any_order=True),
    "interrupt": Scenario(["training", "interrupted"], status=7, typed=[("training", CTRL_C)]),
    # ---- prompts and debuggers
    "input_prompt": Scenario(["before", "got ac"], typed=[("name? ", f"ab{BACKSPACE}c\r")]),
    "readline_prompt": Scenario(
        ["got PxQyz", "got PxQyz!"], typed=[("first? ", f"xyz{LEFT}{LEFT}Q{CTRL_A}P\r"), ("second? ", f"{UP}!\r")]
    ),
    "pdb_prompt": Scenario(
        ["after 7"],
        typed=[("(Pdb) ", "p value + 1\r"), ("(Pdb) ", f"value = 8{BACKSPACE}7\r"), ("(Pdb) ", "continue\r")],
    ),
    "code_prompt": Scenario(["in 41", "after"], typed=[(">>> ", "print('in', value)\r"), (">>> ", CTRL_D)]),
    "ipdb_before": Scenario(["after 41"], needs="ipdb", typed=[(IPDB, "p value + 1\r"), (IPDB, "continue\r")]),
    "ipdb_after": Scenario(
        ["after 41"], needs="ipdb", typed=[(IPDB, f"p valux{BACKSPACE}e + 1\r"), (IPDB, "continue\r")]
    ),
    "session_before": Scenario(
        ["got alpha", "got alpXha"],
        needs="prompt_toolkit",
        typed=[(TOOLKIT + "one>", f"al{TAB}"), ("pha", "\r"), (TOOLKIT + "two>", f"{UP}{LEFT}{LEFT}X\r")],
    ),
    "session_after": Scenario(
        ["inside", "got ac", "outside"],
        needs="prompt_toolkit",
        typed=[(TOOLKIT + "one>", f"abc{LEFT}{BACKSPACE}\r")],
    ),
    "ipython_shell": Scenario(
        ["from a cell", "after"],
        needs="IPython",
        typed=[(TOOLKIT + "In [", "print('from', 'a cell')\r"), (TOOLKIT + "In [", "exit\r")],
    ),
}
for _name, _scenario in SCENARIOS.items():
    _scenario.name = _name
