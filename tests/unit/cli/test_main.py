"""The command `wandb`, run as people run it; judged by its status, its words and the files it leaves."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.place import CLOUD, Place
from wandb.cli.main import NOT_YET, main
from wandb.version import __version__


@pytest.mark.parametrize("module", ["wandb", "wandb.cli.main"])
def test_version__either_module__name_and_number(place: Place, module: str) -> None:
    """Scripts parse this line."""
    result = place.run("--version", module=module)
    assert (result.returncode, result.stdout) == (0, f"wandb, version {__version__}\n")


def test_help__lists_what_works_and_hides_the_rest(place: Place) -> None:
    """What is listed as a command must do something."""
    commands = place.run("--help").stdout.partition("Commands:")[2].partition("Not part")[0]
    listed = {line.split()[0] for line in commands.splitlines() if line.strip()}
    settings = {"disabled", "enabled", "init", "login", "offline", "online", "status"}
    ours = {"agent", "artifact", "beta", "clean", "controller", "export", "projects", "pull", "purge-cache", "restore"}
    assert listed == {*settings, *ours, "sweep", "sync", "verify"}
    alone = place.run()
    assert (alone.returncode, alone.stdout) == (0, place.run("--help").stdout)


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


@pytest.mark.parametrize("arguments", [["leet"], ["leet", "--help"], ["launch", "--queue", "x", "y"]])
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
