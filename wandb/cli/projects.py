"""`wandb projects`: the projects of an owner at the server."""

from __future__ import annotations

import click

from wandb.apis.connection import Connection
from wandb.apis.projects import Projects
from wandb.cli.folder import folder_settings


@click.command()
@click.option("--entity", "-e", envvar="WANDB_ENTITY", help="The user or team; by default that of the settings.")
def projects(entity: str | None) -> None:
    """List the projects of a user or team."""
    connection = Connection(folder_settings())
    owner = entity or connection.default_entity
    for project in Projects(connection, owner):
        click.echo(f"{project.name:<32} {project.created_at}")
