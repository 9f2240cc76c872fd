"""The API key: where it is looked for, what it looks like, how it is asked for and kept in the netrc file.

`sdk.login`, the CLI and whoever talks to a server use this; recording a run does not load it. It never prints a key,
never sends one anywhere, and leaves every byte of the netrc file alone that belongs to another machine.
"""

from __future__ import annotations

import os
import re

from wandb.errors import AuthenticationError, UsageError
from wandb.settings_files import home_folder, read_small_file, replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Mapping, Tuple

    Entry = Tuple[int, int, str, str]  # start, end, machine, password

_KEY = re.compile(r"(?:[^-\s]*-)?[A-Za-z0-9_-]{40,}")
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\S+')
_LINE_END, _EMPTY_LINE = re.compile(r"\n"), re.compile(r"\n\r?\n")
# The public cloud moved; a key stored under its former name is still the right one.
_FORMER_NAMES = {"api.forge.coreweave.com": "api.wandb.ai"}

_session_keys: Dict[str, str] = {}


def check_key(key: str) -> None:
    """AuthenticationError if this can't be an API key; the message never shows it."""
    if not key:
        raise AuthenticationError("The API key is empty.")
    if _KEY.fullmatch(key) or _JWT.fullmatch(key):
        return
    body = key.partition("-")[2] or key
    if len(body) < 40:
        raise AuthenticationError(f"The API key is too short: it has {len(body)} characters, and a key has 40 or more.")
    raise AuthenticationError("The API key has characters that no key has: only letters, digits, _ and - are allowed.")


def rejection(settings: Any, source: str, problem: str) -> AuthenticationError:
    """The error for a key that the server in the settings does not take."""
    return AuthenticationError(
        f"{settings._server} rejects the API key from {source}: {problem}. "
        f"Keys are at {settings.app_url}/authorize; `wandb login --relogin` takes a new one."
    )


def host_of(base_url: str) -> str:
    """`host` or `host:port` of an address, as it stands in a netrc file."""
    place = base_url.partition("://")[2] or base_url
    return place.split("/")[0].rpartition("@")[2].lower()


def remember_key(base_url: str, key: str) -> None:
    """Use this key for the server for as long as this process lives, whatever else is configured."""
    _session_keys[host_of(base_url)] = key


def find_key(settings: Any, environ: Mapping[str, str]) -> Tuple[str, str] | None:
    """(key, where it came from) for the server in the settings, or None; first a key given to `login` in this process.

    Then: the file of an identity token, for which the key is ""; WANDB_API_KEY, the netrc file, the setting `api_key`.
    AuthenticationError if the first found is malformed, or if the environment has a key beside an identity token.
    """
    host = host_of(settings.base_url)
    if settings.identity_token_file and host not in _session_keys:
        if environ.get("WANDB_API_KEY"):
            raise AuthenticationError(
                f"There are both WANDB_API_KEY and an identity token (identity_token_file, from "
                f"{settings.source_of('identity_token_file')}): unset one of them."
            )
        return "", str(settings.identity_token_file)
    path = netrc_path(environ)
    candidates = (
        (_session_keys.get(host), "wandb.login()"),
        (environ.get("WANDB_API_KEY"), "WANDB_API_KEY"),
        (read_netrc(path, host), path),
        (settings.api_key, settings.source_of("api_key")),
    )
    for key, source in candidates:
        if key:
            try:
                check_key(key)
            except AuthenticationError as error:
                raise AuthenticationError(f"{error} It came from {source}.") from None
            return key, source
    return None


def netrc_path(environ: Mapping[str, str]) -> str:
    """The netrc file in use, or the one that would be made; "" if there is no home for it."""
    if environ.get("NETRC"):
        return os.path.expanduser(environ["NETRC"])
    home = home_folder(environ)
    if not home:
        return ""
    usual, other = os.path.join(home, ".netrc"), os.path.join(home, "_netrc")
    if os.path.exists(usual) or not (os.path.exists(other) or os.name == "nt"):
        return usual
    return other


def read_netrc(path: str, host: str) -> str:
    """The password kept for a host; "" if there is none or the file can't be read."""
    try:
        text = _read(path)
    except OSError:
        return ""
    passwords = {machine: password for _, _, machine, password in _entries(text) if password}
    return passwords.get(host) or passwords.get(_FORMER_NAMES.get(host, ""), "")


