"""Modules are loaded at their first use while other threads fork: by programs, in processes of their own."""

from __future__ import annotations

import os

import pytest

from tests.conftest import Program

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")

# A child that hangs is ended, and is what it is reported as.
CHILDREN = """
    import faulthandler, os, sys, threading, time
    def children(count, act):
        pids = []
        for _ in range(count):
            pid = os.fork()
            if not pid:
                faulthandler.dump_traceback_later(20, exit=True)
                act()
                os._exit(0)
            pids.append(pid)
        return [os.waitpid(pid, 0)[1] for pid in pids]
"""


@needs_fork
@pytest.mark.parametrize(
    "act",
    ["wandb.Histogram([1, 2])", "wandb.log({'page': wandb.Html('x')})", "wandb.log({'i': wandb.Image(zeros((2, 2)))})"],
)
def test_fork__while_another_thread_loads__leaves_a_child_that_can_load(program: Program, act: str) -> None:
    """CPython's lock of a half-loaded module does not survive a fork: the child would wait for ever."""
    source = f"""
        {CHILDREN.strip().replace(chr(10), chr(10) + '    ')}
        from numpy import zeros
        import wandb
        wandb.init()
        def act():
            {act}
        thread = threading.Thread(target=act)
        thread.start()
        print(children(12, act))
        thread.join()
        wandb.finish()
    """
    assert f"{[0] * 12}" in program(source).ok().stdout


@needs_fork
def test_fork__in_the_middle_of_a_module_of_ours__waits_for_its_end(program: Program) -> None:
    """For certain, and not by chance: the module goes on only once the fork has been asked for."""
    source = """
        import os, sys, threading, time
        from pathlib import Path
        Path("slowly_loaded.py").write_text("import program_events as e; e.begun.set(); e.asked.wait(); e.pause()")
        sys.path.insert(0, os.getcwd())
        import types
        events = sys.modules["program_events"] = types.ModuleType("program_events")
        events.begun, events.asked = threading.Event(), threading.Event()
        events.pause = lambda: time.sleep(0.2)
        from wandb.loading import load
        thread = threading.Thread(target=load, args=["slowly_loaded"])
        thread.start()
        events.begun.wait()
        events.asked.set()
        pid = os.fork()
        if not pid:
            is_whole = not getattr(sys.modules["slowly_loaded"].__spec__, "_initializing", False)
            os._exit(0 if is_whole else 1)
        print("child", os.waitpid(pid, 0)[1])
        thread.join()
    """
    assert "child 0" in program(source).ok().stdout


@needs_fork
def test_fork__by_the_module_that_is_loaded__waits_for_nobody_and_leaves_the_gate_open(program: Program) -> None:
    """A module may start processes; and what an exception leaves behind costs one wait, not one for each fork."""
    source = """
        import os, sys, threading
        from pathlib import Path
        import wandb.loading as loading
        Path("forking.py").write_text("import os; pid = os.fork(); pid or os._exit(0); status = os.waitpid(pid, 0)[1]")
        sys.path.insert(0, os.getcwd())
        print("child", loading.load("forking").status)
        seen = []
        thread = threading.Thread(target=lambda: (seen.append(loading._gate.acquire(False)), loading._gate.release()))
        thread.start()
        thread.join()
        print("open", seen, loading._under_way.get())
        loading._MOST_SECONDS = 0.1
        loading._under_way.get()["left behind"] = 1
        pid = os.fork()
        pid or os._exit(len(loading._under_way.get()))
        print("forgotten", os.waitpid(pid, 0)[1], loading._under_way.get())
    """
    ended = program(source).ok()
    assert "child 0" in ended.stdout and "open [True] {}" in ended.stdout and "forgotten 0 {}" in ended.stdout


def test_import__of_the_root__registers_no_hook(program: Program) -> None:
    """That comes with the first use of a name."""
    source = """
        import os
        calls = []
        os.register_at_fork = lambda **hooks: calls.append(hooks)
        import wandb
        print("hooks", len(calls))
        wandb.Histogram
        print("then", bool(calls))
    """
    ended = program(source).ok()
    assert "hooks 0" in ended.stdout and "then True" in ended.stdout
