"""Ways a program ends, or is interrupted: nothing that was handed over is lost, and nobody waits in vain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Program
from tests.recorded import runs_in

INTERRUPTED = """
    import json, os, random, signal, sys, wandb

    class Limit(Exception):
        pass

    def handler(*_):
        raise Limit

    signal.signal(signal.SIGALRM, handler)
    run = wandb.init(project="p")
    if sys.argv[1] == "child" and os.fork():
        assert os.wait()[1] == 0
        sys.exit(0)
    done = []
    for turn in range(400):
        try:  # around the whole: it may come between any two of the lines within
            try:
                signal.setitimer(signal.ITIMER_REAL, random.random() * 0.0008 + 0.00005)
                for number in range(20):
                    run.log({"n": turn * 20 + number})
                    done.append(turn * 20 + number)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Limit:
            pass
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    with open("done.json", "w") as file:
        json.dump(done, file)
    if sys.argv[1] == "child":
        os._exit(0)
"""


LIMITED = """
    import json, os, sys, wandb
    from tests.interruption import interrupted_everywhere
    from wandb.sdk import rows, run as run_module
    from wandb.sdk.interface import appender, interface
    from wandb.sdk.lib import redirect, serial, stream_tap, stream_teller
    from wandb.runlog import spool, transaction_log
    from wandb.wire import encode

    def limit(*_):
        raise TimeoutError

    def log(**options):
        global number
        number += 1
        run.log({"n": number}, **options)
        done.append(number)

    def body():
        log()
        print("text")
        log(step=run.step, commit=True)

    number, done = 0, []
    run = wandb.init(project="p")
    if sys.argv[1] == "child" and os.fork():
        assert os.wait()[1] == 0
        sys.exit(0)
    modules = [rows, run_module, interface, appender, redirect, serial, stream_tap, stream_teller]
    modules += [spool, transaction_log, encode]
    came_through = list(interrupted_everywhere(modules, lambda: None, body, limit))
    assert all(came_through) and len(came_through) > 50, came_through
    print("last")
    with open("done.json", "w") as file:
        json.dump(done, file)
    if sys.argv[1] == "child":
        os._exit(0)
