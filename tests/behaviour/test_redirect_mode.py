"""console=redirect: all that reaches the descriptors 1 and 2 is recorded, and still goes where it would have gone.

Each scenario is a real program; its terminal text and exit status are those of a control run without a tracker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import psutil
import pytest

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="moves bytes with calls of Linux")

BEGIN = """
import os, sys
if "control" not in sys.argv:
    import wandb
    run = wandb.init(project="p", settings=wandb.Settings(console="redirect", silent=True))
"""
END = """
if "control" not in sys.argv:
    run.finish()
"""

EVERYTHING = (
    BEGIN
    + """
import ctypes, subprocess
print("python")
sys.stdout.flush()
os.system("echo shell; echo shell error >&2")
os.write(1, b"descriptor\\n")
sys.stdout.buffer.write("bytes é\\n".encode())
sys.stdout.flush()
subprocess.run([sys.executable, "-c", "print('program')"])
ctypes.CDLL(None).printf(b"C library\\n")
ctypes.CDLL(None).fflush(None)
print("error text", file=sys.stderr, flush=True)
pid = os.fork()
if pid == 0:
    print("forked", flush=True)
    os._exit(0)
os.waitpid(pid, 0)
os.write(1, b"broken \\xff byte\\n")
ctypes.CDLL(None).printf(b"C library, held back\\n")
print("last, held back")
"""
    + END
)


def recorded_lines(run: RecordedRun) -> List[str]:
    return sorted(run.console().splitlines())


@pytest.mark.parametrize("joined", [False, True], ids=["two_pipes", "one_pipe"])
def test_redirect__everything_that_writes__is_shown_and_recorded(program: Program, joined: bool) -> None:
    """C libraries, shells, programs, raw writes; in the order written, where both streams are one file."""
    options: Dict[str, Any] = {"errors": "replace", **({"stderr": subprocess.STDOUT} if joined else {})}
    process, control = (program.start(EVERYTHING, *arguments, **options) for arguments in ([], ["control"]))
    (stdout, stderr), (control_stdout, control_stderr) = process.communicate(), control.communicate()
    assert (process.returncode, stdout, stderr) == (control.returncode, control_stdout, control_stderr)
    expected = control_stdout.splitlines() + (control_stderr or "").splitlines()
    (run,) = runs_in(program.folder)
    assert recorded_lines(run) == sorted(expected)
    assert sorted(run.output()) == sorted(expected)
    if joined:
        assert run.console().splitlines() == expected


def test_redirect__segfault__its_last_words_are_recorded(program: Program, wait_for: Callable[..., Any]) -> None:
    """faulthandler writes to the descriptor when Python is no more."""
    source = BEGIN + "import faulthandler, ctypes\nfaulthandler.enable()\nprint('before', flush=True)\nctypes.string_at(0)\n"
    process = program.start(source)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGSEGV and "Fatal Python error: Segmentation fault" in stderr
    (run,) = runs_in(program.folder)
    wait_for(lambda: "exit" in run.kinds() and "before\n" in run.console() and stderr in run.console())


COUNTING = (
    BEGIN
    + """
import signal, time

def write_lines(name, count):
    for number in range(count):
        os.write(1, b"%s %d\\n" % (name, number))

children = []
for child in range(2):
    children.append(os.fork())
    if not children[-1]:
        write_lines(b"child%d" % child, 20000)
        os._exit(0)
write_lines(b"creator", 20000)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
"""
    + END
)


def check_counted(lines: List[str]) -> None:
    for name in ("child0", "child1", "creator"):
        assert [line for line in lines if line.startswith(name)] == [f"{name} {number}" for number in range(20000)]
    assert len(lines) == 60000


def relays_of(run_dir: Path) -> List[psutil.Process]:
    """The processes of a run's relay: the one that moves bytes comes last."""
    found = []
    for process in psutil.process_iter():
        try:
            if "wandb.relay" in " ".join(process.cmdline()) and str(run_dir) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return sorted(found, key=lambda process: process.create_time())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_redirect__relay_killed_or_stopped_again_and_again__no_writer_notices(
    program: Program, wait_for: Callable[..., Any], how: signal.Signals
) -> None:
    """The kernel holds what is on its way; whoever comes next goes on from there, and doubles nothing."""
    with open(program.folder / "out", "wb") as out:
        process = program.start(COUNTING, stdout=out)
        hits = 0
        while process.poll() is None:
            folders = list(program.folder.glob("wandb/offline-run-*"))
            for relay in relays_of(folders[0])[1:] if folders else []:
                try:
                    relay.send_signal(how)
                    hits += 1
                except psutil.NoSuchProcess:
                    continue
    assert process.returncode == 0 and hits > 0, process.communicate()
    assert len((program.folder / "out").read_text().splitlines()) >= 60000
    (run,) = runs_in(program.folder)
    check_counted(run.console().splitlines())
    check_counted(run.output())


