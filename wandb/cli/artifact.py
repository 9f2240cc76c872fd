"""`wandb artifact`: put a file or folder at the server, get and list what is there, and shrink the local cache."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Tuple

import click

from wandb.apis.connection import Connection
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.cache import Cache
from wandb.artifacts.names import check_aliases
from wandb.artifacts.server import ArtifactServer, full_name
from wandb.artifacts.sizes import bytes_of, shown
from wandb.cli.folder import folder_settings
from wandb.cli.saying import say
from wandb.credentials import find_key
from wandb.errors import UsageError
from wandb.settings_fields import NO_PROJECT, SENT_MODES
from wandb.sync.queries import VIEWER


@click.group()
def artifact() -> None:
    """Artifacts: versioned folders of files."""


def _server() -> Tuple[ArtifactServer, str, str]:
    """The server of this folder's settings, and the owner and the project that they name."""
    connection = Connection(folder_settings())
    return connection.artifacts(), connection.default_entity, connection.settings.project or NO_PROJECT


@artifact.command()
@click.argument("path")
@click.option("--root", help="The folder to write to.")
@click.option("--type", "kind", help="Fail unless it is of this type.")
def get(path: str, root: str | None, kind: str | None) -> None:
    """Download the artifact PATH: [[entity/]project/]name[:alias]."""
    server, entity, project = _server()
    facts = server.by_name(*full_name(path, entity, project))
    if kind is not None and facts.type != kind:
        raise UsageError(f"{facts.place.qualified_name} is of the type {facts.type!r}, not {kind!r}.")
    say(f"Downloading {facts.type} artifact {facts.place.qualified_name}")
    folder = Artifact.from_server(facts, server).download(root)
    say(f"Artifact downloaded to {folder}")


@artifact.command()
@click.argument("path")
@click.option("--type", "-t", "kind", help="Only those of this type.")
def ls(path: str, kind: str | None) -> None:
    """List the latest version of each artifact of the project PATH: [entity/]project."""
    server, entity, _ = _server()
    owner, _, project = path.rpartition("/")
    for facts in server.latest(owner or entity, project, kind):
        click.echo(f"{facts.type:<15}{facts.updated_at or facts.created_at:<22}{shown(facts.size):>12} {facts.name}")


@artifact.command()
@click.argument("path")
@click.option("--name", "-n", help="[[entity/]project/]name; by default that of the file or folder.")
@click.option("--description", "-d", help="Free text.")
@click.option("--type", "-t", "kind", default="dataset", show_default=True, help="What kind of thing it is.")
@click.option("--alias", "-a", "aliases", multiple=True, default=["latest"], help="A further name; may be repeated.")
@click.option("--id", "run_id", help="The run that it is to be an output of.")
@click.option("--resume", is_flag=True, help="Make it an output of the last run of this folder.")
@click.option("--skip_cache", is_flag=True, help="Keep no copy in the cache.")
@click.option(
    "--policy", type=click.Choice(["mutable", "immutable"]), default="mutable", help="Copy the files first, or not."
)
def put(path: str, name: str | None, kind: str, aliases: Tuple[str, ...], **options: Any) -> None:
    """Log the file, folder or URL PATH as an artifact, in a run of its own."""
    check_aliases(list(aliases))  # before there is a run
    place, _, last = (name or os.path.basename(os.path.abspath(path))).rpartition("/")
    entity, _, project = place.rpartition("/")
    draft = Artifact(last, kind, options["description"])
    if os.path.isdir(path):
        draft.add_dir(path, skip_cache=options["skip_cache"], policy=options["policy"])
    elif os.path.isfile(path):
        draft.add_file(path, skip_cache=options["skip_cache"], policy=options["policy"])
    elif "://" in path:
        draft.add_reference(path)
    else:
        raise click.UsageError(f"{path} is no file, no folder and no URL.")
    _check_server()
    # A run is begun as programs begin one.
    run = import_module("wandb").init(
        entity=entity or None,
        project=project or None,
        id=options["run_id"],
        job_type="cli_put",
        resume="auto" if options["resume"] else None,
        settings={"console": "off"},
    )
    with run:
        run.log_artifact(draft, aliases=list(aliases))
        if run.offline:
            say("The artifact is in the record of an offline run, which `wandb sync` sends.")
            return
        draft.wait()
        click.echo("Artifact uploaded, use this artifact in a run by adding:\n")
        click.echo(f'    artifact = run.use_artifact("{draft.qualified_name}")\n')


def _check_server() -> None:
    """Raise what is wrong with the server, if runs are sent: a run would wait for it to come back."""
    settings = folder_settings()
    if settings.mode in (*SENT_MODES, "run") and find_key(settings, os.environ) is not None:
        Connection(settings).ask("Viewer", VIEWER, "viewer")


@artifact.group()
def cache() -> None:
    """The local cache of files of artifacts."""


@cache.command()
@click.argument("target_size")
@click.option("--remove-temp/--no-remove-temp", default=False, help="Remove parts of downloads, too.")
def cleanup(target_size: str, remove_temp: bool) -> None:
    """Remove the files used longest ago until TARGET_SIZE is left, for example 10GB or 1.5 GiB."""
    try:
        most = bytes_of(target_size)
    except UsageError as error:
        raise click.BadParameter(str(error), param_hint="TARGET_SIZE") from error
    click.echo(f"Reclaimed {shown(Cache().clean(most, remove_temp))} of space")