"""


@pytest.mark.parametrize("who", ["creator", "child"])
def test_log_and_print__time_limit_strikes_anywhere__it_comes_through_and_no_row_is_lost(program: Program, who: str) -> None:
    """A handler's TimeoutError is an OSError, and must not pass for one of the disk's, nor end the capture."""
    result = program(LIMITED, who).ok()
    acknowledged = json.loads((result.folder / "done.json").read_text())
    rows = [row["n"] for row in result.run.rows()]
    assert set(acknowledged) <= set(rows)
    assert len(rows) == len(set(rows))
    assert result.run.output()[-1] == "last" and "WARNING" not in result.stderr
    report = json.loads((result.run.path / "logs" / "closing-report.json").read_text())
    assert report["damage"] == []


@pytest.mark.parametrize("who", ["creator", "child"])
def test_log__interrupted_by_handlers_that_raise__loses_no_row_that_was_acknowledged(program: Program, who: str) -> None:
    """Time limits, Ctrl-C caught by the program, notebook interrupts: any of them may come inside `log`."""
    result = program(INTERRUPTED, who).ok()
    done = json.loads((result.folder / "done.json").read_text())
    rows = [row["n"] for row in result.run.rows()]
    assert set(done) <= set(rows)
    assert len(rows) == len(set(rows))
    report = json.loads((result.run.path / "logs" / "closing-report.json").read_text())
    assert report["damage"] == []


def test_finish__in_a_signal_handler_that_interrupted_log__is_quick_and_complete(program: Program) -> None:
    """A preempted job has seconds, and its exit code and last records matter most."""
    result = program(
        """
        import os, signal, sys, threading, wandb
        wandb.init(project="p")

        def handler(*_):
            print("handler")
            wandb.log({"last": 1})
            wandb.finish(exit_code=9)
            sys.exit(9)

        signal.signal(signal.SIGTERM, handler)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        while True:
            wandb.log({"a": 1})
        """
    )
    assert result.status == 9, result.stderr
    assert "not complete yet" not in result.stderr, "waited in vain"
    assert result.run.exit_code() == 9
    assert "last" in result.run.rows()[-1]
    assert "handler" in result.run.output()


def test_children__that_outlive_the_main_module__are_recorded_to_their_end(program: Program) -> None:
    """multiprocessing joins them at exit; the run ends after that."""
    result = program(
        """
        import multiprocessing, time

        def work():
            import wandb
            for number in range(10):
                print("work", number)
                wandb.log({"w": number})
                time.sleep(0.02)

        if __name__ == "__main__":
            import wandb
            wandb.init(project="p")
            multiprocessing.get_context("fork").Process(target=work).start()
            print("main is done")
        """
    ).ok()
    assert sorted(result.run.output()) == sorted([f"work {number}" for number in range(10)] + ["main is done"])
    assert [row["w"] for row in result.run.rows()] == list(range(10))
    assert result.run.summary()["w"] == 9


def test_child__that_outlives_finish__reaches_the_record(program: Program, wait_for: object) -> None:
    """The fold makes a new end behind what came late, and takes no file away from a writer."""
    result = program(
        """
        import os, sys, time, wandb
        run = wandb.init(project="p")
        print("parent")
        pid = os.fork()
        if pid == 0:
            for number in range(20):
                print("child", number)
                run.log({"child": number})
                time.sleep(0.05)
            os._exit(0)
        time.sleep(0.2)
        run.finish(exit_code=3)
        os.waitpid(pid, 0)
        """
    ).ok()
    run = runs_in(result.folder)[0]
    wait_for(lambda: run.console().count("child") == 20)  # type: ignore[operator]
    wait_for(lambda: "exit" in run.kinds()[-1:])  # type: ignore[operator]
    assert [row["child"] for row in run.rows()] == list(range(20))
    assert run.kinds().count("exit") == 1 and run.exit_code() == 3
    assert sorted(run.output()) == sorted(["parent"] + [f"child {number}" for number in range(20)])
    wait_for(lambda: run.summary()["child"] == 19)  # type: ignore[operator]


@pytest.mark.parametrize("console", ["wrap", "redirect"])
def test_exit_handlers__older_than_the_run__print_into_its_record(program: Program, wait_for: Any, console: str) -> None:
    """They run behind ours; the first of all may say what came of the program. One that finishes by itself has ended."""
    source = """
        import atexit, sys
        atexit.register(lambda: (print("result: 7"), sys.stderr.write("closed\\n"), 1 / 0))
        import wandb
        run = wandb.init(project="p", id=sys.argv[2], settings=wandb.Settings(console=sys.argv[1], silent=True))
        print("training")
        if sys.argv[2] == "finish":
            run.finish()
        sys.exit(3)
    """
    for how in ("finish", "exit"):
        ended = program(source, console, how)
        assert (ended.status, ended.stdout) == (3, "training\nresult: 7\n")
        assert ended.stderr.startswith("closed\n") and "ZeroDivisionError" in ended.stderr
    second, first = sorted(runs_in(program.folder), key=lambda run: run.layout.run_id)
    assert first.output() == ["training"]
    wait_for(lambda: second.kinds()[-1:] == ["exit"] and "ZeroDivisionError" in second.console())
    assert [line for line in second.output() if line in ("training", "result: 7", "closed")] == ["training", "result: 7", "closed"]
    wait_for(lambda: not second.layout.spools())
    assert second.exit_code() == 3


def test_daemonized_program__parent_gone__the_child_is_recorded(program: Program, wait_for: object) -> None:
    """The run ends when no process of it is left."""
    result = program(
        """
        import os, time, wandb
        run = wandb.init(project="p")
        if os.fork():
            os._exit(0)
        for number in range(40):
            run.log({"child": number})
            time.sleep(0.05)
        os._exit(0)
        """
    ).ok()
    run = runs_in(result.folder)[0]
    wait_for(lambda: "exit" in run.kinds())  # type: ignore[operator]
    assert [row["child"] for row in run.rows()] == list(range(40))


def test_working_folder__deleted__neither_init_nor_finish_minds(program: Program, tmp_path: object) -> None:
    """Scratch folders vanish."""
    program(
        f"""
        import os, shutil, tempfile, wandb
        run = wandb.init(project="p", dir={str(tmp_path)!r})
        gone = tempfile.mkdtemp()
        os.chdir(gone)
        shutil.rmtree(gone)
        run.log({{"a": 1}})
        run.finish()
        wandb.init(mode="disabled").finish()
        wandb.init(project="p", dir={str(tmp_path)!r}).finish()
        """
    ).ok()
    assert [run.exit_code() for run in runs_in(tmp_path)] == [0, 0]  # type: ignore[arg-type]


def test_run_folder__removed_during_the_run__finish_says_so_and_does_not_wait(program: Program) -> None:
    """Nothing can come of it."""
    result = program(
        """
        import os, shutil, time, wandb
        run = wandb.init(project="p")
        time.sleep(1.5)
        os.rename(run.sync_dir, "gone")  # first: the helper may be making a file in it just now
        shutil.rmtree("gone", ignore_errors=True)
        run.log({"a": 1})
        print("x")
        """
    ).ok()
    assert "has been removed" in result.stderr and "every record is on disk" not in result.stderr


def test_descriptors__more_than_a_thousand__log_and_finish_work(program: Program) -> None:
    """select() can't take them; memory-mapped data sets have them."""
    result = program(
        """
        import os, resource, wandb
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
        held = [os.open("/dev/null", 0) for _ in range(1100)]
        run = wandb.init(project="p")
        run._interface._next_look = run._interface._next_service_look = 0
        run.log({"a": 1})
        """
    ).ok()
    assert result.run.exit_code() == 0 and "Traceback" not in result.stderr


