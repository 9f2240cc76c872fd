"""Promise 2: the service is a reader; whatever happens to it, training goes on and nothing is missing."""

from __future__ import annotations

import os
import signal
from typing import Any, Callable

import psutil
import pytest

from tests.conftest import Finished, Program
from tests.recorded import RecordedRun, runs_in, told

TRAINING = """
    import os, sys, time, wandb
    run = wandb.init(project="p")
    service = run._interface._service.pid
    {before}
    for step in range(200):
        run.log({{"loss": step}})
        print("line", step)
        {during}
"""
KILL = "os.kill(service, 9)"


def check_complete(result: Finished) -> None:
    run = result.ok().run
    assert [row["loss"] for row in run.rows()] == list(range(200))
    assert [line for line in run.output() if not line.startswith("wandb: ")] == [f"line {step}" for step in range(200)]
    assert run.exit_code() == 0
    assert run.summary()["loss"] == 199
    assert run.kinds().count("exit") == 1


@pytest.mark.parametrize(
    "before, during",
    [
        (KILL, "pass"),
        ("pass", f"step == 100 and {KILL}"),
        ("time.sleep(0.5)", f"step == 199 and {KILL}"),
        ("again = lambda: vars(run._interface).update(_next_look=0, _next_service_look=0)", f"step in (50, 100) and ({KILL}, again())"),
    ],
    ids=["at_start", "in_the_middle", "at_the_end", "noticed_and_restarted"],
)
def test_service__killed__training_unaffected_and_record_complete(program: Program, before: str, during: str) -> None:
    """The out-of-memory killer likes helpers."""
    check_complete(program(TRAINING.format(before=before, during=during)))


def test_service__stopped__log_and_print_do_not_wait_and_finish_is_bounded(program: Program) -> None:
    """A stopped helper holds no lock and drains no pipe that a print could wait for."""
    source = TRAINING.format(before="os.kill(service, 19)", during="pass")
    process = program.start(source, env={"WANDB_FINISH_TIMEOUT": "1"})
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "not complete yet" in stderr
    run = runs_in(program.folder)[0]
    entries = run.entries()
    assert sum(entry.kind == "history" for entry in entries) == 200
    assert stdout.splitlines() == [f"line {step}" for step in range(200)]
    for stopped in psutil.process_iter(["cmdline"]):
        if str(run.path) in " ".join(stopped.info["cmdline"] or ()):
            stopped.kill()


def test_helpers__signals_of_batch_systems__pass_over_them(program: Program) -> None:
    """At a time limit, they send one to every process of a job, whichever session it is in."""
    result = program(
        """
        import os, psutil, signal, time, wandb
        run = wandb.init(project="p", settings=wandb.Settings(console="redirect"))

        def helpers():
            folder = os.path.dirname(run.dir)
            found = [process for process in psutil.process_iter(["cmdline"]) if process.pid != os.getpid()]
            return {process for process in found if any(folder in part for part in process.info["cmdline"] or ())}

        def ready():  # Python has begun, and ignores them
            masks = [open(f"/proc/{process.pid}/status").read().partition("SigIgn:")[2].split()[0] for process in helpers()]
            return len(masks) == 3 and all(int(mask, 16) >> signal.SIGTERM - 1 & 1 for mask in masks)

        while not ready():
            time.sleep(0.01)
        before = helpers()
        for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "TSTP", "ALRM", "XCPU"):
            for process in before:
                process.send_signal(getattr(signal, "SIG" + name))
        print("after", flush=True)
        assert helpers() == before and all(process.status() != "stopped" for process in before)
        run.finish()
        """,
        limit=30,
    ).ok()
    assert result.run.output() == ["after"] and "WARNING" not in result.stderr


def test_service__no_interpreter_to_start_it__finish_completes_the_run(program: Program) -> None:
    """An embedded interpreter, or a machine without room for a process."""
    source = TRAINING.replace("{before}", "pass").replace("{during}", "pass").replace("{{", "{").replace("}}", "}")
    source = source.replace("run = wandb.init", "sys.frozen = True; run = wandb.init", 1)
    source = source.replace("service = run._interface._service.pid", "assert run._interface._service is None")
    check_complete(program(source))


