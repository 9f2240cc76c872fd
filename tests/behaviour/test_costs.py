"""What a row and a line cost, in counts that do not depend on the machine's mood: a change that makes them dearer is seen.

Times are in benchmarks/. The limits are today's counts and a little more; who raises one says why.
"""

from __future__ import annotations

import importlib.util
import json
import os
from typing import Dict

import pytest

from tests.conftest import Program

ACTIONS = """
    import gc, json, sys, types, wandb

    run = wandb.init()

    def row(number):
        run.log({"loss": number * 0.1, "acc": 0.5, "lr": 1e-3})

    def line(number):
        print("a line of text")

    def three_values(number):
        print("step", number, "done")

    def functions(action, count=200):
        called = 0
        def count_call(frame, event, argument):
            nonlocal called
            called += event in ("call", "c_call")
        sys.setprofile(count_call)
        for number in range(count):
            action(number)
        sys.setprofile(None)
        return called / count

    figures = {}
"""
# Counts of one call: `write` system calls and read ones (of the whole process), functions called, objects left behind.
SOURCE = """
    def system_calls():
        with open("/proc/self/io") as file:
            found = dict(line.split(": ") for line in file)
        return int(found["syscw"]), int(found["syscr"])

    for action in (row, line, three_values):
        for number in range(300):
            action(number)
        before = system_calls()
        for number in range(1000):
            action(number)
        after = system_calls()
        objects = []
        for count in (1000, 20_000):
            for number in range(count):
                action(number)
            sys.stdout.flush()
            gc.collect()
            objects.append(sys.getallocatedblocks())
        figures[action.__name__] = {
            "writes": (after[0] - before[0]) / 1000,
            "reads": (after[1] - before[1]) / 1000,
            "functions": functions(action),
            "objects left": (objects[1] - objects[0]) / 20_000,
        }
"""
# The functions called for a row and a line in a young program, and in one with a past and a crowd around it.
CROWD = """
    def both():
        return {action.__name__: functions(action) for action in (row, line)}

    for number in range(300):
        row(number), line(number)
    figures["young"] = both()
    for number in range(0, 10_000, 50):
        run.log({f"metric/{key}": key * 0.1 for key in range(number, number + 50)})
    for number in range(10_000):
        row(number)
    figures["after 10,000 keys and 10,000 rows"] = both()
    for number in range(5_000):
        sys.modules[f"crowd{number}"] = types.ModuleType(f"crowd{number}")
    figures["with 5,000 modules"] = both()
    settings = wandb.Settings(console="off", silent=True)
    others = [wandb.init(id=f"other{number}", reinit="create_new", settings=settings) for number in range(10)]
    figures["with 10 other runs"] = both()
    for other in others:
        other.finish()
"""
END = """
    run.finish()
    with open("figures.json", "w") as file:
        json.dump(figures, file)
"""


def figures_of(program: Program, source: str) -> Dict[str, Dict[str, float]]:
    with open(program.folder / "out.txt", "w", encoding="utf-8") as out:  # so that the program's own writes are few
        program(ACTIONS + source + END, stdout=out).ok()
    found: Dict[str, Dict[str, float]] = json.loads((program.folder / "figures.json").read_text())
    return found


def test_row_and_line__in_steady_state__cost_no_more_than_today(program: Program) -> None:
    """One `write` a record (what Python buffers for its own stream, and looks after the helper, come on top); few
    functions, Python's and C's together: what interpreting them costs goes with their number; and flat memory."""
    figures = figures_of(program, SOURCE)
    # With what is compiled, a line calls no function but `print`; sometimes a buffer is full.
    is_compiled = importlib.util.find_spec("wandb.sdk.lib._usual_write") is not None
    line, three_values = (2.5, 3.5) if is_compiled else (55, 160)
    for name, writes, functions in (("row", 1, 67), ("line", 1, line), ("three_values", 3, three_values)):
        found = figures[name]
        assert found["writes"] == pytest.approx(writes, abs=0.02), (name, found)
        assert found["reads"] < 0.02, (name, found)
        assert found["functions"] <= functions, (name, found)
        assert found["objects left"] < 0.01, (name, found)