def test_program__frozen_or_embedding__is_never_started_as_the_helper(program: Program) -> None:
    """There `sys.executable` is the program itself, which would start itself without end."""
    result = program(
        """
        import os, sys
        with open("starts", "a") as file:
            file.write("x")
        if os.path.getsize("starts") > 1:
            sys.exit("started again")
        with open("app", "w") as file:
            file.write(f"#!/bin/sh\\nexec {sys.executable} {os.path.abspath(__file__)}\\n")
        os.chmod("app", 0o755)
        sys.executable, sys.frozen = os.path.abspath("app"), True
        import wandb
        with wandb.init(project="p") as run:
            run.log({"a": 1})
        """
    ).ok()
    assert (result.folder / "starts").read_text() == "x"
    assert result.run.rows()[0]["a"] == 1 and result.run.exit_code() == 0


def test_unbuffered_interpreter__text_and_bytes__are_each_recorded_once(program: Program) -> None:
    """`python -u` is the normal mode in containers."""
    source = 'import sys, wandb\nwandb.init(project="p")\nsys.stdout.buffer.write(b"bytes\\n")\nprint("text")\n'
    result = program(source, env={"PYTHONUNBUFFERED": "1"}).ok()
    assert result.run.output() == ["bytes", "text"] == result.stdout.split()


def test_init__interrupted_by_a_handler_that_raises__leaves_nothing_installed(program: Program) -> None:
    """A time limit around `init`, tried again until it works."""
    program(
        """
        import random, signal, sys
        import wandb
        wandb.init(mode="disabled").finish()

        class Limit(Exception):
            pass

        def handler(*_):
            raise Limit

        signal.signal(signal.SIGALRM, handler)
        for _ in range(15):
            try:
                signal.setitimer(signal.ITIMER_REAL, random.random() * 0.05 + 0.001)
                run = wandb.init(project="p", reinit="create_new")
                signal.setitimer(signal.ITIMER_REAL, 0)
                run.finish()
            except Limit:
                pass
        signal.setitimer(signal.ITIMER_REAL, 0)
        wandb.teardown()
        assert "write" not in vars(sys.stdout), vars(sys.stdout)
        """,
        env={"WANDB_SILENT": "true"},
    ).ok()


@pytest.mark.parametrize("exit_code, found", [(1, True), (0, False)])
def test_resume_auto__after_a_failed_run__finds_its_id(program: Program, exit_code: int, found: bool) -> None:
    """The file of the public layout, left behind by a run that did not end well."""
    program(
        f"""
        import wandb
        first = wandb.init(project="p", resume="auto")
        first.finish(exit_code={exit_code})
        second = wandb.init(project="p", resume="auto")
        assert (first.id == second.id) is {found}
        """
    ).ok()


def test_fork_from__is_in_the_run_record(program: Program) -> None:
    """What can't be done yet must at least be known when the run is sent."""
    run = program("import wandb\nrun = wandb.init(project='p', fork_from='other?_step=7')\nrun.log({'a': 1})\n").ok().run
    record = run.records()[1].run
    assert (record.branch_point.run, record.branch_point.value, record.branch_point.metric) == ("other", 7.0, "_step")
    assert record.starting_step == 8 and run.rows()[0]["_step"] == 8


@pytest.mark.parametrize("console", ["wrap", "redirect"])
@pytest.mark.parametrize("new", ["open('log', 'w')", "None"])
def test_stdout__replaced_with_text_in_its_buffer__shows_that_at_the_end(program: Program, new: str, console: str) -> None:
    """The old stream flushes itself when nobody has it any more; a patch that is left on it would prevent that."""
    result = program(
        f"""
        import sys, wandb
        run = wandb.init(project="p", settings=wandb.Settings(console={console!r}))
        print("first")
        sys.stdout = {new}
        print("second")
        """
    ).ok()
    assert result.stdout == "first\n"
    assert "first" in result.run.output()
    if new != "None":
        assert (program.folder / "log").read_text() == "second\n"
