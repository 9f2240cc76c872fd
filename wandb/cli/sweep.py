"""`wandb sweep`, `wandb agent` and `wandb controller`: make a sweep from a file, change it, and run it."""

from __future__ import annotations

import os
from typing import Any, Dict, Tuple

import click

from wandb.cli.folder import folder_settings
from wandb.cli.saying import say
from wandb.errors import UsageError
from wandb.yaml_file import read_yaml_file


@click.command()
@click.argument("config_yaml_or_sweep_id")
@click.option("--project", "-p", help="The project of its runs.")
@click.option("--entity", "-e", help="The user or team that they belong to.")
@click.option("--name", help="A name for people.")
@click.option("--program", help="The program to run, instead of the file's.")
@click.option("--update", "sweep_id", help="Give the sweep with this id the file's configuration.")
@click.option("--stop", "change", flag_value="stop", help="Start no more runs of it; those that go on may end.")
@click.option("--cancel", "change", flag_value="cancel", help="Start no more runs of it, and stop those that go on.")
@click.option("--pause", "change", flag_value="pause", help="Start no more runs of it for now.")
@click.option("--resume", "change", flag_value="resume", help="Undo --pause.")
@click.option("--prior_run", "-R", "prior_runs", multiple=True, help="A run to begin with; may be repeated.")
@click.option("--verbose", is_flag=True, help="No effect.")
@click.option("--settings", hidden=True, help="No effect.")
@click.option("--controller", is_flag=True, help="Choose the values of its runs here, until it is done.")
def sweep(config_yaml_or_sweep_id: str, change: str | None, sweep_id: str | None, **options: Any) -> None:
    """Make a sweep from a YAML file, at the server or, offline, on this machine; or change the one with an id."""
    given = {name: options[name] for name in ("entity", "project")}
    if change:
        _change(config_yaml_or_sweep_id, change, given)
        return
    named = {name: options[name] for name in ("name", "program")}
    config = {**_config(config_yaml_or_sweep_id), **{key: value for key, value in named.items() if value}}
    if sweep_id:
        _update(sweep_id, config, given)
        return
    if options["controller"]:
        from wandb.sweeps.controller import Controller

        Controller(config, options["entity"], options["project"]).run()
        return
    from wandb.sweeps.public import sweep as make

    make(config, options["entity"], options["project"], list(options["prior_runs"]) or None)


def _config(path: str) -> Dict[str, Any]:
    if not os.path.exists(path):
        raise click.UsageError(f"There is no file {path}; --stop, --cancel, --pause and --resume take an id.")
    return dict(read_yaml_file(path))


def _at_server(sweep_id: str, given: Dict[str, str | None]) -> Tuple[Any, Any]:
    """The sweep of the server, and the way there."""
    from wandb.sweeps.public import connect, sweep_of

    *place, name = sweep_id.split("/")
    where = {**given}
    if place:
        where["project"] = where["project"] or place[-1]
        where["entity"] = where["entity"] or (place[0] if len(place) > 1 else None)
    settings = folder_settings(**{key: value for key, value in where.items() if value})
    connection = connect(settings)
    if connection is None:
        raise UsageError("Only a sweep of a server can be changed: go online, and call `wandb login` first.")
    return sweep_of(connection, settings, name), connection


def _change(sweep_id: str, change: str, given: Dict[str, str | None]) -> None:
    from wandb.sweeps.server_sweep import STATES, set_state

    found, _ = _at_server(sweep_id, given)
    set_state(found, STATES[change])
    say(f"The sweep {'/'.join(found.path)} is {STATES[change]} now.")


def _update(sweep_id: str, config: Dict[str, Any], given: Dict[str, str | None]) -> None:
    from wandb.sweeps.server_sweep import create_sweep

    found, connection = _at_server(sweep_id, given)
    create_sweep(connection, config, found.entity, found.project, sweep_id=found.load()["id"])
    say(f"The sweep {'/'.join(found.path)} has the configuration of the file now.")


@click.command()
@click.argument("sweep_id")
@click.option("--project", "-p", help="The project of its runs.")
@click.option("--entity", "-e", help="The user or team that they belong to.")
@click.option("--count", type=click.IntRange(1), help="Stop after so many runs.")
@click.option("--forward-signals", "-f", is_flag=True, help="Pass signals to the agent on to its program.")
@click.option("--term-timeout", "-t", type=int, help="End a program that lives so many seconds after a signal.")
@click.option("--max-consecutive-failed-runs", type=click.IntRange(1), help="Stop after so many failures in a row.")
def agent(
    sweep_id: str,
    project: str | None,
    entity: str | None,
    count: int | None,
    forward_signals: bool,
    term_timeout: int | None,
    max_consecutive_failed_runs: int | None,
) -> None:
    """Run the program of a sweep, with one set of values after the other."""
    from wandb.sweeps.public import agent as run

    limits = {"max_consecutive_failed_runs": max_consecutive_failed_runs, "term_timeout": term_timeout}
    run(sweep_id, None, entity, project, count, forward_signals, **limits)


@click.command()
@click.argument("sweep_id")
@click.option("--verbose", is_flag=True, help="No effect.")
def controller(sweep_id: str, verbose: bool) -> None:
    """Choose the values of the runs of a sweep of the server here, until it is done."""
    from wandb.sweeps.controller import Controller

    Controller(sweep_id).run()