def test_row_and_line__after_many_and_beside_many__cost_what_they_did(program: Program) -> None:
    """Nothing on their way looks through past rows, known keys, open runs or loaded modules."""
    figures = figures_of(program, CROWD)
    young = figures.pop("young")
    for circumstance, found in figures.items():
        for action, functions in found.items():
            # A line takes one call more or less now and then, in young programs too; looking through anything takes many.
            assert functions == pytest.approx(young[action], abs=2), (circumstance, action)


def test_row_and_line__beside_threads_that_compute__do_not_stand_in_line_behind_them(program: Program) -> None:
    """Each write that let go of the interpreter's lock would wait until all of them have had their turn."""
    source = """
    import os, resource, threading, wandb
    from wandb.runlog.quick_write import quick_write
    run = wandb.init(project="p", settings=wandb.Settings(console="wrap", silent=True))
    over = False
    def compute():
        while not over:
            sum(range(1000))
    threads = [threading.Thread(target=compute) for _ in range(3)]
    for thread in threads:
        thread.start()
    run.log({"first": 1})
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    for number in range(300):
        run.log({"n": number})
        print("line", number)
    waits = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before
    over = True
    print(waits if quick_write(os.stat(run.dir).st_dev) is not os.write else "far")
    """
    last = program(source).ok().stdout.splitlines()[-1]
    if last == "far":
        pytest.skip("the file system of the tests' folder is of no kind that is known to be near")
    assert int(last) < 300


def test_helper__of_a_run_that_is_not_sent__loads_no_http_client(program: Program) -> None:
    """It takes as long to load as all the rest of the helper, and half of its memory."""
    program(
        """
        import os, time, wandb
        run = wandb.init()
        run.log({"a": 1.0})
        deadline = time.monotonic() + 30
        while not os.path.exists(os.path.join(run.dir, "wandb-summary.json")) and time.monotonic() < deadline:
            time.sleep(0.05)  # until it is up and follows
        with open(f"/proc/{run._interface._service.pid}/maps") as file:
            loaded = file.read()
        assert "python" in loaded and "_ssl" not in loaded
        """
    ).ok()


def test_helper__of_a_short_run__loads_little(program: Program) -> None:
    """`finish` of a short run waits for what it loads: each of these takes 3 to 15 ms, and can come later, or never."""
    program(
        """
        import os, wandb
        os.environ["PYTHONPROFILEIMPORTTIME"] = "1"  # the helper's interpreter writes what it loads into its diary
        # Without samples, whose first one, a second later, loads psutil and all that psutil does.
        with wandb.init(config={"lr": 0.1}, settings=wandb.Settings(x_disable_stats=True)) as run:
            run.log({"a": 1.0})
        with open(os.path.join(os.path.dirname(run.dir), "logs", "debug-internal.log")) as file:
            loaded = {line.rpartition("|")[2].strip() for line in file if line.startswith("import time:")}
        assert {"wandb.sync.follower", "wandb.service.sampler"} <= loaded and "google.protobuf.message" in loaded
        late = {"importlib.metadata", "logging", "platform", "psutil", "requests", "shutil", "subprocess"}
        assert not loaded & late, loaded & late
        assert len({name for name in loaded if name.startswith("wandb")}) <= 65, loaded
        """
    ).ok()


def test_run__of_plain_numbers__loads_no_third_party_module(program: Program) -> None:
    """From the import to the end, and few of the standard library: memory and start of the training are its own."""
    source = """
        import json, sys
        before = set(sys.modules)
        import wandb
        with wandb.init() as run:
            run.log({"a": 1.0})
        print(json.dumps(sorted(set(sys.modules) - before)))
    """
    loaded = json.loads(program(source).ok().stdout.splitlines()[-1])
    assert len(loaded) <= 150
    places = [str(getattr(importlib.import_module(name), "__file__", None)) for name in loaded if name != "__mp_main__"]
    assert not [place for place in places if "site-packages" in place and f"{os.sep}wandb{os.sep}" not in place]
