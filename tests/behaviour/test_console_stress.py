"""Many threads and processes print at once while others fork and helpers are killed: every line, once, in its order."""

from __future__ import annotations

from typing import List

import pytest

from tests.conftest import Program

LINES = 10_000
THREADS, CHILDREN = 8, 4

STRESS = """
    import os, sys, threading, time, psutil, wandb

    run = wandb.init(project="p", settings=wandb.Settings(console=sys.argv[1], silent=True))

    def write_lines(name):
        for number in range({lines}):
            if sys.argv[1] == "wrap":
                sys.stdout.write(f"{{name}} {{number}}\\n")
            else:  # before CPython 3.12.5 its own text streams mix up what threads write at the same time
                os.write(1, f"{{name}} {{number}}\\n".encode())

    def fork_again_and_again():
        while not ended.is_set():
            pid = os.fork()
            if not pid:
                os._exit(0)
            os.waitpid(pid, 0)
            time.sleep(0.01)

    def kill_helpers():
        for _ in range(2):
            time.sleep(0.3)
            relays = {{}}
            for process in psutil.process_iter(["cmdline", "ppid"]):
                command = " ".join(process.info["cmdline"] or ())
                if "relay.__main__" in command and run.id in command:
                    relays[process.pid] = process
            for process in relays.values():
                if process.info["ppid"] in relays:
                    process.kill()
            psutil.Process(run._interface._service.pid).kill()
            run._interface._next_look = run._interface._next_service_look = 0
            run.log({{"kill": 1}})

    ended = threading.Event()
    children = []
    for child in range({children}):
        children.append(os.fork())
        if not children[-1]:
            write_lines(f"child{{child}}")
            sys.stdout.flush()
            os._exit(0)
    threads = [threading.Thread(target=write_lines, args=(f"thread{{number}}",)) for number in range({threads})]
    others = [threading.Thread(target=fork_again_and_again), threading.Thread(target=kill_helpers)]
    for thread in threads + others:
        thread.start()
    for thread in threads + others[1:]:
        thread.join()
    ended.set()
    others[0].join()
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
"""


def lines_of(lines: List[str], name: str) -> List[str]:
    return [line for line in lines if line.startswith(name)]


@pytest.mark.parametrize("mode", ["wrap", "redirect"])
def test_print__by_threads_and_children_while_helpers_are_killed__is_recorded_once_and_in_order(
    program: Program, mode: str
) -> None:
    """Upstream drops all of the children's lines, and most of those of threads that print at the same time."""
    result = program(STRESS.format(lines=LINES, threads=THREADS, children=CHILDREN), mode).ok()
    shown = result.stdout.splitlines()
    names = [f"child{number}" for number in range(CHILDREN)] + [f"thread{number}" for number in range(THREADS)]
    texts = {"shown": shown, "output.log": result.run.output(), "record": result.run.console().splitlines()}
    for where, text in texts.items():
        found = {name: lines_of(text, f"{name} ") for name in names}
        assert {name: len(lines) for name, lines in found.items()} == dict.fromkeys(names, LINES), where
        for name in names:
            assert found[name] == [f"{name} {number}" for number in range(LINES)], where
    assert lines_of(result.run.console().splitlines(), "thread") == lines_of(shown, "thread")


def test_log__while_a_signal_handler_and_a_thread_print__nobody_waits_for_ever(program: Program) -> None:
    """The handler waits for the stream that the thread holds, the thread for the log that the main thread is in."""
    result = program(
        """
        import signal, threading, time, wandb

        def handler(*_):
            global handled
            handled += 1
            print(f"handler {handled}\\n", end="")
            signal.setitimer(signal.ITIMER_REAL, 0.0005)

        def work():
            number = 0
            while not ended:
                print(f"thread {number}\\n", end="")
                number += 1

        handled, ended = 0, False
        run = wandb.init(project="p")
        signal.signal(signal.SIGALRM, handler)
        thread = threading.Thread(target=work)
        thread.start()
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        while handled < 100:
            run.log({"handled": handled})
        signal.setitimer(signal.ITIMER_REAL, 0)
        ended = True
        thread.join()
        """
    ).ok()
    for name, first in (("thread", 0), ("handler", 1)):
        recorded = [line for line in result.run.output() if line.startswith(name)]
        assert recorded == [f"{name} {number}" for number in range(first, first + len(recorded))]
        assert len(recorded) == len([line for line in result.stdout.splitlines() if line.startswith(name)]) > 20


def test_recursion__ends_within_print_and_log__other_threads_go_on_recorded(program: Program) -> None:
    """At the stack's end not even our own cleaning up has room for a call; a lock left behind would hold everybody."""
    result = program(
        """
        import sys, threading, wandb

        def at_depth(depth, call):
            return at_depth(depth - 1, call) if depth else call()

        def work(name):
            calls = [lambda: sys.stdout.write("deep\\n"), lambda: run.log({"deep": 1}), lambda: sys.stdout.flush()]
            for depth in range(sys.getrecursionlimit() - 100, sys.getrecursionlimit()):
                for call in calls:
                    try:
                        at_depth(depth, call)
                    except RecursionError:
                        pass
            for number in range(10):
                print(name, number)
                run.log({name: number})

        run = wandb.init(project="p", settings=wandb.Settings(silent=True))
        for name in ("main", "other"):
            thread = threading.Thread(target=work, args=(name,))
            (thread.start if name == "other" else thread.run)()
        thread.join()
        """
    ).ok()
    assert result.stderr == ""
    lines = [f"{name} {number}" for name in ("main", "other") for number in range(10)]
    assert [line for line in result.stdout.splitlines() if line != "deep"] == lines
    assert [line for line in result.run.output() if line != "deep"] == lines
    for name in ("main", "other"):
        assert [row[name] for row in result.run.rows() if name in row] == list(range(10))
