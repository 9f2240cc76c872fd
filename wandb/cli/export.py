"""`wandb export`: recorded runs as files that other tools read."""

from __future__ import annotations

import sys
import warnings

import click

from wandb.apis.local import local_runs, run_folders
from wandb.cli.saying import say
from wandb.errors import UsageError
from wandb.export.dataset import FORMATS
from wandb.export.dataset import export as export_runs

_DAMAGED = 1
_SHOWN = 3


@click.command()
@click.argument("paths", metavar="RUN...", nargs=-1, required=True)
@click.option("--to", "to", type=click.Choice(FORMATS), required=True, help="The format of the files.")
@click.option("--output", "-o", "target", metavar="DIR", required=True, help="The folder to make.")
@click.option("--overwrite", is_flag=True, help="Replace DIR if it is an earlier export.")
def export(paths: tuple[str, ...], to: str, target: str, overwrite: bool) -> None:
    """Write runs as Parquet, CSV, JSON lines or TensorBoard's event files.

    RUN is a run folder, a folder with runs at any depth (such as ./wandb), or a pattern. Runs that still go on are
    exported as far as they are. DIR is there when all of it is complete, and not before.

    The exit status is 1 if a run is damaged: what is whole of it is exported.
    """
    layouts = run_folders(paths)
    if not layouts:
        raise UsageError(f"There is no run in {', '.join(paths)}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # damage is told below, of all runs
        try:
            exported = export_runs(local_runs(layouts), to, target, overwrite, say)
        except OSError as error:
            raise UsageError(f"The export to {target} failed, nothing is left of it: {error}") from error
    for place, damage in exported.damage.items():
        more = f" (and {len(damage) - _SHOWN} more places)" if len(damage) > _SHOWN else ""
        say(f"WARNING {place} is damaged: {'; '.join(damage[:_SHOWN])}{more}")
    click.echo(f"{exported.runs} run{'s' * (exported.runs != 1)}, {exported.rows:,} rows in {target}")
    if exported.damage:
        sys.exit(_DAMAGED)
