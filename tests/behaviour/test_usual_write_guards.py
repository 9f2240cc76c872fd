"""The `write` in C, where the package was compiled: what it does when signals, forks and the collector come in between.

Without it these programs run the Python way, which has to do the same.
"""

from __future__ import annotations

import platform
import sys
from collections import Counter

import pytest

from tests.conftest import Program

INTERRUPTED_TWICE = """
    import os, signal, sys, wandb

    run = wandb.init(project="p", settings=wandb.Settings(silent=True))
    print("one")
    print("two")

    def stop(*_):
        raise KeyboardInterrupt

    def trace(frame, event, argument):
        global strikes
        if frame.f_code.co_name == "_leave":  # in C there is none, and nothing that could be interrupted
            strikes = True
            sys.settrace(None)
            signal.raise_signal(signal.SIGUSR1)

    strikes = is_interrupted = False
    signal.signal(signal.SIGUSR1, stop)
    reader, writer = os.pipe()
    os.close(reader)
    sys.stdout.flush()
    sys.stdout.reconfigure(line_buffering=True)
    os.dup2(writer, 1)
    sys.settrace(trace)
    try:
        sys.stdout.write("three\\n")
    except BrokenPipeError:
        pass
    except KeyboardInterrupt:
        is_interrupted = True
    sys.settrace(None)
    os.dup2(2, 1)
    print("interrupted as it should be:", is_interrupted == strikes, file=sys.stderr)
    run.finish()
"""

# A finalizer makes weak references to what is collected with it; the call back comes when some of that is gone already.
COLLECTED = """
    import gc, weakref
    from wandb.sdk.lib.owned_lock import OwnedLock
    from wandb.sdk.lib.usual_write import usual_write

    class Teller:
        callbacks = ()

    class Marker:
        pass

    class Last:
        def __del__(self):
            global write, dies
            write = weakref.ref(self.write)
            dies = weakref.ref(self.marker, lambda _: write() and write()("text"))

    gc.disable()
    heard, held = [], []
    held.append(usual_write(heard.append, held.append, Teller(), OwnedLock(), {}, True))
    last = Last()
    last.me, last.marker, last.write, last.held = last, Marker(), held[0], held
    del held, last
    gc.collect()
    print("alive")
"""

# seccomp(2) lets `madvise` return 0 and do nothing, as emulators of a processor do.
TAKES_ANY_ADVICE = """
    import ctypes, os, struct, sys

    rules = ((0x20, 0, 0, 0), (0x15, 0, 1, 28), (0x06, 0, 0, 0x00050000), (0x06, 0, 0, 0x7FFF0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))

    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    system = ctypes.CDLL(None)
    system.prctl(38, 1, 0, 0, 0)
    if system.prctl(22, 2, ctypes.byref(Filter(len(rules), ctypes.cast(code, ctypes.c_void_p)))):
        sys.exit(77)

    import wandb

    run = wandb.init(project="p", settings=wandb.Settings(silent=True))
    print("one")
    print("two", flush=True)
    child = os.fork()
    if not child:
        print("of the child", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("three")
    run.finish()
"""


def test_write__signal_handler_raises_while_another_exception_passes__its_own_reaches_the_program(
    program: Program,
) -> None:
    """A Ctrl-C behind a broken pipe, which the program expects, was lost."""
    assert "interrupted as it should be: True" in program(INTERRUPTED_TWICE).ok().stderr


def test_write__called_while_it_is_collected__is_whole(program: Program) -> None:
    """It was cleared while somebody could still call it, which ended the process."""
    assert program(COLLECTED).ok().stdout.splitlines()[-1] == "alive"


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64", reason="the filter knows one system's calls"
)
def test_write__kernel_takes_any_advice__forked_child_does_not_append_to_the_log(program: Program) -> None:
    """An emulator doesn't wipe memory in children: the child took itself for the creator, and used its numbers."""
    ended = program(TAKES_ANY_ADVICE)
    if ended.status == 77:
        pytest.skip("no filter may be set here")
    run = ended.ok().run
    numbers = Counter(record.num for record in run.records())
    assert [number for number, count in numbers.items() if count > 1] == []
    assert sorted(run.output()) == ["of the child", "one", "three", "two"]
