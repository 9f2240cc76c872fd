"""`restore`: what a run has saved comes back, in a later part of it or in another program, from this machine."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Program

FIRST = """
import os, wandb
run = wandb.init(project="p", id="one")
for name in ("model.bin", "d/state.txt"):
    os.makedirs(os.path.join(run.dir, "d"), exist_ok=True)
    with open(os.path.join(run.dir, name), "wb") as file:
        file.write(b"first " + name.encode() + b" \\xff" * name.endswith("bin"))
run.save("*")
"""


def test_restore__in_a_resumed_run__file_of_the_earlier_part(program: Program) -> None:
    """A job that was preempted finds its checkpoint; programs use the name of what is opened."""
    program(FIRST).ok()
    source = """
    import json, os, wandb
    run = wandb.init(project="p", id="one", resume="allow")
    file = wandb.restore("model.bin")
    inside = file.name == os.path.join(run.dir, "model.bin")
    print(json.dumps([inside, os.path.islink(file.name), open(file.name, "rb").read().decode("latin-1")]))
    with open(file.name, "wb") as changed:
        changed.write(b"second")
    print(json.dumps([run.restore("model.bin").read(), run.restore("d/state.txt", root="here").read()]))
    file = run.restore("model.bin", replace=True)
    print(json.dumps([file.buffer.read().decode("latin-1")]))
    """
    lines = [json.loads(line) for line in program(source).ok().stdout.splitlines()]
    assert lines == [[True, False, "first model.bin \xff"], ["second", "first d/state.txt"], ["first model.bin \xff"]]
    assert (program.folder / "here" / "d" / "state.txt").read_text() == "first d/state.txt"


@pytest.mark.parametrize("path", ["somebody/p/one", "p/one", "one"])
def test_restore__without_a_run__put_into_the_current_folder(program: Program, path: str) -> None:
    """A program that only evaluates has no run of its own."""
    program(FIRST).ok()
    source = f"import wandb; file = wandb.restore('d/state.txt', run_path={path!r}); print(file.name, file.read())"
    assert program(source).ok().stdout == "./d/state.txt first d/state.txt\n"
    (program.folder / "d" / "state.txt").write_text("mine")
    assert program(source).ok().stdout == "./d/state.txt mine\n"


@pytest.mark.parametrize(
    "call, told",
    [
        ("wandb.restore('x')", "run_path"),
        ("wandb.restore('x', run_path='p/nosuch')", "nosuch"),
        ("wandb.restore('../x', run_path='one')", "name of a file"),
        ("wandb.restore('/etc/hostname', run_path='one')", "name of a file"),
        ("wandb.init(id='one').restore('x')", "no file 'x'"),
    ],
)
def test_restore__nothing_there__value_error(program: Program, call: str, told: str) -> None:
    """Programs catch it to begin anew."""
    source = f"import wandb\ntry: {call}\nexcept ValueError as error: print(isinstance(error, wandb.Error), error)"
    out = program(source).ok().stdout
    assert out.startswith("True ") and told in out


def test_restore__disabled_run__none(program: Program) -> None:
    """Nothing was saved, and nothing is missed."""
    source = "import wandb; run = wandb.init(mode='disabled'); print(run.restore('x'), wandb.restore('x'))"
    assert program(source).ok().stdout == "None None\n"
