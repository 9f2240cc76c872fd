"""What a person sees, and how it is silenced."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.conftest import ROOT, Program
from tests.recorded import runs_in

SMALL = """
    import wandb
    with wandb.init(project="p") as run:
        for step in range(10):
            run.log({"loss": 1 / (step + 1), "acc": step})
        print("training")
"""


def test_start_and_end__offline__tell_where_how_it_went_and_how_to_send_it(program: Program) -> None:
    """The lines that users of the real thing know, on stderr."""
    result = program(SMALL).ok()
    assert result.stdout == "training\n"
    lines = result.stderr.splitlines()
    assert all(line.startswith("wandb:") for line in lines), lines
    for part in ("version 0.31.0+fork.1", "offline", str(result.run.path), "Run history:", "Run summary:", "Find logs at:"):
        assert any(part in line for line in lines), part
    assert f"wandb: wandb sync {result.run.path}" in lines
    assert any("loss" in line and "█" in line and "▁" in line for line in lines)
    assert any(line.split() == ["wandb:", "acc", "9"] for line in lines)


@pytest.mark.parametrize(
    "environment, expected",
    [
        ({"WANDB_SILENT": "true"}, 0),
        ({"WANDB_MODE": "disabled"}, 0),
        ({"WANDB_SHOW_INFO": "false"}, 0),
        ({"WANDB_QUIET": "true"}, 2),
    ],
)
def test_silenced__by_the_known_variables__says_as_much_as_the_real_thing(
    program: Program, environment: dict, expected: int
) -> None:
    """Silent means nothing at all; quiet means the essential lines."""
    result = program(SMALL, env=environment).ok()
    assert len(result.stderr.splitlines()) == expected, result.stderr


def test_ascii_locale__two_runs__no_encoding_error(program: Program) -> None:
    """Cluster nodes have no UTF-8."""
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
    result = program(SMALL.replace('"training"', '"training"') + SMALL, env=environment).ok()
    assert result.stderr.isascii() and result.stderr.count("Run history:") == 2


def test_no_key_and_no_mode__batch_job__records_offline_and_says_how_to_send(program: Program) -> None:
    """It never prompts in a batch job, never fails, never waits."""
    result = program(SMALL, env={"WANDB_MODE": ""}).ok()
    (line,) = [line for line in result.stderr.splitlines() if "API key" in line]
    assert "wandb login" in line and "wandb sync" in line
    assert result.run.summary()["acc"] == 9


@pytest.mark.parametrize("number", [("x", "mode"), ("x", "console")])
def test_wrong_setting__from_the_environment__is_one_clear_error(program: Program, number: tuple) -> None:
    """It names the setting, the value and where it came from."""
    value, setting = number
    name = f"WANDB_{setting.upper()}"
    result = program(SMALL, env={name: value})
    assert result.status == 1
    last = result.stderr.strip().splitlines()[-1]
    assert "wandb.errors" in last and setting in last and "'x'" in last and name in last


def test_terminal__real_one__is_coloured_and_the_program_s_own_text_is_untouched(program: Program) -> None:
    """Plain where no person looks; isatty and the text stay the same under capture."""
    path = program.write(SMALL + "    import sys; print(sys.stdout.isatty(), sys.stderr.isatty())\n")
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(path)], cwd=program.folder, stdin=side, stdout=side, stderr=side,
        env={**program.environment, "TERM": "xterm", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(side)
    output = b""
    while True:
        try:
            data = os.read(main, 65536)
        except OSError:
            break
        if not data:
            break
        output += data
    os.close(main)
    assert process.wait(30) == 0
    text = output.decode()
    assert "training\r\n" in text and "True True" in text
    assert "\x1b[1;34mwandb\x1b[0m: " in text


def test_traceback__of_an_exception_in_the_with_block__is_shown_once_and_recorded(program: Program) -> None:
    """The run ends before the interpreter prints it."""
    result = program(
        """
        import wandb
        with wandb.init(project="p") as run:
            print("before")
            raise ValueError("boom")
        """
    )
    assert result.status == 1
    assert result.stderr.count("ValueError: boom") == 1
    assert result.run.console().count("ValueError: boom") == 1
    assert result.run.exit_code() == 1


@pytest.mark.parametrize(
    "code, expected",
    [
        ("sys.exit(3)", 3),
        ("sys.exit('text')", 1),
        ("1 / 0", 1),
        ("pass", 0),
        ("import threading\nthread = threading.Thread(target=sys.exit, args=(3,))\nthread.start()\nthread.join()", 0),
        ("try:\n    sys.exit(0)\nexcept SystemExit:\n    1 / 0", 1),
        ("sys.excepthook = lambda *_: (print('ZeroDivisionError'), sys.exit(7))\n1 / 0", 7),
    ],
    ids=["number", "text", "error", "end", "of a thread", "error after exit", "exit of a hook"],
)
def test_exit_code__of_the_program__is_recorded_and_unchanged(program: Program, code: str, expected: int) -> None:
    """A failed run must not look finished."""
    result = program(f"import sys, wandb\nrun = wandb.init(project='p')\nrun.log({{'a': 1}})\n{code}\n")
    assert result.status == expected
    assert result.run.exit_code() == expected
    assert ("ZeroDivisionError" in result.run.console()) == ("1 / 0" in code)


def test_excepthook__of_the_user__gets_what_it_would_get_without_us(program: Program) -> None:
    """Post-mortem debuggers live in it."""
    result = program(
        """
        import sys, wandb
        def hook(kind, value, traceback):
            print("HOOK", kind.__name__, value, traceback.tb_lineno)
        sys.excepthook = hook
        wandb.init(project="p")
        raise ValueError("boom")
        """
    )
    assert result.stdout == "HOOK ValueError boom 7\n"
    assert result.run.exit_code() == 1


def test_error__in_a_console_of_the_program__is_shown_as_ever_and_does_not_fail_the_run(program: Program) -> None:
    """`code` shows another traceback where `sys.excepthook` is not the interpreter's own; and the program goes on."""
    console = """
        import code, sys
        {begin}
        lines = ["print('well')", "def (", "1 / 0"]
        def read(prompt):
            if not lines:
                raise EOFError
            return lines.pop()
        code.interact(banner="hello", readfunc=read)
    """
    begin = "import wandb; wandb.init(project='p', settings={'silent': True})"
    plain, tracked = program(console.format(begin="pass")), program(console.format(begin=begin))
    assert "ZeroDivisionError" in plain.stderr and plain.status == tracked.status == 0
    assert (tracked.stdout, tracked.stderr) == (plain.stdout, plain.stderr)
    assert "ZeroDivisionError: division by zero" in tracked.run.output()
    assert tracked.run.exit_code() == 0


