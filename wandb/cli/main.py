"""The command `wandb`: its arguments, and the commands that only touch settings files.

Other commands live in files of their own, by the table `ELSEWHERE`. Nothing here starts a run, and no command
waits for an answer unless a person sits at the terminal. Errors of the package end a command with status 1,
wrong arguments and commands that this build lacks with status 2.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import Any, List

import click

from wandb.cli.folder import folder_settings, workspace, write
from wandb.cli.login import login
from wandb.cli.saying import say
from wandb.credentials import can_ask
from wandb.errors import Error, NotYetError
from wandb.settings import working_dir
from wandb.settings_fields import without_credentials
from wandb.settings_files import clear_settings
from wandb.settings_values import check
from wandb.version import __version__

NOT_YET = (
    *("docker", "docker-run", "job", "launch", "launch-agent"),
    *("launch-sweep", "leet", "local", "scheduler", "server"),
    "sweep-scheduler",
)

# Commands in files of their own, loaded when they are called: name -> module, which has it by its name.
ELSEWHERE = {
    "agent": "wandb.cli.sweep",
    "artifact": "wandb.cli.artifact",
    "beta": "wandb.cli.sync",
    "clean": "wandb.cli.clean",
    "controller": "wandb.cli.sweep",
    "export": "wandb.cli.export",
    "projects": "wandb.cli.projects",
    "pull": "wandb.cli.run_files",
    "purge-cache": "wandb.cli.cache",
    "restore": "wandb.cli.run_files",
    "sweep": "wandb.cli.sweep",
    "sync": "wandb.cli.sync",
    "verify": "wandb.cli.verify",
}


def _not_yet(name: str) -> click.Command:
    """A stand-in that takes any arguments and says that the command is still to come."""

    def refuse() -> None:
        raise click.UsageError(str(NotYetError(f"`wandb {name}`")))

    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(name, callback=refuse, hidden=True, add_help_option=False, context_settings=anything)


class WandbGroup(click.Group):
    """A group whose errors are ours as well, and which knows the commands that it does not have yet."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or a stand-in if it is one of a later release."""
        if cmd_name in ELSEWHERE:
            found: click.Command = getattr(import_module(ELSEWHERE[cmd_name]), cmd_name.replace("-", "_"))
            return found
        command = super().get_command(ctx, cmd_name)
        return _not_yet(cmd_name) if command is None and cmd_name in NOT_YET else command

    def list_commands(self, ctx: click.Context) -> List[str]:
        """The names of all commands that there are."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of the package becomes one line and status 1."""
        try:
            return super().invoke(ctx)
        except Error as error:
            raise click.ClickException(str(error)) from error


@click.group(
    cls=WandbGroup, invoke_without_command=True, epilog="Not part of this build yet: " + ", ".join(NOT_YET) + "."
)
@click.version_option(version=__version__, prog_name="wandb", message="%(prog)s, version %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Track experiments: log in, and choose what is recorded and sent."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@main.command()
def online() -> None:
    """Let runs of this folder be sent to the server again."""
    write(workspace(), "mode", None)
    click.echo("W&B online: runs started in this folder are sent to the server.")


@main.command()
def offline() -> None:
    """Keep runs of this folder on this machine, for `wandb sync` later."""
    write(workspace(), "mode", "offline")
    click.echo("W&B offline: runs started in this folder stay on this machine; `wandb disabled` turns them off.")


@main.command()
@click.option("--service", is_flag=True, expose_value=False, hidden=True, help="No effect.")
def disabled() -> None:
    """Record nothing at all in this folder."""
    write(workspace(), "mode", "disabled")
    click.echo("W&B disabled: nothing is recorded in this folder.")


@main.command()
@click.option("--service", is_flag=True, expose_value=False, hidden=True, help="No effect.")
def enabled() -> None:
    """Undo `wandb disabled`."""
    write(workspace(), "mode", "online")
    click.echo("W&B enabled.")


main.add_command(click.Command("on", callback=online.callback, help="Same as online.", hidden=True))
main.add_command(click.Command("off", callback=offline.callback, help="Same as offline.", hidden=True))


@main.command()
@click.option("--settings/--no-settings", "show", default=True, help="Show the settings.")
def status(show: bool) -> None:
    """Show the settings that hold in this folder."""
    settings = folder_settings()
    for path in settings.files_read:
        say(f"settings read from {path}")
    if show:
        names = ("base_url", "entity", "git_remote", "ignore_globs", "mode", "organization", "project", "root_dir")
        click.echo("Current Settings")
        click.echo(without_credentials(json.dumps({name: getattr(settings, name) for name in names}, indent=2)))


@main.command()
@click.option("--project", "-p", help="Project of the runs of this folder.")
@click.option("--entity", "-e", help="User or team that owns the project.")
@click.option("--reset", is_flag=True, help="Forget the settings of this folder.")
@click.option("--mode", "-m", type=click.Choice(["online", "offline", "disabled"]), help="What happens to runs.")
def init(project: str | None, entity: str | None, reset: bool, mode: str | None) -> None:
    """Set project, entity and mode for the runs of this folder."""
    path = workspace()
    if not (project or entity or mode or reset):
        if not can_ask():
            raise click.UsageError("Name what to set, for example: wandb init --project my-project")
        project = click.prompt("Project", default=os.path.basename(working_dir()) or None)
    given = {"project": project, "entity": entity, "mode": mode}
    # All are checked before the first is written, so that a typo leaves no half-made change.
    values = {name: check(name, value, f"--{name}") for name, value in given.items() if value}
    if reset:
        clear_settings(path)
        say(f"settings removed from {path}")
    for name, value in values.items():
        write(path, name, value)


main.add_command(login)


if __name__ == "__main__":
    main(prog_name="wandb")
