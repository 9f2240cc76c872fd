"""Many runs, in one process and in one folder, and the ways in which their processes come to be: nothing grows, nothing waits."""

from __future__ import annotations

import os
from typing import Any, Callable, List

import psutil
import pytest

from tests.conftest import LIMIT, Program
from tests.recorded import runs_in

RUNS = int(os.environ.get("FAULTS_RUNS", "500"))


def test_runs__hundreds_with_64_descriptors__nothing_grows(program: Program) -> None:
    """A search over parameters in one process; the 18th run of it once failed for want of descriptors."""
    source = f"""
import gc, os, resource, sys, threading, psutil, wandb
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

def facts():
    gc.collect()
    return len(os.listdir("/proc/self/fd")), threading.active_count(), len(psutil.Process().children())

settings = wandb.Settings(silent=True, x_disable_stats=True, x_disable_meta=True, x_save_requirements=False)
for number in range({RUNS}):
    with wandb.init(project="p", settings=settings) as run:
        run.log({{"n": number}})
        print("run", number)
    if number == 20:
        after_some, memory = facts(), psutil.Process().memory_info().rss
grown = (psutil.Process().memory_info().rss - memory) / 2**20
assert facts() == after_some, (facts(), after_some)
assert grown < 8, f"{{grown:.1f}} MiB"
"""
    process = program.start(source)
    stdout, stderr = process.communicate(timeout=600)
    assert process.returncode == 0 and stdout.splitlines() == [f"run {number}" for number in range(RUNS)], stderr
    runs = runs_in(program.folder)
    assert sorted(run.rows()[0]["n"] for run in runs) == list(range(RUNS))
    assert all(run.exit_code() == 0 and len(run.output()) == 1 for run in runs)


@pytest.mark.parametrize("mode", ["wrap", "redirect"])
def test_runs__fifty_in_one_process__leave_nothing_behind(program: Program, mode: str, wait_for: Callable[..., Any]) -> None:
    """No wrapper, thread, descriptor or process; the streams are what they were."""
    result = program(
        f"""
        import os, sys, threading, wandb

        def around():
            streams = [(id(stream), dict(vars(stream)), dict(vars(stream.buffer))) for stream in (sys.stdout, sys.stderr)]
            held = [os.path.realpath(f"/proc/self/fd/{{name}}") for name in sorted(os.listdir("/proc/self/fd"), key=int)]
            return streams, [path for path in held if "/proc/" not in path], threading.enumerate(), sys.excepthook

        for number in range(50):
            with wandb.init(project="p", settings=wandb.Settings(console="{mode}", silent=True)):
                print("run", number)
            if number == 0:
                before = around()
        after = around()
        assert after == before, (before, after)
        """
    ).ok()
    assert result.stdout.splitlines() == [f"run {number}" for number in range(50)]
    assert sorted(run.output() for run in runs_in(program.folder)) == sorted([f"run {number}"] for number in range(50))

    def helpers() -> List[int]:
        folder = str(program.folder)
        found = psutil.process_iter(["cmdline"])
        return [process.pid for process in found if any(folder in part for part in process.info["cmdline"] or ())]

    wait_for(lambda: not helpers())


def test_runs__twelve_processes_in_one_folder__each_has_its_own(program: Program) -> None:
    """A job array that begins in the same second."""
    source = """
import sys, wandb
run = wandb.init(project="p", settings=wandb.Settings(silent=True))
for number in range(200):
    run.log({"mine": int(sys.argv[1]), "n": number})
    print(sys.argv[1], number)
"""
    started = [program.start(source, str(number)) for number in range(12)]
    for process in started:
        stdout, stderr = process.communicate(timeout=LIMIT)
        assert process.returncode == 0 and len(stdout.splitlines()) == 200, stderr
    runs = runs_in(program.folder)
    found = {run.rows()[0]["mine"]: run for run in runs}
    assert sorted(found) == list(range(12)) and len(runs) == 12
    for number, run in found.items():
        assert [(row["mine"], row["n"]) for row in run.rows()] == [(number, n) for n in range(200)]
        assert run.output() == [f"{number} {n}" for n in range(200)] and run.exit_code() == 0


def test_runs__twelve_at_once_in_threads__each_has_its_own_rows(program: Program) -> None:
    """`reinit="create_new"`: rows go where they are logged; what is printed, to all that are open."""
    program(
        """
        import threading, wandb

        def work(number):
            settings = wandb.Settings(silent=True, x_disable_meta=True, x_save_requirements=False)
            run = wandb.init(project="p", reinit="create_new", settings=settings)
            for step in range(100):
                run.log({"mine": number, "n": step})
            run.finish()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert threading.active_count() == 1 and wandb.run is None
        """
    ).ok()
    runs = runs_in(program.folder)
    assert sorted(run.rows()[0]["mine"] for run in runs) == list(range(12))
    for run in runs:
        assert [(row["mine"], row["n"]) for row in run.rows()] == [(run.rows()[0]["mine"], n) for n in range(100)]
        assert run.exit_code() == 0


