"""Run ids, and names for runs that nobody named."""

from __future__ import annotations

import os

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def generate_id(length: int = 8) -> str:
    """A random id of lower-case letters and digits, from the operating system: a forked child never repeats one."""
    out = ""
    while len(out) < length:
        # Values beyond a multiple of 36 would make some letters more likely than others.
        out += "".join(_LETTERS[byte % 36] for byte in os.urandom(length) if byte < 252)
    return out[:length]


_FIRST = (
    "amber autumn bold brave bright calm clear cool crisp deep eager early fair fast fine gentle glad golden grand "
    "green keen kind late light lively lucky mellow mild misty neat noble polar proud quick quiet rapid royal silent "
    "silver smooth snowy solar spring steady still summer sunny swift warm wild wise"
).split()
_SECOND = (
    "bay beach bird brook canyon cliff cloud comet coral creek dawn delta dune dust ember falcon field flower forest "
    "frost galaxy glade grove harbor haze heron hill island lake leaf meadow moon moss oak ocean otter peak pine plain "
    "planet pond rain reef ridge river robin sea shadow sky snow star stone storm stream sun tree valley wave wind wood"
).split()


def generate_name() -> str:
    """A name that a person can say, such as `calm-river-417`; a server may have given the first numbers already."""
    random = int.from_bytes(os.urandom(8), "big")
    random, first = divmod(random, len(_FIRST))
    random, second = divmod(random, len(_SECOND))
    return f"{_FIRST[first]}-{_SECOND[second]}-{random % 999 + 1}"
