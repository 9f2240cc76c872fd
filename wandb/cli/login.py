"""`wandb login`: take an API key, ask the server whether it is one, keep it; choose the server."""

from __future__ import annotations

import os
from typing import Any

import click

from wandb.cli.folder import folder_settings, workspace, write
from wandb.cli.saying import say
from wandb.credentials import ask_key, can_ask, check_key, find_key, host_of, netrc_path, rejection, write_netrc
from wandb.errors import AuthenticationError, UsageError
from wandb.settings import Settings
from wandb.settings_fields import FIELDS
from wandb.settings_files import read_file, system_settings_path
from wandb.settings_values import check

_CLOUD = FIELDS["base_url"][1]
_ANSWER_SECONDS = 10.0
_MOST_INPUT = 4096


@click.command()
@click.argument("key", nargs=-1)
@click.option("--cloud", is_flag=True, help=f"Use the public cloud, {_CLOUD}.")
@click.option("--host", "--base-url", "host", help="Address of a server of your own.")
@click.option("--relogin", is_flag=True, help="Ask for a key although there is one.")
@click.option("--anonymously", is_flag=True, expose_value=False, hidden=True, help="No effect.")
@click.option("--verify/--no-verify", default=True, help="Ask the server whether it takes the key (default: yes).")
def login(key: tuple[str, ...], cloud: bool, host: str | None, relogin: bool, verify: bool) -> None:
    """Keep an API key for the server.

    KEY may be `-`: the key is then the first line of the standard input. Without KEY, the key that is there already is
    used: from WANDB_API_KEY, the netrc file or the settings; if there is none, it is asked for at the terminal.
    """
    if cloud and host:
        raise click.UsageError("--cloud and --host exclude each other.")
    if len(key) > 1:
        raise click.UsageError("Give one key only.")
    address = _CLOUD if cloud else host
    settings = folder_settings(**({"base_url": check("base_url", address, "--host")} if address else {}))
    wanted = key or relogin
    found = None if wanted else find_key(settings, os.environ)
    if settings.identity_token_file and not wanted:
        say(f"the identity token in {settings.identity_token_file} is used for {settings._server}")
    elif found:
        say(f"an API key for {settings._server} is configured (from {found[1]}); see --relogin")
        _verify(settings, *found, verify)
    else:
        new = _given(key[0]) if key else _typed_key(settings)
        check_key(new)
        _verify(settings, new, "the command line" if key else "the terminal", verify)
        _keep(settings, new)
    if address:
        _choose_server(settings.base_url, cloud)


def _given(key: str) -> str:
    """The key of the command line, or of the standard input, where no list of processes shows it."""
    if key == "-":
        with click.open_file("-") as stream:
            key = stream.readline(_MOST_INPUT)
    return key.strip()


def _typed_key(settings: Settings) -> str:
    """What a person types; AuthenticationError at once if nobody is there to ask."""
    if not can_ask():
        raise AuthenticationError(
            f"There is no API key for {settings._server}, and no terminal to ask at: "
            "run `wandb login KEY`, `wandb login - < FILE`, or set WANDB_API_KEY."
        )
    say(f"an API key for {settings._server} is needed, see {settings.app_url}/authorize")
    typed = ask_key("wandb: paste it here (unseen): ", settings.login_timeout)
    if not typed:
        raise AuthenticationError("No key was given.")
    return typed


def _verify(settings: Settings, key: str, source: str, verify: bool) -> None:
    """Ask the server, if wished; AuthenticationError if it rejects the key."""
    if not verify:
        return
    from wandb.sync.viewer import ask

    answer = ask(settings, key, settings.x_graphql_timeout_seconds or _ANSWER_SECONDS)
    if answer.accepted:
        say(f"logged in to {settings._server} as {answer.user}")
    elif answer.accepted is None:
        say(f"WARNING the API key could not be checked with {settings._server}: {answer.problem}")
    else:
        raise rejection(settings, source, answer.problem)


def _keep(settings: Settings, key: str) -> None:
    """Store the key in the netrc file."""
    path = netrc_path(os.environ)
    try:
        write_netrc(path, host_of(settings.base_url), key)
    except (OSError, UsageError) as error:
        place = f" in {path}" if path else ""
        raise AuthenticationError(f"The API key can't be kept{place}: {error}") from None
    say(f"API key for {settings._server} kept in {path}")
    if os.environ.get("WANDB_API_KEY", key) != key:
        say("WARNING WANDB_API_KEY is set to another key, which wins as long as it is")


def _choose_server(base_url: Any, cloud: bool) -> None:
    """Make the server the one of this user from now on, in every folder and in this one."""
    if read_file(workspace())[0].get("base_url"):
        write(workspace(), "base_url", None)
    path = system_settings_path(os.environ)
    if not cloud:
        write(path, "base_url", base_url)
    elif read_file(path)[0].get("base_url"):
        write(path, "base_url", None)
    elsewhere = os.environ.get("WANDB_BASE_URL", "").rstrip("/")
    if elsewhere and elsewhere != base_url:
        say(f"WARNING WANDB_BASE_URL is set to {elsewhere}, which wins as long as it is")