WORK = """
import multiprocessing, os, sys, wandb

def work(number):
    run = wandb.init(project="p", settings=wandb.Settings(silent=True))
    run.log({"n": number})
    print("worker", number)
    return run
"""


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_init__in_daemonic_pool_workers__records_a_run_a_task(program: Program, how: str) -> None:
    """Daemonic processes may have no children of multiprocessing's; the helper is none."""
    source = f"""
def task(number):
    work(number).finish()
    return multiprocessing.current_process().daemon

if __name__ == "__main__":
    with multiprocessing.get_context({how!r}).Pool(2) as pool:
        assert pool.map(task, range(6), chunksize=1) == [True] * 6
"""
    program(WORK + source).ok()
    runs = runs_in(program.folder)
    assert sorted(run.rows()[0]["n"] for run in runs) == list(range(6))
    assert all(run.exit_code() == 0 and run.output() == [f"worker {run.rows()[0]['n']}"] for run in runs)


@pytest.mark.parametrize("end", ["pass", "sys.exit(0)", "os._exit(0)"])
def test_init__in_processes_that_end_without_finish__records_a_run_each(
    program: Program, wait_for: Callable[..., Any], end: str
) -> None:
    """Exit hooks do not run in them; the helper completes their runs, and nobody waits for it."""
    source = f"""
def process(number):
    work(number)
    {end}

if __name__ == "__main__":
    workers = [multiprocessing.get_context("fork").Process(target=process, args=(n,), daemon=n > 2) for n in range(6)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    assert [worker.exitcode for worker in workers] == [0] * 6
"""
    program(WORK + source).ok()
    runs = runs_in(program.folder)
    wait_for(lambda: all(run.kinds()[-1] == "exit" for run in runs))
    assert sorted(run.rows()[0]["n"] for run in runs) == list(range(6))
    assert all(run.output() == [f"worker {run.rows()[0]['n']}"] for run in runs)


CHILD_ENDS = {
    "run.finish": "run.finish()",
    "wandb.finish": "wandb.finish()",
    "teardown": "wandb.teardown()",
    "with": "run.__exit__(None, None, None)",
    "sys.exit": "sys.exit(0)",
    "os._exit": "os._exit(0)",
    "exception": "raise SystemExit(0)",
}


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_child__however_it_ends__does_not_end_the_run_of_its_parent(program: Program, how: str) -> None:
    """The run belongs to the process that began it."""
    source = f"""
import multiprocessing, os, sys, wandb

def child(run, end):
    run.log({{"child": 1}})
    exec(end)

if __name__ == "__main__":
    run = wandb.init(project="p")
    for number, end in enumerate({list(CHILD_ENDS.values())!r}):
        process = multiprocessing.get_context({how!r}).Process(target=child, args=(run, end), daemon=number % 2 == 0)
        process.start()
        process.join()
        assert process.exitcode == 0, end
        assert wandb.run is run
        run.log({{"n": number}})
        print("after", number)
    if {how!r} == "fork" and not os.fork():
        sys.exit(0)  # through the interpreter's own end, exit hooks and all
    run.log({{"n": number + 1}})
"""
    run = program(source).ok().run
    ends = len(CHILD_ENDS)
    assert [row["n"] for row in run.rows() if "n" in row] == list(range(ends + 1))
    assert sum("child" in row for row in run.rows()) == ends
    assert run.exit_code() == 0 and run.kinds().count("exit") == 1
    assert [line for line in run.output() if line.startswith("after")] == [f"after {number}" for number in range(ends)]


def test_fork__with_every_public_object__collects_them_in_the_child_and_ends(program: Program) -> None:
    """A finalizer that waits for a thread of the parent stops a DataLoader's worker at a random step."""
    result = program(
        """
        import gc, os, threading, time, wandb
        stop = threading.Event()

        def noise(run):
            while not stop.is_set():
                run.log({"noise": 1})
                print("noise")

        run = wandb.init(project="p", config={"a": {"b": 1}})
        objects = [run, run.config, run.summary, run.settings, wandb.config, wandb.summary, wandb.setup(), run.config_static]
        objects += [run.define_metric("noise"), wandb.Settings(), run._interface, run._rows, run._interface._service]
        threads = [threading.Thread(target=noise, args=(run,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for number in range(20):
            pid = os.fork()
            if not pid:
                for name in [name for name in globals() if name in ("run", "objects", "thread", "threads")]:
                    del globals()[name]
                gc.collect()
                [bytearray(1000) for _ in range(1000)]
                gc.collect()
                print("child", number)
                os._exit(0)
            deadline = time.monotonic() + 20
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                assert time.monotonic() < deadline, "a child hangs"
                time.sleep(0.005)
        stop.set()
        for thread in threads:
            thread.join()
        """
    ).ok()
    assert [line for line in result.run.output() if line.startswith("child")] == [f"child {number}" for number in range(20)]
    assert result.run.exit_code() == 0


def test_fork__while_the_helper_is_started_again__loses_nothing_and_waits_for_nobody(program: Program) -> None:
    """The child inherits a start that is half done; it is none of its business."""
    result = program(
        """
        import os, threading, wandb
        run = wandb.init(project="p")
        stop = threading.Event()

        def restarts():
            while not stop.is_set():
                os.kill(run._interface._service.pid, 9)
                vars(run._interface).update(_next_look=0, _next_service_look=0, _service_starts=0)
                run.log({"parent": 1})

        thread = threading.Thread(target=restarts)
        thread.start()
        for number in range(30):
            pid = os.fork()
            if not pid:
                run.log({"child": number})
                print("child", number)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        stop.set()
        thread.join()
        """
    ).ok()
    run = result.run
    assert [row["child"] for row in run.rows() if "child" in row] == list(range(30))
    assert [line for line in run.output() if line.startswith("child")] == [f"child {number}" for number in range(30)]
    assert run.exit_code() == 0 and run.kinds().count("exit") == 1