def test_service__killed_while_a_child_prints__nothing_is_lost(program: Program) -> None:
    """The child asks nobody whether the service lives."""
    result = program(
        """
        import os, wandb
        run = wandb.init(project="p")
        pid = os.fork()
        if pid == 0:
            for number in range(2000):
                print("child line", number)
                if number == 1000:
                    os.kill(run._interface._service.pid, 9)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        """
    )
    assert result.ok().run.output() == [f"child line {number}" for number in range(2000)]


def test_creator__killed_after_log__every_row_is_there_and_the_run_is_ended(
    program: Program, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """What `log` handed over outlives the process; the service ends the run in its place."""
    process = program.start(
        """
        import os, signal, wandb
        run = wandb.init(project="p", config={"lr": 0.5})
        for step in range(100):
            run.log({"loss": step})
        run.log({"loss": 100}, step=107)
        run.log({"extra": 1}, step=107)
        print("before the end")
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    run = runs_in(program.folder)[0]
    wait_for(lambda: "exit" in run.kinds())
    assert [row["loss"] for row in run.rows()] == list(range(101))
    assert (run.rows()[-1]["extra"], run.rows()[-1]["_step"]) == (1, 107)
    assert run.exit_code() == told(137)
    assert run.output() == ["before the end"]
    assert run.summary()["loss"] == 100
    assert "lr:" in run.file("config.yaml")


def test_creator_and_service__killed_at_once__the_next_reader_ends_the_run(program: Program) -> None:
    """Node loss: nobody is left; whoever opens the run later folds it, and a second time changes nothing."""
    process = program.start(
        """
        import os, wandb
        run = wandb.init(project="p")
        run.log({"loss": 1})
        pid = os.fork()
        if pid == 0:
            run.log({"child": 2})
            print("from the child")
            os._exit(0)
        os.waitpid(pid, 0)
        os.kill(run._interface._service.pid, 9)
        os.kill(os.getpid(), 9)
        """
    )
    process.communicate(timeout=60)
    run = runs_in(program.folder)[0]
    assert "exit" not in run.kinds()
    from wandb.sync.completion import finalize

    assert finalize(str(run.path)) == ""
    before = run.path.joinpath(f"run-{run.layout.run_id}.wandb").read_bytes()
    assert finalize(str(run.path)) == ""
    assert run.path.joinpath(f"run-{run.layout.run_id}.wandb").read_bytes() == before
    assert [(row.get("loss"), row.get("child"), row["_step"]) for row in run.rows()] == [(1, None, 0), (None, 2, 1)]
    assert run.output() == ["from the child"]
    assert run.exit_code() == 1


def test_fold__killed_half_way__is_run_again_and_nothing_doubles(program: Program) -> None:
    """The fold knows by writer and sequence what it has copied already."""
    program(
        """
        import os, wandb
        run = wandb.init(project="p")
        for child in range(3):
            pid = os.fork()
            if pid == 0:
                for number in range(20):
                    run.log({"child": child * 100 + number})
                    print("child", child, number)
                os._exit(0)
            os.waitpid(pid, 0)
        os.kill(run._interface._service.pid, 9)
        os.kill(os.getpid(), 9)
        """
    )
    run = runs_in(program.folder)[0]
    from wandb.sync.completion import finalize

    for allowed in range(0, 130, 9):
        pid = os.fork()
        if pid == 0:
            _finalize_with_limit(run, allowed)
        os.waitpid(pid, 0)
    assert finalize(str(run.path)) == ""
    rows = [row["child"] for row in run.rows()]
    assert rows == [child * 100 + number for child in range(3) for number in range(20)]
    assert run.console().count("\n") == 60
    assert run.kinds().count("exit") == 1


def _finalize_with_limit(run: RecordedRun, allowed: int) -> None:
    """In a child: the fold, killed after so many appended records."""
    from wandb.runlog.transaction_log import TransactionLog
    from wandb.sync.completion import finalize

    append = TransactionLog.append
    count = 0

    def limited(log: TransactionLog, payload: bytes) -> None:
        nonlocal count
        count += 1
        if count > allowed:
            os.kill(os.getpid(), signal.SIGKILL)
        append(log, payload)

    TransactionLog.append = limited  # type: ignore[method-assign]
    finalize(str(run.path))
    os._exit(0)
