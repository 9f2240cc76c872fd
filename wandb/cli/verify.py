"""`wandb verify`: whether this machine, this setup and the server are as they have to be, and how to mend what is not.

Each check is real: folders are written to, a run is recorded with forked and spawned workers, the server is asked with
the key. Status 1 if something has to be mended; what only might matter is a warning.
"""

from __future__ import annotations

import os
import sys
import time
from email.utils import parsedate_to_datetime
from typing import Iterator

import click

from wandb.cli.finding import FAILED, OK, WARNING, Finding
from wandb.cli.folder import folder_settings
from wandb.cli.machine import check_folders, check_limits, check_python
from wandb.cli.trial_run import check_recording
from wandb.credentials import find_key, netrc_path
from wandb.errors import AuthenticationError
from wandb.settings import Settings
from wandb.settings_values import check
from wandb.sync.viewer import ask

_ANSWER_SECONDS = 10.0
# Signed addresses of uploads are refused by most stores when the clocks are a quarter of an hour apart.
_SKEW_WARNING, _SKEW_FAILED = 60.0, 900.0
_COLORS = {OK: "green", WARNING: "yellow", FAILED: "red"}


@click.command()
@click.option("--host", help="Check this server instead of the one of the settings.")
def verify(host: str | None) -> None:
    """Check this machine, its setup and the server; say what is wrong and how to mend it."""
    settings = folder_settings(**({"base_url": check("base_url", host, "--host")} if host else {}))
    levels = []
    for part in (check_python, check_folders, check_limits, check_recording, check_key_file, check_server):
        for finding in part(settings):
            _show(finding)
            levels.append(finding.level)
    failed, warnings = levels.count(FAILED), levels.count(WARNING)
    if failed:
        click.echo(f"{failed} of {len(levels)} checks failed.")
        sys.exit(1)
    click.echo(f"No check failed, {warnings} warned." if warnings else "All is well.")


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:<8}", fg=_COLORS[finding.level])
    click.echo(f"{level}{finding.subject}: {finding.text}")
    if finding.remedy:
        click.echo(f"        -> {finding.remedy}")


def check_key_file(settings: Settings) -> Iterator[Finding]:
    """That nobody else reads the keys in the netrc file."""
    path = netrc_path(os.environ)
    if path and os.path.isfile(path) and os.stat(path).st_mode & 0o077:
        yield Finding(WARNING, "netrc", f"others can read {path}, which holds keys", f"chmod 600 {path}")


def check_server(settings: Settings) -> Iterator[Finding]:
    """That the server is there and takes the key, and that its clock and this one agree."""
    if settings._offline or settings._noop:
        source = settings.source_of("mode")
        yield Finding(WARNING, "server", f"not asked, as mode={settings.mode} (from {source})", "`wandb online`")
        return
    try:
        found = find_key(settings, os.environ)
    except AuthenticationError as error:
        yield Finding(FAILED, "API key", str(error), "`wandb login --relogin`")
        return
    began = time.monotonic()
    answer = ask(settings, found[0] if found else "", settings.x_graphql_timeout_seconds or _ANSWER_SECONDS)
    if answer.accepted is None:
        remedy = "check the address (WANDB_BASE_URL, `wandb login --host`), proxies and certificates"
        yield Finding(FAILED, "server", f"{settings._server} can't be asked: {answer.problem}", remedy)
        return
    yield Finding(OK, "server", f"{settings._server} answers, in {(time.monotonic() - began) * 1000:.0f} ms")
    yield from _compare_clocks(answer.server_time, time.time())
    if not found:
        yield Finding(FAILED, "API key", "none is known: runs stay on this machine", "`wandb login`, or WANDB_API_KEY")
    elif answer.accepted:
        yield Finding(OK, "API key", f"from {found[1]}, of {answer.user}")
    else:
        text = f"the one from {found[1]} is rejected: {answer.problem}"
        yield Finding(FAILED, "API key", text, f"`wandb login --relogin`; keys are at {settings.app_url}/authorize")


def _compare_clocks(server_time: str, now: float) -> Iterator[Finding]:
    try:
        skew = now - parsedate_to_datetime(server_time).timestamp()
    except (TypeError, ValueError):
        return  # a server that does not tell its time
    level = FAILED if abs(skew) > _SKEW_FAILED else WARNING if abs(skew) > _SKEW_WARNING else OK
    order = "ahead of" if skew > 0 else "behind"
    text = "like the server's" if level == OK else f"{abs(skew):.0f} s {order} the server's"
    yield Finding(level, "clock", text, "" if level == OK else "set it, for example with NTP")
