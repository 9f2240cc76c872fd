"""Is the service alive? Each kind of process asks in the only way that is right for it, and never asks the wrong one."""

from __future__ import annotations

import pytest

from tests.conftest import Program

ASK = """
    import multiprocessing, os, sys, time, wandb

    def ask(run):
        print("ALIVE", run._interface.service_is_alive(), flush=True)

    def in_child(how, run):
        if how == "os.fork":
            pid = os.fork()
            if pid == 0:
                ask(run)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            return
        child = multiprocessing.get_context(how).Process(target=ask, args=(run,))
        child.start()
        child.join()
        assert child.exitcode == 0, child.exitcode

    def kill_and_wait(run):
        os.kill(run._interface._service.pid, 9)
        while os.path.exists(f"/proc/{run._interface._service.pid}"):
            time.sleep(0.01)
"""


@pytest.mark.parametrize("how", ["os.fork", "fork", "spawn", "forkserver"])
def test_service_is_alive__asked_by_a_child__looks_at_the_process_table(program: Program, how: str) -> None:
    """A handle that belongs to the parent raises, or answers "ended" for a running program."""
    result = program(
        ASK
        + f"""
    if __name__ == "__main__":
        run = wandb.init(project="p")
        in_child({how!r}, run)
        kill_and_wait(run)
        in_child({how!r}, run)
        run._interface._restart_service()
        in_child({how!r}, run)      # another one
    """
    ).ok()
    assert [line for line in result.stdout.splitlines() if line.startswith("ALIVE")] == [
        "ALIVE True", "ALIVE False", "ALIVE True",
    ]  # fmt: skip


def test_service_is_alive__asked_by_the_creator__asks_the_handle(program: Program) -> None:
    """Its own end of the doorbell, which nobody else can answer for; no process table, no zombie."""
    program(
        ASK
        + """
    if __name__ == "__main__":
        run = wandb.init(project="p")
        assert run._interface.service_is_alive()
        kill_and_wait(run)
        assert "psutil" not in sys.modules
        run._interface._restart_service()
        assert run._interface.service_is_alive()
    """
    ).ok()


def test_service_is_alive__reused_pid__is_not_the_service(program: Program) -> None:
    """Another process with its number must not pass for it."""
    program(
        ASK
        + """
    if __name__ == "__main__":
        from wandb.process import ProcessIdentity
        run = wandb.init(project="p")
        known = run._interface._service_identity
        run._interface._service_identity = ProcessIdentity(known.host, os.getpid(), known.start_time)
        pid = os.fork()
        if pid == 0:
            os._exit(3 if run._interface.service_is_alive() else 0)
        assert os.waitpid(pid, 0)[1] == 0
    """
    ).ok()


def test_service__restarted__a_few_times_with_one_warning(program: Program) -> None:
    """A service that always dies must not become a storm of processes."""
    result = program(
        """
        import os, wandb
        run = wandb.init(project="p")
        interface = run._interface
        for number in range(20):
            if interface.service_is_alive():
                os.kill(interface._service.pid, 9)
                interface._service.wait_for_end(lambda: 10)
            interface._next_look = interface._next_service_look = 0
            run.log({"a": number})
        starts = interface._service_starts
        assert starts == 4, starts
        """
    ).ok()
    assert result.stderr.count("ended early") == 1
    assert [row["a"] for row in result.run.rows()] == list(range(20))


def test_service__holds_none_of_the_user_s_descriptors(program: Program) -> None:
    """`python train.py | tee log` must end with the script, and no group signal may reach the service."""
    program(
        """
        import os, time, wandb

        def held_by(pid):
            held = set()
            for name in os.listdir(f"/proc/{pid}/fd"):
                try:
                    held.add(os.readlink(f"/proc/{pid}/fd/{name}"))
                except FileNotFoundError:
                    pass  # closed meanwhile: it is loading modules
            return held

        os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
        own = {os.readlink(f"/proc/self/fd/{fd}") for fd in (1, 2)}
        run = wandb.init(project="p")
        pid = run._interface._service.pid
        while not any("debug-internal.log" in name for name in held_by(pid)):
            time.sleep(0.01)
        assert not own & held_by(pid), (own, held_by(pid))
        assert os.getsid(pid) != os.getsid(0)
        """
    ).ok()


def test_service__is_no_child_of_the_creator(program: Program) -> None:
    """A program that waits for all its children must not wait for ours, nor kill it with them."""
    program(
        """
        import os, psutil, wandb
        run = wandb.init(project="p")
        assert run._interface.service_is_alive()
        assert psutil.Process().children() == []
        pid = os.fork()
        if pid == 0:
            os._exit(5)
        assert os.wait() == (pid, 5 << 8)
        try:
            os.wait()
        except ChildProcessError:
            print("no more children")
        """
    ).ok()


def test_service__after_the_run__is_gone(program: Program) -> None:
    """It never outlives its work, and leaves no zombie."""
    program(
        """
        import os, psutil, time, wandb
        run = wandb.init(project="p")
        pid = run._interface._service.pid
        run.finish()
        deadline = time.monotonic() + 10
        while psutil.pid_exists(pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert psutil.Process().children() == []
        """
    ).ok()
