"""The usual captured print in C records what the Python way records, whatever is printed and whatever comes between."""

from __future__ import annotations

import importlib.util
import subprocess
from typing import Any, List, Tuple

import pytest

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in
from wandb.wire.decode import record_kind

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("wandb.sdk.lib._usual_write") is None, reason="was not compiled here"
)
WITHOUT = "import sys\nsys.modules['wandb.sdk.lib._usual_write'] = None\n"
BEGIN = """
import gc, os, random, signal, sys, threading, wandb
run = wandb.init(project="p", settings=wandb.Settings(console="wrap", silent=True))
"""


def texts_and_rows(run: RecordedRun) -> List[Tuple[Any, ...]]:
    """What the records say, one after the other, but for their times; LogReader has checked their frames."""
    found: List[Tuple[Any, ...]] = []
    for record in run.records():
        if record_kind(record) == "output_raw":
            found.append((record.num, record.output_raw.output_type, record.output_raw.line))
        elif record_kind(record) == "history":
            found.append((record.num, record.history.item[0].value_json))
    return found


def both_ways(program: Program, source: str, status: int = 0) -> List[List[Tuple[Any, ...]]]:
    """Of the program with what is compiled, and of the same without it; they print the same."""
    ended = [program(way + BEGIN + source) for way in ("", WITHOUT)]
    assert [one.status for one in ended] == [status, status], ended[0].stderr + ended[1].stderr
    assert (ended[0].stdout, ended[0].stderr) == (ended[1].stdout, ended[1].stderr)
    runs = runs_in(program.folder)
    assert len(runs) == 2
    return [texts_and_rows(run) for run in runs]


@pytest.mark.parametrize("seed", range(4))
def test_usual_write__of_any_texts_and_rows__records_the_same_bytes_of_text(program: Program, seed: int) -> None:
    """All sizes, up to behind the end of a block and of what is short; half characters; words, lone ends, both streams."""
    source = f"""
chance = random.Random({seed})
sys.stdout.reconfigure(encoding="utf-8", errors="replace")
letters = "ab \\n\\r\\t\\x00\\x1b" + "\\u00e9\\u4e2d\\U0001f600\\u0301\\udcff"

def text():
    size = chance.choice([0, 1, 1, 2, 5, 30, 99, 100, 101, 127, 128, 300, 3990, 4000, 4001, 9000])
    return "".join(chance.choices(letters if chance.random() < 0.2 else letters[:3], k=size))

actions = [
    lambda: print(text()), lambda: print(text(), end=""), lambda: print(text(), text()), lambda: print(),
    lambda: print(text(), file=sys.stderr), lambda: print(text(), flush=True), lambda: sys.stdout.write(chance.choice("\\n a")),
    lambda: sys.stdout.writelines([text(), text()]), lambda: run.log({{"n": chance.random()}}),
    lambda: sys.stdout.buffer.write(b"bytes"), lambda: sys.stdout.flush(),
]
sys.stderr.reconfigure(encoding="utf-8", errors="replace")
for number in range(1500):
    chance.choice(actions)()
"""
    compiled, interpreted = both_ways(program, source)
    assert len(compiled) > 1000 and compiled == interpreted


def test_usual_write__answers_and_refuses_as_the_stream_does(program: Program) -> None:
    """What is no text, a stream that can't encode it, one that is closed: results, errors, and what is recorded."""
    source = """
sys.stdout.reconfigure(encoding="ascii")
class Text(str):
    def __str__(self):
        return "never asked"
for wrong in (b"bytes", None, 5, "caf\\u00e9", "fine", Text("own"), ""):
    try:
        print(repr(sys.stdout.write(wrong)))
    except (TypeError, UnicodeEncodeError) as error:
        print(type(error).__name__)
try:
    sys.stdout.write()
except TypeError:
    print("no text")
stream, sys.stdout = sys.stdout, open(os.devnull, "w")
stream.close()
try:
    stream.write("behind the end")
except ValueError as error:
    print(error, file=sys.stderr)
"""
    compiled, interpreted = both_ways(program, source)
    assert compiled == interpreted and any("own" in text for *_, text in compiled)


def test_usual_write__interrupted_inside_of_the_stream__records_once_and_in_order(program: Program) -> None:
    """The stream's own `write` hands over to its buffer, where a signal handler prints, forks, and raises."""
    source = """
count = 0
def handler(number, frame):
    global count
    count += 1
    print("inside", count)
    if count == 3:
        if not os.fork():
            print("of the child", flush=True)
            os._exit(0)
        os.wait()
    if count == 5:
        raise KeyboardInterrupt
signal.signal(signal.SIGUSR1, handler)
def write(data, write=sys.stdout.buffer.write):
    if b"signal" in bytes(data):
        os.kill(os.getpid(), signal.SIGUSR1)
    return write(data)
sys.stdout.buffer.write = write
for number in range(8):
    try:
        print("signal", number, flush=True)
    except KeyboardInterrupt:
        print("raised", flush=True)
"""
    compiled, interpreted = both_ways(program, source)
    assert compiled == interpreted
    said = "".join(text for *_, text in compiled)
    assert all(said.count(f"inside {number}\n") == 1 for number in range(1, 9)) and said.count("raised\n") == 1
    assert said.count("of the child\n") == 1


