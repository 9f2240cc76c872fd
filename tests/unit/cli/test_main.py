"""The command `wandb`, run as people run it; judged by its status, its words and the files it leaves."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from wandb.cli.main import NOT_YET, main
from wandb.version import __version__

KEY = "a1" * 20
ROOT = str(Path(__file__).resolve().parents[3])
CLOUD = "https://api.forge.coreweave.com"


class Place:
    """A folder to work in, with a home of its own."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "work"
        self.folder.mkdir()
        self.home = root / "home"
        self.home.mkdir()
        self.netrc = self.home / "netrc"
        self.workspace = self.folder / "wandb" / "settings"
        self.system = self.home / ".config" / "wandb" / "settings"
        self.environ = {
            "HOME": str(self.home),
            "NETRC": str(self.netrc),
            "PYTHONPATH": ROOT,
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ.get("PATH", ""),
        }

    def run(self, *arguments: str, module: str = "wandb.cli.main") -> subprocess.CompletedProcess[str]:
        """Run the command without a terminal."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=str(self.folder),
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            check=False,
            timeout=60,
        )

    def written(self) -> str:
        """The text of the workspace file; "" if there is none."""
        return self.workspace.read_text() if self.workspace.exists() else ""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A fresh folder and home."""
    return Place(tmp_path)


@pytest.mark.parametrize("module", ["wandb", "wandb.cli.main"])
def test_version__either_module__name_and_number(place: Place, module: str) -> None:
    """Scripts parse this line."""
    result = place.run("--version", module=module)
    assert (result.returncode, result.stdout) == (0, f"wandb, version {__version__}\n")


def test_help__lists_what_works_and_hides_the_rest(place: Place) -> None:
    """What is listed as a command must do something."""
    commands = place.run("--help").stdout.partition("Commands:")[2].partition("Not part")[0]
    listed = {line.split()[0] for line in commands.splitlines() if line.strip()}
    assert listed == {"agent", "disabled", "enabled", "export", "init", "login", "offline", "online", "status", "sweep"}


@pytest.mark.parametrize(
    "commands, expected",
    [
        (["offline"], "[default]\nmode = offline\n"),
        (["off"], "[default]\nmode = offline\n"),
        (["offline", "online"], "[default]\n"),
        (["off", "on"], "[default]\n"),
        (["online"], ""),
        (["disabled"], "[default]\nmode = disabled\n"),
        (["disabled", "enabled"], "[default]\nmode = online\n"),
    ],
)
def test_mode_commands__in_a_folder__write_its_settings(place: Place, commands: list[str], expected: str) -> None:
    """Programs started in this folder read exactly this."""
    for command in commands:
        assert place.run(command).returncode == 0
    assert place.written() == expected
    assert not place.system.exists()


def test_mode_commands__service_flag__accepted(place: Place) -> None:
    """It has no effect any more, but scripts have it."""
    assert place.run("disabled", "--service").returncode == 0
    assert place.run("enabled", "--service").returncode == 0


def test_mode_commands__broken_file__status_one_and_untouched(place: Place) -> None:
    """One line for a person, no traceback, and no damage."""
    place.workspace.parent.mkdir()
    place.workspace.write_text("no header\n")
    result = place.run("offline")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr and str(place.workspace) in result.stderr
    assert place.written() == "no header\n"


def test_init__options__written_and_reset(place: Place) -> None:
    """Scripts prepare a folder without being asked anything."""
    assert place.run("init", "-p", "p", "--entity", "e", "-m", "offline").returncode == 0
    assert place.written() == "[default]\nproject = p\nentity = e\nmode = offline\n"
    assert place.run("init", "--reset", "--project", "q").returncode == 0
    assert place.written() == "[default]\nproject = q\n"
    assert place.run("init", "--reset").returncode == 0
    assert place.written() == "[default]\n"


@pytest.mark.parametrize(
    "arguments, status", [(["-e", "e", "-p", "a/b"], 1), (["-e", "e", "-m", "sometimes"], 2), ([], 2)]
)
def test_init__wrong_or_nothing__error_and_nothing_written(place: Place, arguments: list[str], status: int) -> None:
    """Half of a change is worse than none, and without a terminal nobody can be asked."""
    assert place.run("init", *arguments).returncode == status
    assert place.written() == ""