def write_netrc(path: str, host: str, key: str) -> None:
    """Keep `key` for `host`, in the place of what was there for it; the file gets mode 0600.

    OSError or UsageError if the file can't be read or replaced; it is then as it was.
    """
    check_key(key)
    if not path:
        raise UsageError("there is no home folder; NETRC can name a file")
    try:
        text = _read(path)
    except FileNotFoundError:
        text = ""
    section = f"machine {host}\n  login user\n  password {key}\n"
    spans = [(start, end) for start, end, machine, _ in _entries(text) if machine == host]
    if not spans:
        gap = "\n" if text and not text.endswith("\n") else ""
        # A macro goes on until an empty line; without one the new section would become a part of it.
        if "macdef" in text and not text.endswith(("\n\n", "\n\r\n")):
            gap += "\n"
        text += gap + section
    for index in reversed(range(len(spans))):
        start, end = spans[index]
        own_line = "\n" if start and text[start - 1] != "\n" else ""
        # Readers disagree whether the first or the last of several entries counts, so only one stays.
        text = text[:start] + (own_line + section if index == 0 else "") + text[_line_end(text, end) :]
    if not any(machine == host and password == key for _, _, machine, password in _entries(text)):
        raise UsageError(f"{path} ends in the middle of an entry, which would swallow a new one: complete it first.")
    replace_file(path, text.encode("latin-1"), private=True)


def _read(path: str) -> str:
    """The file's bytes as text, one character a byte, so that whatever is in it can be written back unchanged."""
    return read_small_file(path).decode("latin-1")


def _line_end(text: str, end: int) -> int:
    """Behind the line break that follows `end`, if nothing but blanks is between them; else `end`."""
    tail = re.compile(r"[ \t\r]*\n").match(text, end)
    return tail.end() if tail else end


def _tokens(text: str) -> Iterator[Tuple[int, int, str]]:
    """(start, end, word) of each word; comments and macro bodies are left out."""
    place = 0
    expects_value = False
    while True:
        found = _TOKEN.search(text, place)
        if not found:
            return
        word, place = found.group(), found.end()
        if word.startswith("#") and not expects_value:
            place = _next(text, _LINE_END, place)
            continue
        if word == "macdef" and not expects_value:
            place = _next(text, _EMPTY_LINE, place)
            yield found.start(), place, word
            continue
        expects_value = not expects_value and word in ("machine", "login", "user", "account", "password")
        if word.startswith('"') and len(word) > 1:
            word = re.sub(r"\\(.)", r"\1", word[1:-1])
        yield found.start(), found.end(), word


def _next(text: str, mark: re.Pattern[str], place: int) -> int:
    found = mark.search(text, place)
    return found.end() if found else len(text)


def _entries(text: str) -> List[Entry]:
    """The machines of the file in order; `default` and macros are not ours to use."""
    entries: List[Entry] = []
    words = _tokens(text)
    inside = False
    for start, end, word in words:
        if word in ("default", "macdef"):
            inside = False
            continue
        if word not in ("machine", "login", "user", "account", "password"):
            continue
        _, end, value = next(words, (0, end, ""))
        if word == "machine":
            entries.append((start, end, value.lower().strip("'"), ""))  # some writers quote an IPv6 address
            inside = True
        elif inside:
            begin, _, machine, password = entries[-1]
            entries[-1] = (begin, end, machine, value if word == "password" else password)
    return entries


def can_ask() -> bool:
    """Whether a person sits at a terminal that this process may read from.

    Not in the background of a shell: reading there stops the whole process until somebody brings it back.
    """
    try:
        if not (os.isatty(0) and os.isatty(2)):
            return False
        return not hasattr(os, "tcgetpgrp") or os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def ask_key(prompt: str, timeout: float | None = None) -> str | None:
    """What the person types, unseen; "" for just Enter or the end of input, None when `timeout` seconds have passed."""
    try:
        import termios
    except ImportError:
        import getpass

        return getpass.getpass(prompt).strip()
    import select

    # Canonical mode stays on: the kernel hands over whole lines, and editing them works as anywhere.
    before = termios.tcgetattr(0)
    silent = list(before)
    silent[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(0, termios.TCSAFLUSH, silent)
        # Only now: whoever answers at the sight of the prompt must not see the answer.
        os.write(2, prompt.encode("ascii", "replace"))
        ready = select.select([0], [], [], timeout)[0]
        typed = os.read(0, 4096) if ready else None
    finally:
        termios.tcsetattr(0, termios.TCSAFLUSH, before)
        os.write(2, b"\n")
    return None if typed is None else typed.decode("ascii", "replace").strip()
