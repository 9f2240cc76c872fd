"""`wandb purge-cache`: remove what this user's cache folder holds of artifacts and logs, all of it or what is old."""

from __future__ import annotations

import re
import time

import click

from wandb.artifacts.cache import Cache
from wandb.artifacts.sizes import shown
from wandb.cli.saying import say
from wandb.credentials import can_ask

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdwMy]?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "": 86400, "d": 86400, "w": 7 * 86400, "M": 30 * 86400, "y": 365 * 86400}


@click.command("purge-cache")
@click.option("--age", default="0d", help="Remove only what was not used for so long: 10s, 5m, 8h, 7d, 6M, 1y.")
@click.option("--force", is_flag=True, help="Do not ask.")
def purge_cache(age: str, force: bool) -> None:
    """Remove cached files of artifacts, and logs, from the cache folder."""
    match = _AGE.fullmatch(age.strip())
    if match is None:
        raise click.BadParameter(f"{age!r} is no age: 10s, 5m, 8h, 7d, 6M and 1y are some.", param_hint="--age")
    cache, before = Cache(), time.time() - float(match.group(1)) * _SECONDS[match.group(2)]
    found = cache.older_than(before)
    if found and not force:
        if not can_ask():
            raise click.UsageError("Nobody is there to ask whether the cache may be purged: use --force.")
        size = shown(sum(size for _, size, _ in found))
        click.confirm(f"Remove {len(found)} files ({size}) from {cache.root}?", abort=True, err=True)
    count, removed = cache.remove(found)
    say(f"Deleted {count} file(s) ({shown(removed)})")