def test_status__settings_of_the_folder__as_json(place: Place) -> None:
    """It shows what a program started here would get."""
    place.run("init", "-p", "p", "-m", "offline")
    place.environ["WANDB_ENTITY"] = "e"
    result = place.run("status")
    shown = json.loads(result.stdout.partition("\n")[2])
    assert (shown["project"], shown["entity"], shown["mode"], shown["base_url"]) == ("p", "e", "offline", CLOUD)
    assert str(place.workspace) in result.stderr
    assert place.run("status", "--no-settings").stdout == ""


def test_status__wrong_variable__status_one_and_its_name(place: Place) -> None:
    """This is where people look when something is off."""
    place.environ["WANDB_CONSOLE"] = "bogus"
    result = place.run("status")
    assert result.returncode == 1
    assert "WANDB_CONSOLE" in result.stderr and "Traceback" not in result.stderr


def test_login__key__kept_without_showing_it(place: Place) -> None:
    """The server is not asked in this build, and that is said."""
    result = place.run("login", KEY)
    assert result.returncode == 0
    assert place.netrc.read_text().split() == ["machine", CLOUD[8:], "login", "user", "password", KEY]
    assert KEY not in result.stderr + result.stdout
    assert "not checked" in result.stderr
    assert "not checked" not in place.run("login", "--no-verify", KEY).stderr
    assert place.run("login").returncode == 0


def test_login__host__becomes_the_users_server(place: Place) -> None:
    """The next program talks to it, also from this folder, whose own entry would win."""
    place.workspace.parent.mkdir()
    place.workspace.write_text("[default]\nbase_url = http://old\nproject = p\n")
    assert place.run("login", "--host", "http://h:1/", KEY).returncode == 0
    assert place.system.read_text() == "[default]\nbase_url = http://h:1\n"
    assert place.written() == "[default]\nproject = p\n"
    assert "machine h:1\n" in place.netrc.read_text()
    assert place.run("login", "--cloud", KEY).returncode == 0
    assert place.system.read_text() == "[default]\n"


@pytest.mark.parametrize(
    "arguments, status",
    [
        ([], 1),
        (["--relogin"], 1),
        (["short"], 1),
        (["--host", "nowhere", KEY], 1),
        (["--host", "http://h", "--cloud", KEY], 2),
        ([KEY, KEY], 2),
    ],
)
def test_login__wrong_or_nobody_to_ask__error_at_once(place: Place, arguments: list[str], status: int) -> None:
    """Without a terminal it neither waits nor pretends."""
    result = place.run("login", *arguments)
    assert result.returncode == status
    assert "Traceback" not in result.stderr and result.stderr
    assert not place.netrc.exists() and not place.system.exists()


def test_login__at_a_terminal__key_typed_unseen(place: Place) -> None:
    """A person types the key, and the terminal does not show it."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir(str(place.folder))
            os.execve(sys.executable, [sys.executable, "-m", "wandb", "login"], place.environ)
        finally:
            os._exit(127)
    shown, answered = b"", False
    while select.select([terminal], [], [], 60)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            break
        if not piece:
            break
        shown += piece
        if b"(unseen): " in shown and not answered:
            answered = True
            os.write(terminal, KEY.encode() + b"\n")
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0
    assert KEY.encode() not in shown
    assert KEY in place.netrc.read_text()


@pytest.mark.parametrize("arguments", [["sync"], ["sync", "--help"], ["artifact", "put", "--name", "x", "y"]])
def test_command__of_a_later_release__status_two_and_a_clear_word(place: Place, arguments: list[str]) -> None:
    """Told that there is no such command, people would look for a typo."""
    result = place.run(*arguments)
    assert result.returncode == 2
    assert f"`wandb {arguments[0]}` is not part of this build yet" in result.stderr


def test_command__unknown__status_two(place: Place) -> None:
    """A typo stays a typo."""
    result = place.run("nosuch")
    assert result.returncode == 2
    assert "not part of this build" not in result.stderr


def test_not_yet__never_hides_a_command_that_is_there() -> None:
    """A command that has been written must leave the list."""
    assert not set(NOT_YET) & set(main.commands)
