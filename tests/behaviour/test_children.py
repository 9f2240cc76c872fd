"""Children that log and print while the run is ended, or after it: nothing of them is lost, nothing out of order."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Callable, List

import psutil
import pytest

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in


def lines_of(run: RecordedRun, name: str) -> List[str]:
    return [line for line in run.output() if line.startswith(f"{name} ")]


def test_children__busy_while_the_run_is_ended__lose_nothing(program: Program, wait_for: Callable[..., Any]) -> None:
    """The spool is folded while they append to it, and removed only when none of them lives."""
    process = program.start(
        """
        import os, sys, time, wandb
        run = wandb.init(project="p")
        for child in range(3):
            if not os.fork():
                for number in range(8000):
                    print(f"child{child} {number}")
                    if number % 100 == 0:
                        run.log({"child": child, "n": number})
                sys.stdout.flush()
                os._exit(0)
        time.sleep(0.1)
        run.finish()
        for child in range(3):
            os.wait()
        """
    )
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    (run,) = runs_in(program.folder)
    wait_for(lambda: not run.layout.spools() and run.kinds()[-1] == "exit")
    for child in range(3):
        expected = [f"child{child} {number}" for number in range(8000)]
        assert lines_of(run, f"child{child}") == expected
        assert [line for line in run.console().splitlines() if line.startswith(f"child{child} ")] == expected
        assert [row["n"] for row in run.rows() if row.get("child") == child] == list(range(0, 8000, 100))
    steps = [row["_step"] for row in run.rows()]
    assert sorted(steps) == list(range(len(steps)))


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_children__creator_killed__are_recorded_to_their_end(
    program: Program, wait_for: Callable[..., Any], method: str
) -> None:
    """Spawned ones have joined the run by name; the service waits for them."""
    process = program.start(
        f"""
        import multiprocessing, os, time

        def work(number):
            for line in range(8):
                print(f"worker{{number}} {{line}}", flush=True)
                time.sleep(0.3)

        if __name__ == "__main__":
            import wandb
            run = wandb.init(project="p")
            context = multiprocessing.get_context({method!r})
            for number in range(2):
                context.Process(target=work, args=(number,)).start()
            while len(open("out").read().splitlines()) < 4:
                time.sleep(0.02)
            os.kill(os.getpid(), 9)
        """,
        stdout=open(program.folder / "out", "wb"),  # noqa: SIM115
    )
    assert process.wait(60) == -9
    (run,) = runs_in(program.folder)
    wait_for(lambda: not run.layout.spools() and run.kinds()[-1] == "exit")
    for number in range(2):
        assert lines_of(run, f"worker{number}") == [f"worker{number} {line}" for line in range(8)]


def test_child__outlives_the_run_and_its_service__a_person_completes_it(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """`python -m wandb.service RUN_DIR` is what the README names for it; it describes no machine a second time."""
    process = program.start(
        """
        import os, sys, time, wandb
        run = wandb.init(project="p")
        service = run._interface._service.pid
        if not os.fork():
            os.close(1)
            while not os.path.exists("go"):
                time.sleep(0.05)
            run.log({"late": 1})
            os._exit(0)
        run.finish()
        print(service)
        """
    )
    assert process.stdout is not None
    service = int(process.stdout.readline())
    assert process.wait(60) == 0
    psutil.Process(service).kill()
    (program.folder / "go").touch()
    (run,) = runs_in(program.folder)
    wait_for(lambda: any(b"late" in Path(path).read_bytes() for path in run.layout.spools()))
    before = run.kinds()
    assert psutil.Popen([sys.executable, "-m", "wandb.service", str(run.path)], env=program.environment).wait(60) == 0
    assert [row["late"] for row in run.rows()] == [1] and run.exit_code() == 0
    assert run.kinds().count("environment") == before.count("environment") == 1
    assert run.layout.spools() == []


@pytest.mark.parametrize("last", [256, 5000])
def test_descriptors__closed_by_the_program__records_go_to_no_other_file(program: Program, last: int) -> None:
    """A daemon closes what it does not know, and its own files get the old numbers."""
    result = program(
        f"""
        import os, resource, wandb
        run = wandb.init(project="p")
        run.log({{"n": 0}})
        if not os.fork():
            run.log({{"child": 0}})
            os.closerange(3, {last})
            run.log({{"child": 1}})
            os._exit(0)
        os.wait()
        os.closerange(3, {last})
        files = [open(f"user{{number}}", "w+b") for number in range(20)]
        for number in range(1, 5):
            run.log({{"n": number}})
            print("line", number)
        run.finish()
        for file in files:
            assert file.read() == b""
        """
    ).ok()
    assert [row["n"] for row in result.run.rows() if "n" in row] == list(range(5))
    assert [row["child"] for row in result.run.rows() if "child" in row] == [0, 1]
    assert result.run.output() == [f"line {number}" for number in range(1, 5)]


def test_children__log_after_the_run_has_ended_more_than_once__their_rows_have_steps_of_their_own(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """Each fold goes on with the steps where the one before it has stopped."""
    process = program.start(
        """
        import os, sys, time, wandb
        run = wandb.init(project="p")
        run.log({"n": 0})
        if not os.fork():
            os.close(1)
            run.log({"n": 1})
            sys.stdin.readline()
            run.log({"n": 2})
            os._exit(0)
        time.sleep(0.2)
        run.finish()
        """,
        stdin=-1,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdout.read()
    (run,) = runs_in(program.folder)
    wait_for(lambda: [row["n"] for row in run.rows()] == [0, 1])
    process.communicate("go on\n", timeout=60)
    wait_for(lambda: not run.layout.spools())
    assert [(row["n"], row["_step"]) for row in run.rows()] == [(0, 0), (1, 1), (2, 2)]


def test_child__in_the_middle_of_a_line_at_the_end_of_the_run__has_its_line_in_one_piece(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """Readers of the public format know one current line for all writers: what a child has not ended waits for it."""
    program(
        """
        import os, sys, wandb
        run = wandb.init(project="p")
        half, go, end = os.pipe(), os.pipe(), os.pipe()
        if not os.fork():
            sys.stdout.write("half ")
            sys.stdout.flush()
            os.write(half[1], b"x")
            os.read(end[0], 1)
            print("line", flush=True)
            os._exit(0)
        if not os.fork():
            os.read(go[0], 1)
            print("other", flush=True)
            os.write(end[1], b"x")
            os._exit(0)
        os.read(half[0], 1)
        run.finish()
        os.write(go[1], b"x")
        os.wait(), os.wait()
        """
    ).ok()
    (run,) = runs_in(program.folder)
    wait_for(lambda: "line\n" in run.console() and run.kinds()[-1] == "exit")
    assert "half line\n" in run.console() and "other\n" in run.console()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("who", ["creator", "child"])
def test_privileges__dropped_during_the_run__lose_nothing(program: Program, who: str) -> None:
    """A sandbox for code that nobody trusts: from then on the process may open no file of the run's folder."""
    result = program(
        """
        import os, sys, wandb

        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

        run = wandb.init(project="p")
        if sys.argv[1] == "creator":
            drop()
        for number in range(2):
            if not os.fork():
                if sys.argv[1] == "child":
                    drop()
                run.log({"k": number})
                print("child", number, flush=True)
                os._exit(0)
            os.wait()
        run.log({"k": 2})
        """,
        who,
    ).ok()
    assert sorted(row["k"] for row in result.run.rows()) == [0, 1, 2]
    assert result.run.output() == ["child 0", "child 1"]
    assert result.run.exit_code() == 0 and "WARNING" not in result.stderr
