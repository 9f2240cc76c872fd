"""`wandb.login`: see to it that there is an API key for the server, without ever waiting for nobody.

Programs call it before `init`; `init` finds in `session` what it left behind. It keeps a new key in the netrc
file, and asks the server whether it takes the key, within a few seconds: a server that can't be reached is no
reason to fail. In mode offline or disabled it changes nothing, as there is nothing to log in to.
"""

from __future__ import annotations

import os

from wandb.credentials import ask_key, can_ask, check_key, find_key, host_of, netrc_path, remember_key, write_netrc
from wandb.errors import AuthenticationError, UsageError
from wandb.sdk import session
from wandb.sdk.key_check import check_with_server
from wandb.sdk.lib.notebook import ask_below_cell
from wandb.sdk.lib.terminal import termerror, termlog, termsetup, termwarn
from wandb.settings import Settings, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The mark of an argument that was not given, where None means something.
UNSET: Any = object()


def login(
    key: str | None = None,
    relogin: bool | None = None,
    host: str | None = None,
    force: bool | None = None,
    timeout: int | None = None,
    verify: bool = True,
    referrer: str | None = None,
    prompt: bool = True,
    anonymous: Any = UNSET,
) -> bool:
    """Whether there is an API key for the server; `key` is kept for later, and a person may be asked.

    That is who sits at the terminal, or runs the cell of a notebook. `host` is the server's address, `relogin` asks
    although there is a key, `timeout` bounds the asking at a terminal in seconds, `prompt=False` forbids it. A key
    that is malformed, or rejected by the server, raises AuthenticationError and is not kept; with `verify=False` the
    server is not asked, and where it can't be reached a warning says so. No key at all is False, or a UsageError with
    `force`. `anonymous` and `referrer` have no effect.
    """
    settings = _settings(host, force, relogin, timeout)
    if (key is not None or relogin or settings._jupyter) and session.from_login.pop("mode", None):
        # Whoever stayed offline before has changed their mind, and in a notebook runs the cell again.
        settings = _settings(host, force, relogin, timeout)
    termsetup(settings)
    if anonymous is not UNSET:
        termwarn("The argument `anonymous` of login has no effect any more.", repeat=False)
    if settings._noop:
        return False
    if settings._offline:
        termwarn("wandb is offline: the login is left out, and nothing is stored.")
        return False
    if key is not None:
        ready = _use_key(settings, key, verify)
    else:
        ready = (not settings.relogin and _has_key(settings, verify)) or _ask(settings, prompt, verify)
    if host:
        session.from_login["base_url"] = settings.base_url
    return ready


def _settings(host: str | None, force: bool | None, relogin: bool | None, timeout: float | None) -> Settings:
    explicit = Settings()
    values = (("base_url", host), ("force", force), ("relogin", relogin), ("login_timeout", timeout))
    for (name, value), keyword in zip(values, ("host", "force", "relogin", "timeout")):
        if value is not None:
            explicit._put(name, value, f"wandb.login({keyword}=...)")
    return resolve(explicit, {}, setup_settings=session.layer())


def _use_key(settings: Settings, key: str, verify: bool) -> bool:
    """Keep a key that the caller gave, or that a person typed."""
    if not isinstance(key, str):
        raise UsageError(f"The API key must be a text, not {type(key).__name__}.")
    key = key.strip()
    check_key(key)
    if verify:
        check_with_server(settings, key, "the login")
    remember_key(settings.base_url, key)
    path = netrc_path(os.environ)
    try:
        write_netrc(path, host_of(settings.base_url), key)
    except (OSError, UsageError) as error:
        termwarn(f"The API key can't be kept{f' in {path}' if path else ''} ({error}); only this process uses it.")
    else:
        termlog(f"The API key for {settings._server} is kept in {path}.")
    return True


def _has_key(settings: Settings, verify: bool) -> bool:
    if settings.identity_token_file:
        termlog(f"The identity token in {settings.identity_token_file} is used for {settings._server}.")
        return True
    found = find_key(settings, os.environ)
    if not found:
        return False
    termlog(f"An API key for {settings._server} is configured (from {found[1]}). `wandb login --relogin` changes it.")
    if verify:
        check_with_server(settings, *found)
    return True


def _ask(settings: Settings, prompt: bool, verify: bool) -> bool:
    """Ask a person for the key, if there is one; Enter alone means to stay offline."""
    in_notebook = bool(settings._jupyter)
    if prompt and (in_notebook or can_ask()):
        termlog(f"An API key for {settings._server} is needed: see {settings.app_url.rstrip('/')}/authorize")
        question = "wandb: Paste it here (unseen), or press Enter to stay offline: "
        for _ in range(3):
            key = ask_below_cell(question) if in_notebook else ask_key(question, settings.login_timeout)
            if key is None:
                termlog("Nobody is there to answer." if in_notebook else "No answer in time.")
                break
            if not key:
                session.from_login["mode"] = "offline"
                break
            try:
                return _use_key(settings, key, verify)
            except AuthenticationError as error:
                termerror(error.message)
    if settings.force:
        raise UsageError(
            f"No API key for {settings._server}: run `wandb login`, set WANDB_API_KEY, or use WANDB_MODE=offline."
        )
    return False