def test_redirect__all_of_the_relay_killed__the_run_ends_complete(program: Program) -> None:
    """Nobody is left to move the bytes: `log` starts another relay, or the end of the run does it."""
    source = (
        BEGIN
        + """
import psutil
for process in psutil.process_iter(["cmdline"]):
    command = " ".join(process.info["cmdline"] or ())
    if "relay.__main__" in command and run.id in command:
        process.kill()
for number in range(1000):
    os.write(1, b"line %d\\n" % number)
run.log({"a": 1})
"""
    )
    result = program(source).ok()
    expected = [f"line {number}" for number in range(1000)]
    assert result.stdout.splitlines() == expected == result.run.output()


def test_redirect__training_killed__what_it_wrote_is_shown_and_recorded(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """SIGKILL leaves no time for anything."""
    process = program.start(BEGIN + "os.write(1, b'x' * 100000 + b'\\nlast\\n')\nos.kill(os.getpid(), 9)\n")
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == -9
    assert stdout == "x" * 100000 + "\nlast\n"
    (run,) = runs_in(program.folder)
    wait_for(lambda: "exit" in run.kinds() and run.console() == stdout)


def test_redirect__program_that_outlives_the_run__is_recorded_to_its_end(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """A server that the training has started, in the background of a shell."""
    source = BEGIN + "import subprocess\nsubprocess.Popen('sleep 0.7; echo late', shell=True)\nprint('early')\n"
    process = program.start(source)
    stdout, _ = process.communicate(timeout=60)
    assert stdout == "early\nlate\n"
    (run,) = runs_in(program.folder)
    wait_for(lambda: run.kinds()[-1:] == ["exit"] and "late" in run.console())
    assert run.output() == ["early", "late"]


def test_redirect__many_runs_in_one_process__leave_nothing_behind(program: Program) -> None:
    """No descriptor, process or thread; the descriptors are what they were."""
    source = """
    import os, sys, threading, psutil, wandb
    settings = wandb.Settings(console="redirect", silent=True)
    before, opened = [os.fstat(number) for number in (1, 2)], []
    for number in range(12):
        with wandb.init(project="p", settings=settings):
            print("run", number)
        opened.append((len(os.listdir("/proc/self/fd")), threading.active_count()))
        assert [os.fstat(number)[:3] for number in (1, 2)] == [stat[:3] for stat in before]
    assert len(set(opened)) == 1, opened
    assert psutil.Process().children() == []
    """
    result = program(source).ok()
    assert result.stdout.splitlines() == [f"run {number}" for number in range(12)]
    assert sorted(run.output() for run in runs_in(program.folder)) == sorted([f"run {number}"] for number in range(12))


def test_redirect__two_runs_open_at_once__each_records_its_time(program: Program) -> None:
    """The second one stands on top of the first, and may end after it."""
    source = """
    import wandb
    settings = wandb.Settings(console="redirect", silent=True)
    first = wandb.init(project="p", settings=settings)
    print("one", flush=True)
    second = wandb.init(project="p", settings=settings, reinit="create_new")
    print("both", flush=True)
    first.finish()
    print("two", flush=True)
    second.finish()
    print("none")
    """
    result = program(source).ok()
    assert result.stdout.splitlines() == ["one", "both", "two", "none"]
    assert sorted(run.output() for run in runs_in(program.folder)) == [["both", "two"], ["one", "both"]]


def test_redirect__run_under_another__gives_its_descriptors_back_after_that_one(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """Its relay still has to lead on, to a slow reader, what the other one has shown when that one, too, ends."""
    process = program.start("""
    import os, wandb
    settings = wandb.Settings(console="redirect", silent=True)
    before = os.fstat(1)
    first = wandb.init(project="p", settings=settings)
    os.write(1, b"one\\n")
    second = wandb.init(project="p", settings=settings, reinit="create_new")
    first.finish()
    os.write(1, b"two" * 100000 + b"\\n")
    open("written", "w").close()
    second.finish()
    assert os.fstat(1)[:3] == before[:3]
    """)
    wait_for((program.folder / "written").exists)
    time.sleep(0.5)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (0, "one\n" + "two" * 100000 + "\n"), stderr
    assert sorted(run.output() for run in runs_in(program.folder)) == [["one"], ["two" * 100000]]


def test_redirect__streams_that_lead_elsewhere__are_recorded_too(program: Program) -> None:
    """A test runner's or a notebook's own sys.stdout has no descriptor; a closed descriptor has no text."""
    source = """
    import io, os, sys, wandb
    os.close(2)
    sys.stdout = io.StringIO()
    run = wandb.init(project="p", settings=wandb.Settings(console="redirect", silent=True))
    print("in memory")
    os.write(1, b"descriptor\\n")
    text, sys.stdout = sys.stdout.getvalue(), sys.__stdout__
    run.finish()
    assert text == "in memory\\n", text
    """
    result = program(source).ok()
    assert result.stdout == "descriptor\n"
    assert sorted(result.run.output()) == ["descriptor", "in memory"]


def test_redirect__reader_of_the_original_goes_away__the_program_goes_on_recorded(program: Program) -> None:
    """A lost terminal or a `| head` must not end a night of training."""
    process = program.start(BEGIN + "for number in range(20000): print('line', number)\n")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) == 0
    (run,) = runs_in(program.folder)
    assert run.output() == [f"line {number}" for number in range(20000)]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_redirect__disk_full__writers_go_on_and_what_is_missing_is_said(program: Program, tmp_path: Path) -> None:
    """No state of the disk makes a print fail or wait."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True)
    try:
        source = f"""
        import os, wandb
        run = wandb.init(project="p", dir={str(disk)!r}, settings=wandb.Settings(console="redirect", silent=True))
        print("first", flush=True)
        filler = os.open({str(disk / "filler")!r}, os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(filler, bytes(4096)):
                pass
        except OSError:
            pass
        for number in range(300):
            os.write(1, b"%099d\\n" % number)
        os.close(filler)
        os.unlink({str(disk / "filler")!r})
        print("last", flush=True)
        """
        result = program(source).ok()
        expected = ["first", *(f"{number:099}" for number in range(300)), "last"]
        assert result.stdout.splitlines() == expected
        (run,) = runs_in(disk)
        assert run.output() == expected
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
@pytest.mark.parametrize("kept", [False, True], ids=["nobody_writes", "a_writer_is_left"])
def test_redirect__program_puts_its_own_over_ours__nothing_stays_without_a_writer(
    program: Program, terminal: bool, kept: bool
) -> None:
    """Nobody can write to our pipe then, unless the program has kept a descriptor that leads there."""
    source = f"""
    import os, sys, wandb
    if {terminal}:
        master, slave = os.openpty()
        os.dup2(slave, 1)
        os.close(slave)
    opened = []
    for number in range(3):
        original = os.dup(1)
        run = wandb.init(project="p", settings=wandb.Settings(console="redirect", silent=True))
        print("ours", flush=True)
        saved = [os.dup(1)] if {kept} else []
        own = os.open("own.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(own, 1)
        os.close(own)
        print("own", flush=True)
        run.finish()
        for number in saved:
            os.write(number, b"later\\n")
            os.close(number)
        os.dup2(original, 1)
        os.close(original)
        opened.append(len(os.listdir("/proc/self/fd")))
    print(opened, file=sys.stderr)
    if {terminal}:
        text = b""
        while text.count(b"ours") < 3 or text.count(b"later") < 3 * {kept}:
            text += os.read(master, 4096)
    """
    result = program(source).ok()
    opened = json.loads(result.stderr.splitlines()[-1])
    if not kept:
        assert len(set(opened)) == 1
    assert (program.folder / "own.txt").read_text() == "own\n" * 3
    assert [run.output() for run in runs_in(program.folder)] == [["ours"]] * 3


@pytest.mark.parametrize("opens", [0, 30])
def test_redirect__our_descriptors_closed_by_the_program__its_own_files_are_left_alone(program: Program, opens: int) -> None:
    """A daemon closes what it does not know; the text goes on through the relay."""
    source = BEGIN + f"""
print("one", flush=True)
os.closerange(3, 4096)
files = [open(f"user{{number}}", "w") for number in range({opens})]
print("two", flush=True)
run.finish()
print("three", flush=True)
for file in files:
    assert os.fstat(file.fileno()).st_size == 0
    file.close()
"""
    result = program(source).ok()
    assert result.stdout.splitlines() == ["one", "two", "three"]
    assert all(path.read_text() == "" for path in program.folder.glob("user*"))


def test_redirect__characters_at_the_ends_of_frames__stay_whole(program: Program, wait_for: Callable[..., Any]) -> None:
    """A frame holds 64 KiB, and knows nothing of characters."""
    source = BEGIN + "os.write(1, b'a' + 'é'.encode() * 300000 + b'\\n')\nos._exit(0)\n"
    process = program.start(source)
    stdout, _ = process.communicate(timeout=60)
    assert stdout == "a" + "é" * 300000 + "\n"
    (run,) = runs_in(program.folder)
    wait_for(lambda: "exit" in run.kinds() and run.console() == stdout)


def test_redirect__limit_for_files__what_wrap_hears_is_recorded(program: Program) -> None:
    """The store is a file; with such a limit it could take no more at some time."""
    import resource

    source = BEGIN.replace("silent=True", "") + "for number in range(2000): print('line', number)\n"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    result = program(source, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50 << 20, limit))).ok()
    assert result.stdout.splitlines() == [f"line {number}" for number in range(2000)] == result.run.output()
    assert "console=redirect is not possible here" in result.stderr


def test_redirect__original_stream_slow_at_the_end__nothing_overtakes(program: Program) -> None:
    """What is written after `finish` comes behind what the relay still holds."""
    source = BEGIN + """
import wandb.sdk.installed as installed
installed._DRAIN_SECONDS = 0.2
for number in range(30000):
    print("line", number)
run.finish()
for number in range(30000, 31000):
    print("line", number)
"""
    process = program.start(source)
    assert process.wait(60) == 0  # nobody reads what is shown before the program has ended
    assert process.stdout is not None
    assert process.stdout.read().splitlines() == [f"line {number}" for number in range(31000)]


@pytest.mark.parametrize("order", ["first, second", "second, first"])
def test_redirect__runs_that_end_in_any_order__give_the_descriptors_back(program: Program, order: str) -> None:
    """The last one that ends takes off those below it, too."""
    source = f"""
    import os, psutil, wandb
    before = os.fstat(1)[:3]
    settings = wandb.Settings(console="redirect", silent=True)
    first = wandb.init(project="p", settings=settings)
    second = wandb.init(project="p", settings=settings, reinit="create_new")
    for run in ({order}):
        run.finish()
    assert os.fstat(1)[:3] == before
    print("after")
    """
    assert program(source).ok().stdout == "after\n"


def test_redirect__service_killed__what_comes_after_the_end_is_recorded(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """The relay is a process of the run that every service knows of."""
    source = BEGIN + """
import psutil, subprocess
psutil.Process(run._interface._service.pid).kill()
run._interface._next_look = run._interface._next_service_look = 0
run.log({"a": 1})
subprocess.Popen("sleep 1; echo late", shell=True)
print("early")
"""
    assert program(source).ok().stdout == "early\nlate\n"
    (run,) = runs_in(program.folder)
    wait_for(lambda: run.kinds()[-1:] == ["exit"] and "late" in run.console())


def test_redirect__run_folder_removed__nobody_waits_and_nothing_is_left(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """Nothing can come of it."""
    # Moved first: the helpers may be making files in it just now.
    source = BEGIN + "import shutil\nos.rename('wandb', 'gone')\nshutil.rmtree('gone', ignore_errors=True)\nprint('text')\n"
    result = program(source).ok()
    assert result.stdout == "text\n"
    wait_for(lambda: not relays_of(program.folder))