def test_error__on_a_line_of_python_s_prompt__does_not_fail_the_run(program: Program) -> None:
    """The interpreter reports it as it does what ends a program, and goes on."""
    lines = ["import wandb", "run = wandb.init(project='p')", "1 / 0", "print('well')"]
    ended = subprocess.run(
        [sys.executable, "-i"],
        input="\n".join([*lines, "exit()"]) + "\n",
        cwd=program.folder,
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0 and "ZeroDivisionError" in ended.stderr
    [run] = runs_in(program.folder)
    assert run.exit_code() == 0


def test_wishes__that_this_build_cannot_fulfil__are_accepted_and_said(program: Program) -> None:
    """Never a silent gap."""
    result = program(
        """
        import wandb
        with wandb.init(project="p", settings={"job_name": "j", "launch": True}) as run:
            print("recorded")
        """
    ).ok()
    for wish in ("job_name", "launch"):
        assert any(wish in line and "not part of this build yet" in line for line in result.stderr.splitlines()), wish
    assert result.run.output() == ["recorded"]


@pytest.mark.parametrize("console", ["wrap", "redirect"])
@pytest.mark.parametrize("stderr", ["closed", "without a reader", "on a full disk"])
def test_stderr__that_takes_nothing__does_not_change_the_exit_status(program: Program, stderr: str, console: str) -> None:
    """Our words would stay in its buffer, and Python ends with status 120 if it can't write those at its exit."""
    result = program(
        """
        import os, sys, wandb
        run = wandb.init(project="p", settings=wandb.Settings(console=sys.argv[2]))
        if sys.argv[1] == "closed":
            os.close(2)
        else:
            reader, writer = os.pipe()
            os.dup2(writer if sys.argv[1] == "without a reader" else os.open("/dev/full", os.O_WRONLY), 2)
            os.close(reader)
            os.close(writer)
        run.log({"x": 1})
        run.finish()
        """,
        stderr,
        console,
    ).ok()
    assert result.run.rows()[0]["x"] == 1 and result.run.exit_code() == 0
    assert result.stdout == ""


def test_stderr__with_text_that_it_could_not_take__has_that_later(program: Program) -> None:
    """What the program itself has written stays in the buffer, as without a tracker; only our words are given up."""
    result = program(
        """
        import os, sys, wandb
        run = wandb.init(project="p", settings=wandb.Settings(console="off"))
        kept = os.dup(2)
        os.dup2(os.open("/dev/full", os.O_WRONLY), 2)
        try:
            print("the program's", file=sys.stderr)
        except OSError:
            pass
        run.finish()
        os.dup2(kept, 2)
        """
    ).ok()
    assert result.stderr.endswith("the program's\n") and "Run summary" not in result.stderr
