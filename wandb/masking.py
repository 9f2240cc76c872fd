"""Takes secrets out of what is recorded of a program's surroundings: its arguments, addresses, variables.

Whoever reads the record must still see which arguments they were: names stay, and so do values that can't be a secret.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Match, Sequence

MASK = "*" * 8

# Keys of the server, as it makes them. 40 hex digits are one only where they stand alone: in a path or behind an @
# they name a commit.
_KEY = re.compile(r"\b(?:local-[0-9A-Za-z]{40,}|wandb_v1_[0-9A-Za-z_-]{20,})")
_HEX_KEY = re.compile(r"(?:(?<=^)|(?<=[=:,;\s\"'{\[]))[0-9a-f]{40}(?=$|[,;\s\"'}\]&])")
_USER_IN_ADDRESS = re.compile(r"(?<=://)[^/\s\"'\\]*@")
# Name and value, as in `a=1`, `?a=1&b=2`, `{"a": "1"}`. Bounded, so that no text takes long.
_PAIR = re.compile(
    r"(?<![\w.-])([\w.-]{1,100})([\"']?\s{0,9}[=:]\s{0,9})"
    r"(\"[^\"]*\"|'[^']*'|[^\s\"',;&{}\[\]=:?]+=*)"
)
_QUERY = re.compile(r"(?<=[?&])([A-Za-z0-9_.-]+)(=)([^\s\"'&#\\]+)")
_MOST_NAMES = 4  # `--set=model.token=x`
_OPTION = re.compile(r"[+~-]*[\w.-]+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ALWAYS = frozenset("apikey credential credentials jwt passphrase passwd password pwd secret secrets".split())
_MAYBE = frozenset(("key", "token"))
_OF_ACCESS = frozenset("access api auth wandb".split())  # what stands before "key" or "token"
_COMMITS = frozenset("commit hash ref rev revision sha version".split())
# Numbers, truth values, a tokenizer's `<pad>` or `[MASK]`, the name of a column.
_NO_SECRET = re.compile(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?|True|False|None|<.*>|\[.*\]|[a-z]{1,20}(?:[._/-][a-z]{1,20})*")


def masked_arguments(arguments: Sequence[str]) -> List[str]:
    """A program's arguments with asterisks for API keys, passwords in addresses, and values whose name says secret."""
    masked = []
    name = ""  # of the option whose value comes next
    for argument in arguments:
        option = argument.lstrip("-")
        if argument != option and "=" not in argument:
            name = option
            masked.append(_masked(argument, ""))
            continue
        masked.append(MASK if is_secret(name, argument) else _masked(argument, name))
        name = ""
    return masked


def masked_addresses(text: str) -> str:
    """The text without the users and passwords of its addresses, and asterisks for secrets in their queries."""
    return _QUERY.sub(_masked_pair, _USER_IN_ADDRESS.sub("", text))


def is_secret(name: str, value: str) -> bool:
    """Whether a value is kept out of the record, going by its name: `hub-token`, `WANDB_API_KEY`, `db.password`."""
    words = _words(name)
    if not words or not value:
        return False
    if words[-1] in _ALWAYS:
        return True
    if words[-1].rstrip("s") in _MAYBE and not _OF_ACCESS.isdisjoint(words[:-1]):
        return True
    return words[-1] in _MAYBE and not _NO_SECRET.fullmatch(value)


def _masked(text: str, name: str) -> str:
    names = ""
    for _ in range(_MOST_NAMES):
        left, sign, right = text.partition("=")
        if not sign or not _OPTION.fullmatch(left):
            break
        if is_secret(left, right):
            return f"{names}{left}={MASK}"
        names, name, text = f"{names}{left}=", left, right
    text = _KEY.sub(MASK, text)
    if _COMMITS.isdisjoint(_words(name)):
        text = _HEX_KEY.sub(MASK, text)
    return names + _PAIR.sub(_masked_pair, _USER_IN_ADDRESS.sub(_masked_user, text))


def _masked_pair(pair: Match[str]) -> str:
    name, sign, value = pair.groups()
    quote = value[0] if value[0] in "\"'" else ""
    bare = value[1:-1] if quote else value
    return f"{name}{sign}{quote}{MASK}{quote}" if is_secret(name, bare) else str(pair.group())


def _masked_user(user: Match[str]) -> str:
    return user.group() if user.group() == "git@" else f"{MASK}@"


def _words(name: str) -> List[str]:
    return [word.lower() for word in _WORD.findall(name)]
