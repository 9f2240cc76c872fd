"""Notebooks and IPython's terminal: what cells print is in the record, and in the cell, each once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Callable, List

import pytest

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in
from tests.server.server import KEY, RecordingServer

Session = Callable[..., str]

INIT = """
    print("before init")
    import wandb
    run = wandb.init(project="p")
    print("first cell")
"""
PRINTING = """
    print("first of the cell")
    import os, sys, threading
    thread = threading.Thread(target=print, args=("from a thread",))
    thread.start()
    thread.join()
    sys.stderr.write("to stderr\\n")
    sys.stdout.flush(), sys.stderr.flush()  # or else the child shows them once more
    pid = os.fork()
    if pid == 0:
        print("from a forked child", flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    print("last of the cell")
"""
PRINTED = ("first of the cell", "from a thread", "to stderr", "from a forked child", "last of the cell")
IS_PRISTINE = """
    import sys
    for stream in (sys.stdout, sys.stderr):
        for target in (stream, getattr(stream, "buffer", None)):
            for value in getattr(target, "__dict__", {}).values():
                module = getattr(value, "__module__", None) or ""
                assert not module.startswith("wandb"), value
    callbacks = [callback for listed in get_ipython().events.callbacks.values() for callback in listed]
    assert not any(type(getattr(callback, "__self__", None)).__module__.startswith("wandb") for callback in callbacks)
    print("nothing of ours is left")
"""


def in_kernel(program: Program, *cells: str, may_fail: bool = False, **environment: str) -> str:
    """Run the cells in a real kernel; the text that they show. The notebook goes on behind cells that `may_fail`."""
    client, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in cells])
    kernels = manager.AsyncKernelManager(kernel_name="python3")
    kernels.kernel_spec.argv[0] = sys.executable
    environment = {**program.environment, "IPYTHONDIR": str(program.folder / "ipython"), **environment}
    session = client.NotebookClient(notebook, km=kernels, timeout=60, allow_errors=may_fail)
    session.owns_km = True  # it ends the kernel, as who starts notebooks by it is used to
    session.execute(cwd=str(program.folder), env=environment)
    outputs: List[Any] = [output for cell in notebook.cells for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def in_terminal(program: Program, *cells: str, **environment: str) -> str:
    """Feed the cells to `python -m IPython`, whose shell takes each as one; its text."""
    pytest.importorskip("IPython")
    lines = [f"exec({textwrap.dedent(cell)!r})" for cell in cells]
    ended = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        input="\n".join([*lines, "exit"]) + "\n",
        cwd=program.folder,
        env={**program.environment, "IPYTHONDIR": str(program.folder / "ipython"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0 and "Traceback" not in ended.stdout, ended.stdout
    return ended.stdout


@pytest.fixture(params=[in_kernel, in_terminal])
def session(request: pytest.FixtureRequest, program: Program) -> Session:
    """Runs cells, in each kind of shell."""

    def run(*cells: str, **environment: str) -> str:
        return str(request.param(program, *cells, **environment))

    return run


def runs(program: Program) -> List[RecordedRun]:
    """The program's runs, in the order in which they began."""
    return sorted(runs_in(program.folder), key=lambda run: run.records()[1].run.start_time.ToJsonString())


def count(text: str, part: str) -> int:
    """How often it was printed; a prompt may stand in front."""
    return sum(line.endswith(part) for line in text.splitlines())


def test_cells__after_init__are_shown_and_recorded_once(session: Session, program: Program) -> None:
    """IPython puts its own `write` on the streams for each cell, and ours was gone with the first one."""
    shown = session(INIT, PRINTING, PRINTING, "run.finish()")
    [run] = runs(program)
    assert count(run.console(), "before init") == 0
    assert count(run.console(), "first cell") == count(shown, "first cell") == 1
    for text in PRINTED:
        assert count(run.console(), text) == 2, text
        if text != "from a forked child":  # a kernel may drop what its children print
            assert count(shown, text) == 2, text


def test_finish__in_the_cell_of_init_or_a_later_one__leaves_nothing_of_ours(session: Session, program: Program) -> None:
    """What IPython puts back at the end of a cell was ours when the cell began."""
    one = "import wandb\nwith wandb.init(project='p'):\n    print('in one cell')"
    shown = session(one, IS_PRISTINE, INIT, PRINTING, "run.finish(); print('after finish')", IS_PRISTINE)
    assert count(shown, "nothing of ours is left") == 2
    first, second = runs(program)
    assert first.console().endswith("in one cell\n") and count(first.console(), "in one cell") == 1
    assert count(second.console(), "last of the cell") == 1
    assert count(second.console(), "after finish") == 0


def test_second_run__after_the_first_or_in_its_last_cell__has_its_own_output(
    session: Session, program: Program
) -> None:
    """A tap that is dead or buried must not pass for a patch."""
    again = "run.finish()\nrun = wandb.init(project='p')\nprint('of the second')"
    session(INIT, PRINTING, again, "print('next')", "run.finish()", INIT, "print('of the third')", "run.finish()")
    first, second, third = runs(program)
    assert [count(first.console(), text) for text in ("first cell", "last of the cell", "of the second")] == [1, 1, 0]
    assert [count(second.console(), text) for text in ("of the second", "next", "of the third")] == [1, 1, 0]
    assert [count(third.console(), text) for text in ("next", "first cell", "of the third")] == [0, 1, 1]
    assert count("\n".join(third.output()), "of the third") == 1


def test_print__between_two_cells__is_recorded(session: Session, program: Program) -> None:
    """The patch comes back when the cell of `init` ends, not when the next one begins."""
    between = """
        import sys
        def transform(lines):
            frame, names = sys._getframe(), set()
            while frame:
                names.add(frame.f_code.co_name)
                frame = frame.f_back
            if "run_cell" not in names and not printed:
                printed.append(print("between the cells"))
            return lines
        printed = []
        get_ipython().input_transformers_cleanup.append(transform)
    """
    session(textwrap.dedent(INIT) + textwrap.dedent(between), "assert printed\nrun.finish()")
    [run] = runs(program)
    assert count(run.console(), "between the cells") == 1


def test_stdout__replaced_in_a_cell__is_heard_once(session: Session, program: Program) -> None:
    """A new object is listened to; one that leads to the old one is not told twice."""
    tee = """
        import sys
        class Tee:
            def __init__(self, below):
                self.below = below
            def write(self, text):
                return self.below.write(text)
            def flush(self):
                self.below.flush()
        real, sys.stdout = sys.stdout, Tee(sys.stdout)
    """
    session(INIT, tee, "print('through both')", "sys.stdout = real; print('real', 'again')", "run.finish()")
    [run] = runs(program)
    assert count(run.console(), "through both") == count(run.console(), "real again") == 1


def test_init__in_a_cell_that_is_captured__hears_the_later_cells(program: Program) -> None:
    """At `init` sys.stdout is `%%capture`'s; what is captured later is hidden from the record as well."""
    capture = "%%capture hidden\n"
    in_kernel(
        program, capture + textwrap.dedent(INIT), "print('seen')", capture + "print('unseen')", "hidden; run.finish()"
    )
    [run] = runs(program)
    assert [count(run.console(), text) for text in ("seen", "unseen")] == [1, 0]


@pytest.mark.parametrize(
    ("cells", "exit_code"),
    [
        (["1 / 0", "import sys; sys.exit(3)", "print('mended')"], 0),
        (["print('well')", "1 / 0"], 1),
    ],
    ids=["mended", "failed"],
)
def test_exit_code__of_a_run_that_nobody_finished__is_that_of_the_last_cell(
    program: Program, cells: List[str], exit_code: int
) -> None:
    """A kernel goes on behind what its cells raise: an error of this morning must not mark the run as failed."""
    in_kernel(program, INIT, *cells, may_fail=True)
    [run] = runs(program)
    assert run.exit_code() == exit_code


def test_cell__that_fails__has_its_traceback_in_the_record_once(program: Program) -> None:
    """A kernel shows it without a stream, and then nobody could see in the record why a notebook went no further."""
    failing = [
        "def fail():\n    raise ValueError('boom')",
        "fail()",
        "x = )",
        "get_ipython().run_cell('nested()'); print('on')",
        "%nothing",
        "with wandb.init(reinit='create_new'): 1 / 0",
        "run.finish()",
        "late()",
    ]
    in_kernel(program, INIT, *failing, may_fail=True)
    first, second = runs(program)
    console = first.console()
    ends = ("ValueError: boom", "SyntaxError: ", "NameError: name 'nested' is", "`%nothing` not found", "ZeroDivisionError")
    assert [console.count(end) for end in ends] == [1] * len(ends)
    assert "in fail" in console and "late" not in console and "IPython" not in console
    assert second.console().count("ZeroDivisionError") == 1


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"WANDB_NOTEBOOK_NAME": "mine.ipynb"}, "mine.ipynb"),
        ({"JPY_SESSION_NAME": "dir/it.ipynb"}, "dir/it.ipynb"),
        ({}, ""),
    ],
    ids=["setting", "server", "unknown"],
)
def test_program__in_a_kernel__is_the_notebook(program: Program, environment: Any, name: str) -> None:
    """The kernel's launcher and its connection file are nobody's program."""
    shown = in_kernel(program, INIT, "run.finish()", **environment)
    [run] = runs(program)
    metadata = json.loads(run.file("wandb-metadata.json"))
    assert str(metadata.get("program", "")).endswith(name)
    assert "ipykernel" not in str(metadata.get("program")) and not metadata.get("args")
    assert "notebook" not in shown.lower()


