"""Who said it, and what of it is kept."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import pytest

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in

PRINTING = """
    import multiprocessing, os, sys, threading

    def work():
        print("worker")

    if __name__ == "__main__":
        import wandb
        wandb.init(project="p", settings=wandb.Settings(silent=True, {settings}))
        print("main")
        thread = threading.Thread(target=print, args=("thread",), name="Loader")
        thread.start()
        thread.join()
        for method in ("fork", "spawn"):
            process = multiprocessing.get_context(method).Process(target=work, name="Worker-" + method)
            process.start()
            process.join()
        sys.stderr.write("error\\n")
"""


def sources(run: RecordedRun) -> Dict[str, Any]:
    """Line -> who wrote it, from the records of the run file."""
    found = {}
    for record in run.records():
        if record.WhichOneof("record_type") == "output_raw" and record.output_raw.line.strip():
            text = record.output_raw._info._tracelog_id
            found[(record.output_raw.line.strip(), record.uuid.partition("#")[0])] = json.loads(text) if text else None
    return {f"{line}{number}" if line == "worker" else line: source for number, ((line, _), source) in enumerate(found.items())}


def test_records__say_which_process_and_thread_wrote_them(program: Program) -> None:
    """The main thread of the process that called `init` is the usual one."""
    run = program(PRINTING.format(settings=""), env={"RANK": "3"}).ok().run
    by_line = sources(run)
    assert by_line["main"] is None and by_line["error"] is None
    assert by_line["thread"]["thread"] == "Loader" and by_line["thread"]["rank"] == 3
    workers = [source for line, source in by_line.items() if line.startswith("worker")]
    assert sorted(source["process"] for source in workers) == ["Worker-fork", "Worker-spawn"]
    assert len({source["pid"] for source in workers}) == 2 and all(source["rank"] == 3 for source in workers)
    assert sorted(run.output()) == sorted(["main", "thread", "worker", "worker", "error"])


def test_output_log__with_prefix__says_it_in_front_of_each_line(program: Program) -> None:
    """A setting; without it the file stays plain."""
    run = program(PRINTING.format(settings="console_prefix=True"), env={"LOCAL_RANK": "1"}).ok().run
    assert sorted(run.output()) == sorted(
        [
            "[rank 1] main",
            "[rank 1 Loader] thread",
            "[rank 1 Worker-fork] worker",
            "[rank 1 Worker-spawn] worker",
            "[rank 1] error",
        ]
    )


@pytest.mark.parametrize(
    "settings, environment, expected",
    [
        ("console_processes='creator'", {}, ["main", "thread", "error"]),
        ("console_processes='rank0'", {"RANK": "0"}, ["main", "thread", "worker", "worker", "error"]),
        ("console_processes='rank0'", {"RANK": "5"}, []),
    ],
)
def test_console_processes__chooses_whose_text_is_recorded(
    program: Program, settings: str, environment: Dict[str, str], expected: List[str]
) -> None:
    """With 64 ranks, one is enough."""
    run = program(PRINTING.format(settings=settings), env=environment).ok().run
    assert sorted(run.console().split()) == sorted(expected)


def test_output_log__with_patterns__keeps_the_lines_that_are_wanted(program: Program) -> None:
    """The record itself keeps all; also a line that becomes wanted, or unwanted, while it grows."""
    run = program(
        """
        import sys, time, wandb
        settings = wandb.Settings(silent=True, console_include=["^loss", "done$"], console_exclude=["debug"])
        wandb.init(project="p", settings=settings)
        for text in ("loss 1\\n", "noise\\n", "loss debug\\n", "step ", "is ", "done\\n", "loss ", "of debug\\n", "loss 2\\n"):
            sys.stdout.write(text)
            sys.stdout.flush()
            time.sleep(0.3)
        """
    ).ok().run
    assert run.output() == ["loss 1", "step is done", "loss 2"]
    assert "noise" in run.console()


def test_patterns__that_are_none__are_said(program: Program) -> None:
    """A wrong setting is one clear error."""
    result = program("import wandb\nwandb.init(project='p')\n", env={"WANDB_CONSOLE_EXCLUDE": "a(,b"})
    assert result.status == 1 and "WANDB_CONSOLE_EXCLUDE" in result.stderr and "regular expression" in result.stderr


def test_output_log__with_colors__keeps_them_line_by_line(program: Program) -> None:
    """Without the setting the file is plain; the record has all in any case."""
    source = """
        import sys, wandb
        wandb.init(project="p", id="{wanted}", settings=wandb.Settings(silent=True, console_colors={wanted}))
        print("\\033[31mred\\nstill red\\033[0m plain")
    """
    for wanted, lines in (
        (True, ["\x1b[31mred\x1b[0m", "\x1b[31mstill red\x1b[0m plain"]),
        (False, ["red", "still red plain"]),
    ):
        program(source.format(wanted=wanted)).ok()
        (run,) = (run for run in runs_in(program.folder) if run.layout.run_id == str(wanted))
        assert run.output() == lines


@pytest.mark.parametrize("where", ["environment", "settings file", "init"])
@pytest.mark.parametrize(
    "mode, recorded",
    [
        ("off", []),
        ("wrap", ["python"]),
        ("wrap_raw", ["python"]),
        ("wrap_emu", ["python"]),
        ("auto", ["python"]),
        ("redirect", ["descriptor", "python"]),
    ],
)
def test_console__set_anywhere__decides_what_is_recorded(program: Program, where: str, mode: str, recorded: List[str]) -> None:
    """Each name of a mode, by each source of settings."""
    if where == "settings file":
        program.folder.joinpath("wandb").mkdir()
        program.folder.joinpath("wandb", "settings").write_text(f"[default]\nconsole = {mode}\n")
    options = f', "console": {mode!r}' if where == "init" else ""
    source = f"""
        import os, sys, wandb
        before = sys.stdout.write, os.fstat(1).st_ino
        wandb.init(project="p", settings={{"silent": True{options}}})
        changed = sys.stdout.write != before[0], os.fstat(1).st_ino != before[1]
        assert changed == ({mode.startswith(("wrap", "auto"))}, {mode == "redirect"}), changed
        print("python", flush=True)
        os.write(1, b"descriptor\\n")
    """
    run = program(source, env={"WANDB_CONSOLE": mode} if where == "environment" else {}).ok().run
    assert sorted(run.console().split()) == recorded


def test_output_log__of_a_resumed_run__goes_on_behind_a_border(program: Program) -> None:
    """Whoever opens the last part reads all of it; the record of each part holds its own."""
    source = """
        import os, sys, wandb
        wandb.init(project="p", id="abc", resume="allow", settings=wandb.Settings(silent=True))
        print("part", sys.argv[1])
        if sys.argv[1] == "a":
            sys.stdout.flush()
            os.kill(os.getpid(), 9)
        """
    assert program(source, "a").status == -9
    program(source, "b").ok()
    program(source.replace('print("part", sys.argv[1])', "pass"), "silent").ok()
    program(source, "c").ok()
    last = runs_in(program.folder)[-1]
    lines = last.output()
    assert lines[0::2] == ["part a", "part b", "part c"]
    assert all(line.startswith("-------- resumed 20") for line in lines[1::2]) and len(lines) == 5
    assert last.console() == "part c\n"


# What stands on sys.stdout at `init`; what is printed then and later; what the record must hold.
AT_INIT: Dict[str, Tuple[str, str, List[str]]] = {
    "silenced": (
        "import contextlib, io\nsilence = contextlib.redirect_stdout(io.StringIO())\nsilence.__enter__()",
        "silence.__exit__(None, None, None)\nprint('later')",
        ["later"],
    ),
    "copied": (
        "class Both:\n"
        "    def write(self, text): return sys.__stdout__.write(text)\n"
        "    def flush(self): sys.__stdout__.flush()\n"
        "sys.stdout = Both()",
        "print('through', 'both')\nsys.stdout = sys.__stdout__\nprint('later')",
        ["through both", "later"],
    ),
    "handed on later": (
        "class Late(list):\n"
        "    write = list.append\n"
        "    def flush(self): sys.__stdout__.write(''.join(self)), self.clear()\n"
        "    def fileno(self): return sys.__stdout__.fileno()\n"
        "sys.stdout = sys.stderr = Late()",
        "print('held', 'back')\nsys.stdout.flush()\nsys.stdout = sys.__stdout__\nprint('later')",
        ["held back", "later"],
    ),
    "same bytes": (
        "import io\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')",
        "print('text')\nsys.stdout.flush()\nsys.stdout.buffer.write(b'bytes\\n')",
        ["text", "bytes"],
    ),
    "bytes taken away": (
        "import io\nsys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding='utf-8')",
        "print('text')",
        ["text"],
    ),
    "same descriptor": (
        "sys.stdout = open(1, 'w', closefd=False)",
        "print('text', flush=True)\nsys.stdout = sys.__stdout__\nprint('later')",
        ["text", "later"],
    ),
}


@pytest.mark.parametrize("at_init", AT_INIT)
def test_stdout__replaced_at_init__is_heard_once_and_so_is_the_first_one(program: Program, at_init: str) -> None:
    """Who silences `init`, or starts it inside of a progress bar, prints on to the stream that the program began with."""
    before, after, recorded = AT_INIT[at_init]
    result = program(f"import sys, wandb\n{before}\nrun = wandb.init(project='p', settings={{'silent': True}})\n{after}\n").ok()
    assert result.run.console().split("\n")[:-1] == recorded
    assert result.stdout.split("\n")[:-1] == recorded


def test_stream__opened_anew_while_the_run_goes_on__is_recorded_from_a_row_on(program: Program) -> None:
    """`sys.stdout` was put there by the program, so the run learns of it at one of its next records."""
    run = program(
        """
        import sys, wandb
        with wandb.init(project="p") as run:
            sys.stdout = open(1, "w", buffering=1, closefd=False)
            while "write" not in vars(sys.stdout):
                run.log({"a": 1})
            print("anew")
        assert "write" not in vars(sys.stdout)
        """
    ).ok().run
    assert "anew" in run.output()
