"""`wandb sweep` and `wandb agent`: make a sweep from a file, and run it."""

from __future__ import annotations

import click

from wandb.yaml_file import read_yaml_file


@click.command()
@click.argument("config_yaml", type=click.Path(exists=True, dir_okay=False))
@click.option("--project", "-p", help="The project of its runs.")
@click.option("--entity", "-e", help="The user or team that they belong to.")
@click.option("--name", help="A name for people.")
@click.option("--program", help="The program to run, instead of the file's.")
def sweep(config_yaml: str, project: str | None, entity: str | None, name: str | None, program: str | None) -> None:
    """Make a sweep on this machine from a YAML file."""
    from wandb.sweeps.public import sweep as make

    given = {"name": name, "program": program}
    make({**read_yaml_file(config_yaml), **{key: value for key, value in given.items() if value}}, entity, project)


@click.command()
@click.argument("sweep_id")
@click.option("--project", "-p", help="The project of its runs.")
@click.option("--entity", "-e", help="The user or team that they belong to.")
@click.option("--count", type=click.IntRange(1), help="Stop after so many runs.")
@click.option("--max-consecutive-failed-runs", type=click.IntRange(1), help="Stop after so many failures in a row.")
def agent(
    sweep_id: str,
    project: str | None,
    entity: str | None,
    count: int | None,
    max_consecutive_failed_runs: int | None,
) -> None:
    """Run the program of a sweep, with one set of values after the other."""
    from wandb.sweeps.public import agent as run

    run(sweep_id, None, entity, project, count, max_consecutive_failed_runs=max_consecutive_failed_runs)