@pytest.mark.parametrize("module", ["IPython", "ipdb"])
def test_script__that_imports_it__is_no_notebook(program: Program, module: str, tmp_path: Path) -> None:
    """Only a running shell makes one: a second `init` in a script goes on with the open run."""
    pytest.importorskip(module)
    result = program(
        f"""
        import {module}
        import wandb
        run = wandb.init(project="p")
        print("jupyter:", run.settings._jupyter, "ipython:", run.settings._ipython)
        print("same:", wandb.init(project="p") is run)
        run.finish()
        """,
        env={"WANDB_NOTEBOOK_NAME": "not.ipynb", "IPYTHONDIR": os.fspath(tmp_path / "ipython")},
    ).ok()
    assert result.stdout.splitlines() == ["jupyter: False ipython: False", "same: True"]
    assert json.loads(result.run.file("wandb-metadata.json"))["program"].endswith("train.py")
    assert [count(result.run.console(), text) for text in ("ipython: False", "same: True")] == [1, 1]


SHOWN = """
    import sys
    import IPython.display
    def shown(value):
        print("SHOWN", value.data)
    IPython.display.display = shown
"""


def test_magic__in_a_notebook__shows_the_run_or_a_page(program: Program) -> None:
    """As soon as it is imported; a cell's own code runs as ever."""
    text = in_kernel(
        program,
        SHOWN,
        "import wandb",
        "%wandb",
        "%wandb -h 300 owner/project",
        "%%wandb -h 99\nimport wandb\nrun = wandb.init(id='magic')\nvalue = 'of the cell'\nprint(value)",
        "%wandb --height 77 -x",
        "print(value, sorted(run._repr_mimebundle_()))\nrun.finish()",
        WANDB_BASE_URL="https://our.server",
    )
    lines = [line for line in text.splitlines() if line.startswith(("SHOWN", "of the cell"))]
    assert lines[0] == (
        "SHOWN <iframe src='https://our.server/owner/project?jupyter=true' "
        "style='border:none;width:100%;height:300px;'></iframe>"
    )
    assert lines[1].startswith("SHOWN <div style='height:99px'>") and "<code>magic</code>" in lines[1]
    assert lines[2] == "of the cell" and lines[3].startswith("SHOWN <div style='height:77px'>")
    assert lines[4] == "of the cell ['text/html', 'text/plain']" and len(lines) == 5
    assert "There is no run yet" in text and "not '-x'" in text


