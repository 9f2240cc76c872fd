"""Run ids."""

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