def test_usual_write__cut_short_by_the_disk__is_cut_off_and_written_again(program: Program) -> None:
    """A limit for files takes a part of a record, as a disk does that is nearly full."""
    source = """
import resource
print("first")
size = os.stat(run._interface.layout.transaction_log).st_size
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 250, limits[1]))
for number in range(20):
    print(f"line {number}")
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
for number in range(20, 40):
    print(f"line {number}")
"""
    run = program(BEGIN + source).ok().run
    assert run.console().split("\n")[:-1] == ["first"] + [f"line {number}" for number in range(40)]
    numbers = [record.num for record in run.records()]
    assert numbers == sorted(set(numbers))


def test_usual_write__forked_inside_of_the_stream__child_that_goes_on_is_no_creator(program: Program) -> None:
    """It returns to the middle of its parent's call, and must not take its parent's log and numbers for its own."""
    source = """
sys.stdout.reconfigure(line_buffering=True)
child = None
def handler(number, frame):
    global child
    child = os.fork()
signal.signal(signal.SIGUSR1, handler)
def write(data, write=sys.stdout.buffer.write):
    if b"both" in bytes(data):
        os.kill(os.getpid(), signal.SIGUSR1)
    return write(data)
sys.stdout.buffer.write = write
sys.stdout.write("before\\n")
sys.stdout.write("both\\n")
if not child:
    sys.stdout.write("of the child\\n")
    os._exit(0)
os.waitpid(child, 0)
sys.stdout.write("after\\n")
"""
    run = program(BEGIN + source).ok().run
    lines = run.console().splitlines()
    assert [lines.count(line) for line in ("before", "of the child", "after")] == [1, 1, 1]
    assert lines.count("both") >= 2  # once more in the child, where the bytes on their way down are nobody's text
    numbers = [record.num for record in run.records()]
    assert numbers == sorted(set(numbers))


def test_usual_write__finalizers_and_handlers_that_print_all_the_time__are_recorded_once_each(program: Program) -> None:
    """A collection at nearly every object that is made, and a timer, between any two steps of Python.

    What stdout shows of it is not looked at: CPython's own streams mix that up, without us, too.
    """
    source = """
import itertools
gc.set_threshold(1)
numbers = itertools.count()
def say(who):
    print(f"{who} {next(numbers)}\\n", end="")
class Cycle:
    def __init__(self):
        self.me = self
    def __del__(self):
        say("finalizer")
signal.signal(signal.SIGALRM, lambda *_: say("handler"))
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for number in range(3000):
    Cycle()
    say("line")
    run.log({"n": number})
signal.setitimer(signal.ITIMER_REAL, 0)
gc.set_threshold(700)
gc.collect()
with open("said", "w") as file:
    file.write(str(next(numbers)))

"""
    run = program(BEGIN + source, stdout=subprocess.DEVNULL).run
    said = [line.split() for line in run.console().splitlines()]
    assert sorted(int(number) for _, number in said) == list(range(int((program.folder / "said").read_text())))
    assert {who for who, _ in said} == {"line", "finalizer", "handler"}
    numbers = [record.num for record in run.records()]
    assert numbers == sorted(set(numbers))
    assert [row["n"] for row in run.rows()] == list(range(3000))


def test_usual_write__by_the_main_thread_beside_others__is_whole(program: Program) -> None:
    """They take the Python way, with locks; the main thread's shortcut comes in between only where nobody is inside."""
    source = """
def work(name):
    for number in range(2000):
        print(f"{name} {number}\\n", end="")
        if number % 7 == 0:
            run.log({"n": number})
threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
for thread in threads:
    thread.start()
work("main")
for thread in threads:
    thread.join()
"""
    ended = program(BEGIN + source).ok()
    recorded = ended.run.console().splitlines()
    assert sorted(recorded) == sorted(ended.stdout.splitlines()) and len(recorded) == 6000
    for name in ("one", "two", "main"):
        assert [line for line in recorded if line.startswith(name)] == [f"{name} {number}" for number in range(2000)]
    assert len(ended.run.rows()) == 3 * 286


def test_usual_write__of_a_finished_run__is_off_the_stream_and_nothing_stays(program: Program) -> None:
    """The stream has its own `write` again; what stood there is gone, with all that it held."""
    source = """
import weakref
before = sys.stdout.write
written = weakref.ref(sys.stdout.__dict__["write"])
print("first")
counts = [sys.getrefcount(thing) for thing in ("\\n", " ", True, False, None)]
for number in range(20_000):
    print("line", number)
assert all(abs(sys.getrefcount(thing) - count) < 10_000 for thing, count in zip(("\\n", " ", True, False, None), counts))
del before
run.finish()
gc.collect()
assert written() is None and "write" not in sys.stdout.__dict__
print("behind the end")
"""
    compiled, interpreted = both_ways(program, source)
    assert compiled == interpreted and "behind the end" not in compiled[-1][-1]