def test_login__in_a_notebook__asks_the_person_below_the_cell(program: Program, server: RecordingServer) -> None:
    """The standard input of a kernel is no terminal, and yet most people log in from a notebook."""
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    kernels = manager.KernelManager(kernel_name="python3")
    kernels.kernel_spec.argv[0] = sys.executable
    names = {"HOME": str(program.folder), "IPYTHONDIR": str(program.folder), "WANDB_BASE_URL": server.url}
    kernels.start_kernel(cwd=str(program.folder), env={**program.environment, **names, "WANDB_MODE": "online"})
    try:
        client = kernels.client()
        client.start_channels()
        asked, shown, answers = [], [], iter(["", "too short", KEY])

        def answer(message: Any) -> None:
            asked.append(message["content"])
            client.input(next(answers))

        def show(message: Any) -> None:
            shown.append(message["content"].get("text") or str(message["content"].get("data", "")))

        client.wait_for_ready(timeout=60)
        for _ in range(2):  # who has pressed Enter runs the cell again
            client.execute_interactive(
                "import wandb; wandb.login()", allow_stdin=True, stdin_hook=answer, output_hook=show, timeout=60
            )
        client.stop_channels()
    finally:
        kernels.shutdown_kernel(now=True)
    assert len(asked) == 3 and all(question["password"] for question in asked)
    assert [text in "".join(shown) for text in ("'False'", "'True'")] == [True, True]
    assert "too short" in "".join(shown)
    assert KEY in (program.folder / ".netrc").read_text()


def test_login__in_a_notebook_that_nobody_watches__ends_at_once(program: Program) -> None:
    """papermill and nbconvert run cells without a person: their kernels refuse to ask."""
    shown = in_kernel(
        program, "import wandb; print(wandb.login())", WANDB_MODE="online", HOME=str(program.folder), WANDB_API_KEY=""
    )
    assert "Nobody is there to answer" in shown and count(shown, "False") == 1
