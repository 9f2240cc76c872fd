"""Promise 1: whatever any process of a run logs or prints is in the run's record."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from tests.conftest import Program
from tests.recorded import runs_in
from wandb.wire.decode import record_kind, writer_of


def console_lines(records: List[Any]) -> List[str]:
    """The lines of the raw console output, put together for each writer and stream: writers may take turns within one."""
    texts: Dict[Tuple[str, int], str] = {}
    for record in records:
        if record_kind(record) == "output_raw":
            source = writer_of(record.uuid)[0], record.output_raw.output_type
            texts[source] = texts.get(source, "") + record.output_raw.line
    return [line for text in texts.values() for line in text.splitlines()]


WORKERS = """
    import multiprocessing, os, sys
    print("main imported in", multiprocessing.current_process().name)

    def work(number):
        print("hello from worker", number)
        sys.stdout.buffer.write(b"bytes from worker %d\\n" % number)
        sys.stderr.write("error from worker %d\\n" % number)

    if __name__ == "__main__":
        import wandb
        context = multiprocessing.get_context(sys.argv[1])
        with wandb.init(project="p"):
            workers = [context.Process(target=work, args=(number,)) for number in range(3)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
                assert worker.exitcode == 0, worker.exitcode
            print("parent is done")
"""


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_print__in_workers__is_on_the_terminal_and_in_the_record_once(program: Program, how: str) -> None:
    """The seed bug: a printing worker died; later releases drop what it printed."""
    result = program(WORKERS, how).ok()
    console = console_lines(result.run.records())
    for number in range(3):
        for line in (f"hello from worker {number}", f"bytes from worker {number}"):
            assert result.stdout.splitlines().count(line) == 1
            assert result.run.output().count(line) == 1
            assert console.count(line) == 1
        assert result.run.output().count(f"error from worker {number}") == 1
    assert result.run.output().count("parent is done") == 1
    if how != "fork":  # the child imports the main module anew, before it does anything else
        assert sum("main imported in" in line for line in result.run.output()) == 3


def test_print__in_grandchildren_of_mixed_kinds__is_in_the_record(program: Program) -> None:
    """Depth does not matter, nor does the kind of process above."""
    result = program(
        """
        import multiprocessing, os

        def leaf(tag):
            print("leaf", tag)

        def branch(how):
            print("branch", how)
            child = multiprocessing.get_context(how).Process(target=leaf, args=(how,))
            child.start()
            child.join()

        if __name__ == "__main__":
            import wandb
            wandb.init(project="p")
            for outer in ("fork", "spawn"):
                for inner in ("fork", "spawn"):
                    child = multiprocessing.get_context(outer).Process(target=branch, args=(inner,))
                    child.start()
                    child.join()
        """
    ).ok()
    for how in ("fork", "spawn"):
        assert result.run.output().count(f"leaf {how}") == 2
        assert result.run.output().count(f"branch {how}") == 2


def test_log__in_forked_and_spawned_children__rows_are_numbered_once(program: Program) -> None:
    """Two processes never count the same steps: the creator's rows keep theirs, the others follow."""
    result = program(
        """
        import multiprocessing

        def forked(number):
            import wandb
            wandb.log({"forked": number})
            wandb.finish()

        def spawned(run, number):
            run.log({"spawned": number})
            run.finish()

        if __name__ == "__main__":
            import wandb
            run = wandb.init(project="p")
            run.log({"parent": 0})
            children = [multiprocessing.get_context("fork").Process(target=forked, args=(n,)) for n in range(2)]
            children += [multiprocessing.get_context("spawn").Process(target=spawned, args=(run, n)) for n in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join()
                assert child.exitcode == 0, child.exitcode
            run.log({"parent": 1})
        """
    ).ok()
    rows = result.run.rows()
    assert [row["parent"] for row in rows if "parent" in row] == [0, 1]
    assert sorted(row["forked"] for row in rows if "forked" in row) == [0, 1]
    assert sorted(row["spawned"] for row in rows if "spawned" in row) == [0, 1]
    assert [row["_step"] for row in rows] == list(range(6))
    assert result.run.exit_code() == 0
    assert result.run.summary()["parent"] == 1


def test_print__child_ended_by_os_exit_and_by_sigkill__lines_before_are_in_the_record(program: Program) -> None:
    """What a print handed over does not depend on how its process ends."""
    result = program(
        """
        import os, signal, sys, wandb
        wandb.init(project="p")
        for name, end in (("exit", lambda: os._exit(3)), ("kill", lambda: os.kill(os.getpid(), signal.SIGKILL))):
            pid = os.fork()
            if pid == 0:
                print("last words before", name)
                end()
            os.waitpid(pid, 0)
        """
    ).ok()
    assert "last words before exit" in result.run.console()
    assert "last words before kill" in result.run.console()


def test_fork__while_threads_print_and_log__child_neither_hangs_nor_loses(program: Program) -> None:
    """A lock that was copied while a thread held it must not be touched by the child."""
    result = program(
        """
        import gc, os, threading, wandb
        run = wandb.init(project="p")
        stop = threading.Event()

        def noise(name):
            while not stop.is_set():
                run.log({"noise": 1})
                print("noise", name)

        threads = [threading.Thread(target=noise, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for number in range(30):
            pid = os.fork()
            if pid == 0:
                print(f"child {number}")  # in one piece: a follower's look between two would split a line
                run.log({"child": number})
                gc.collect()
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        stop.set()
        for thread in threads:
            thread.join()
        """
    ).ok()
    for number in range(30):
        assert result.run.output().count(f"child {number}") == 1
    assert sorted(row["child"] for row in result.run.rows() if "child" in row) == list(range(30))


def test_print__many_threads_at_once__no_line_is_lost_or_mixed(program: Program) -> None:
    """Upstream drops lines of threads that print at the same time."""
    result = program(
        """
        import threading, wandb
        wandb.init(project="p")
        def work(name):
            for number in range(500):
                print(f"{name}-{number}\\n", end="")
        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """
    ).ok()
    expected = sorted(f"{name}-{number}" for name in "abcd" for number in range(500))
    assert sorted(result.run.output()) == expected
    assert sorted(result.stdout.splitlines()) == expected


def test_child_s_exit__forked_and_spawned__never_ends_the_parent_s_run(program: Program) -> None:
    """Exit hooks, finish and a crash of a child belong to the child."""
    result = program(
        """
        import multiprocessing, os, sys

        def leave(how):
            import wandb
            if how == "finish":
                wandb.finish()
            elif how == "exit":
                sys.exit(5)
            else:
                raise RuntimeError("child fails")

        if __name__ == "__main__":
            import wandb
            run = wandb.init(project="p")
            for how in ("finish", "exit", "raise"):
                child = multiprocessing.get_context("fork").Process(target=leave, args=(how,))
                child.start()
                child.join()
                print("ended with", child.exitcode)
            pid = os.fork()
            if pid == 0:
                sys.exit(7)
            os.waitpid(pid, 0)
            run.log({"after": 1})
        """
    ).ok()
    assert [line for line in result.run.output() if "ended with" in line] == ["ended with 0", "ended with 5", "ended with 1"]
    assert result.run.rows()[-1]["after"] == 1
    assert result.run.exit_code() == 0
    assert "RuntimeError: child fails" in result.run.console()
    assert result.run.kinds().count("exit") == 1


def test_init__in_a_forked_child__is_a_run_of_its_own(program: Program) -> None:
    """A pool worker that tracks its own trial must not write into its parent's run."""
    result = program(
        """
        import os, sys, wandb
        parent = wandb.init(project="parent")
        pid = os.fork()
        if pid == 0:
            run = wandb.init(project="child")
            assert run is not parent
            run.log({"child": 1})
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        parent.log({"parent": 1})
        """
    )
    assert result.status == 0, result.stderr
    rows = sorted(str(sorted(set(run.rows()[0]) & {"parent", "child"})) for run in runs_in(result.folder))
    assert rows == ["['child']", "['parent']"]
    assert [run.exit_code() for run in runs_in(result.folder)] == [0, 0]


def test_fork__with_hooks_of_the_program_that_log_and_print__each_row_and_line_is_there_once(program: Program) -> None:
    """Registered before the run begins and after: the guards of a new process don't depend on the order of hooks."""
    result = program(
        """
        import os, sys, wandb

        def register(when):
            def hook(where):
                def call():
                    print("line", when, where, len(done))
                    if wandb.run is not None:
                        wandb.log({f"{when}_{where}": len(done)})
                return call
            os.register_at_fork(before=hook("before"), after_in_parent=hook("parent"), after_in_child=hook("child"))

        done = []
        register("early")
        run = wandb.init(project="p")
        register("late")
        for number in range(3):
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            done.append(number)
        """
    ).ok()
    names = [f"{when}_{where}" for when in ("early", "late") for where in ("before", "parent", "child")]
    rows = [(key, row[key]) for row in result.run.rows() for key in row if key in names]
    assert sorted(rows) == sorted((name, number) for name in names for number in range(3))
    expected = sorted(f"line {name.replace('_', ' ')} {number}" for name in names for number in range(3))
    assert sorted(result.run.output()) == sorted(console_lines(result.run.records())) == expected


def test_log_and_print__in_a_pseudo_terminal_s_child_and_in_preexec__are_in_the_record_once(program: Program) -> None:
    """Forks that are neither `os.fork` nor multiprocessing's."""
    result = program(
        """
        import os, subprocess, sys, wandb
        run = wandb.init(project="p")

        def act(name):
            print("line", name)
            run.log({"name": name})

        subprocess.run([sys.executable, "-c", ""], preexec_fn=lambda: act("preexec"), check=True)
        pid, terminal = os.forkpty()
        if pid == 0:
            act("terminal")
            sys.stdout.flush()
            os._exit(0)
        try:
            while os.read(terminal, 100):
                pass
        except OSError:
            pass  # its end, on Linux
        assert os.waitpid(pid, 0)[1] == 0
        act("parent")
        """
    ).ok()
    assert sorted(row["name"] for row in result.run.rows()) == ["parent", "preexec", "terminal"]
    assert sorted(console_lines(result.run.records())) == ["line parent", "line preexec", "line terminal"]


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_init__in_children_while_another_thread_begins_and_ends_runs__each_run_has_its_rows(
    program: Program, method: str
) -> None:
    """The first use of the package is in a thread, the forks fall into the middle of it; forkserver loads it ahead."""
    result = program(
        """
        import multiprocessing, sys, threading

        def work(number):
            import wandb
            with wandb.init(project="child") as run:
                run.log({"child": number})

        def runs():
            import wandb
            for number in range(3):
                with wandb.init(project="parent") as run:
                    run.log({"parent": number, "values": wandb.Histogram([1, 2])})

        if __name__ == "__main__":
            import wandb
            context = multiprocessing.get_context(sys.argv[1])
            if sys.argv[1] == "forkserver":
                context.set_forkserver_preload(["wandb", "wandb.sdk.init"])
            thread = threading.Thread(target=runs)
            thread.start()
            for number in range(4):
                child = context.Process(target=work, args=(number,))
                child.start()
                child.join(30)
                assert child.exitcode == 0, child.exitcode
            thread.join()
        """,
        method,
    )
    assert result.status == 0, result.stderr
    rows = [row for run in runs_in(result.folder) for row in run.rows()]
    assert sorted(row["parent"] for row in rows if "parent" in row) == [0, 1, 2]
    assert sorted(row["child"] for row in rows if "child" in row) == [0, 1, 2, 3]
    assert [run.exit_code() for run in runs_in(result.folder)] == [0] * 7
