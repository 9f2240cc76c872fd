"""Every way in which a program ends: what it shows and its status are as without a tracker, and the record says how."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, List, Tuple

import psutil
import pytest

from tests.conftest import Program
from tests.recorded import runs_in, told

BEGIN = """
import faulthandler, os, signal, sys, threading, time
if sys.argv[1] == "tracked":
    import wandb
    run = wandb.init(project="p", settings=wandb.Settings(silent=True))
    run.log({"a": 1})
else:
    class Run:
        log = finish = lambda *_, **__: None
    run = Run()
print("training")
"""

# name -> (the end of the program, the exit code that is recorded)
ENDINGS = {
    "return": ("pass", 0),
    "exception": ("raise ValueError('boom')", 1),
    "exit with a number": ("sys.exit(3)", 3),
    "exit with a text": ("sys.exit('that was it')", 1),
    "exit with None": ("sys.exit()", 0),
    # The interpreter tells nobody.
    "SystemExit": ("raise SystemExit(4)", 0),
    "os._exit": ("sys.stdout.flush(); os._exit(5)", told(5)),
    "exec": ("sys.stdout.flush(); os.execv(sys.executable, [sys.executable, '-c', 'print(1)'])", told(0)),
    "KeyboardInterrupt": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(10)", 255),
    "SIGTERM": ("sys.stdout.flush(); os.kill(os.getpid(), signal.SIGTERM); time.sleep(10)", told(143)),
    "SIGHUP": ("sys.stdout.flush(); os.kill(os.getpid(), signal.SIGHUP); time.sleep(10)", told(129)),
    "SIGKILL": ("sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)", told(137)),
    "group SIGTERM": ("sys.stdout.flush(); os.killpg(0, signal.SIGTERM); time.sleep(10)", told(143)),
    "group SIGUSR1": ("sys.stdout.flush(); os.killpg(0, signal.SIGUSR1); time.sleep(10)", told(138)),
    "segfault": ("sys.stdout.flush(); faulthandler._sigsegv()", told(139)),
    "abort": ("sys.stdout.flush(); os.abort()", told(134)),
    "handler that exits": ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); os.kill(os.getpid(), 15); time.sleep(10)", 7),
    "handler that logs": (
        "signal.signal(15, lambda *_: (run.log({'last': 1}), run.finish(), sys.exit(0))); os.killpg(0, 15); time.sleep(10)",
        0,
    ),
    "excepthook": ("sys.excepthook = lambda *e: print('hook', e[0].__name__, e[2].tb_lineno); raise KeyError", 1),
    "thread": ("threading.Thread(target=lambda: (time.sleep(0.3), print('late'))).start()", 0),
    "exception in a thread": ("t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()", 0),
}


def play(program: Program, folder: Path, ending: str, how: str) -> Tuple[int, str, List[str]]:
    """Status, stdout and, without the lines that tell of files, stderr; in a process group of its own."""
    folder.mkdir()
    (folder / "train.py").write_text(BEGIN + ENDINGS[ending][0] + "\n")
    ended = subprocess.run(
        [sys.executable, "train.py", how],
        cwd=folder,
        env=program.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        start_new_session=True,
        check=False,
    )
    return ended.returncode, ended.stdout, [line for line in ended.stderr.splitlines() if " line " not in line]


@pytest.mark.parametrize("ending", ENDINGS)
def test_program__ends__as_without_a_tracker_and_the_record_says_how(
    program: Program, tmp_path: Path, ending: str, wait_for: Callable[..., Any]
) -> None:
    """The files are complete, and no process and no temporary file is left."""
    control = play(program, tmp_path / "control", ending, "control")
    folder = tmp_path / "tracked"
    assert play(program, folder, ending, "tracked") == control
    (run,) = runs_in(folder)
    wait_for(lambda: run.kinds()[-1] == "exit" and not processes_of(folder), seconds=10)
    assert run.exit_code() == ENDINGS[ending][1]
    assert [row["a"] for row in run.rows() if "a" in row] == [1]
    assert "training" in run.output() and run.summary()["a"] == 1
    names = {path.name for path in run.path.rglob("*")}
    assert {"config.yaml", "wandb-metadata.json", "requirements.txt"} <= names
    assert not [name for name in names if name.endswith((".spool", ".new", ".tmp"))]


def processes_of(folder: Path) -> List[psutil.Process]:
    """Those that have to do with it, zombies among them."""
    found = []
    for process in psutil.process_iter(["cmdline", "status", "ppid"]):
        of_folder = any(str(folder) in part for part in process.info["cmdline"] or ())
        if of_folder or (process.info["status"] == psutil.STATUS_ZOMBIE and process.info["ppid"] == os.getpid()):
            found.append(process)
    return found


@pytest.mark.parametrize("ending", ["return", "SIGKILL", "segfault"])
def test_pipeline__with_tee__ends_with_the_program(program: Program, tmp_path: Path, ending: str) -> None:
    """Nothing of ours holds the pipe."""
    (tmp_path / "train.py").write_text(BEGIN + ENDINGS[ending][0] + "\n")
    command = f"{sys.executable} train.py tracked 2>&1 | tee log"
    subprocess.run(command, shell=True, cwd=tmp_path, env=program.environment, stdout=subprocess.PIPE, timeout=30, check=True)
    assert "training" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_signal_of_a_handler__reaches_it_as_without_a_tracker(program: Program, number: int) -> None:
    """The program's own handlers stay, and ours are none."""
    result = program(
        f"""
        import os, signal, wandb
        handler = lambda number, frame: print("handled", number, frame.f_code.co_name)
        signal.signal({number}, handler)
        run = wandb.init(project="p")
        assert signal.getsignal({number}) is handler
        os.kill(os.getpid(), {number})
        run.finish()
        assert signal.getsignal({number}) is handler
        """
    ).ok()
    assert result.stdout == f"handled {int(number)} <module>\n"
