"""gevent and eventlet put their own in the place of locks, threads and thread numbers, whenever they are asked to."""

from __future__ import annotations

import importlib.util
from collections import Counter

import pytest

from tests.conftest import Program

# Greenlets of the main thread, and threads of a pool, which have greenlets of their own, print and log.
PROGRAM = """
    import sys, warnings
    warnings.simplefilter("ignore")  # eventlet's own, that it is deprecated

    def patch():
        if library == "gevent":
            from gevent import monkey
            monkey.patch_all()
        else:
            import eventlet
            eventlet.monkey_patch()

    def work(name):
        for number in range(500):
            sys.stdout.write(f"{name} {number}\\n")
            if number % 5 == 0:
                run.log({"number": number})

    library, when = sys.argv[1:]
    if when == "first":
        patch()
    import wandb
    run = wandb.init(project="p", settings=wandb.Settings(silent=True))
    if when == "after":
        patch()
    if library == "gevent":
        import gevent, gevent.threadpool
        pool = gevent.threadpool.ThreadPool(3)
        workers = [pool.spawn(work, f"thread{number}") for number in range(3)]
        workers += [gevent.spawn(work, f"greenlet{number}") for number in range(3)]
        gevent.joinall(workers, raise_error=True)
    else:
        import eventlet, eventlet.tpool
        workers = [eventlet.spawn(eventlet.tpool.execute, work, f"thread{number}") for number in range(3)]
        workers += [eventlet.spawn(work, f"greenlet{number}") for number in range(3)]
        for worker in workers:
            worker.wait()
    sys.exit(3)
"""


@pytest.mark.parametrize("when", ["first", "after"])
@pytest.mark.parametrize("library", ["gevent", "eventlet"])
def test_greenlets__beside_threads_of_a_pool__print_and_log_as_without_us(program: Program, library: str, when: str) -> None:
    """With a lock of theirs, which no two threads may share, all of them would wait for ever."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    ended = program(PROGRAM, library, when)
    # eventlet counts the locks that it can't replace: ours, and some of Python's library.
    said, recorded = (
        [line for line in text.splitlines() if "RLock(s) were not greened" not in line]
        for text in (ended.stderr, ended.run.file("output.log"))
    )
    assert (ended.status, said) == (3, [])
    lines = [f"{kind}{worker} {number}" for kind in ("thread", "greenlet") for worker in range(3) for number in range(500)]
    assert Counter(recorded) == Counter(ended.stdout.splitlines()) == Counter(lines)
    assert len(ended.run.rows()) == 600
    assert ended.run.exit_code() == 3
