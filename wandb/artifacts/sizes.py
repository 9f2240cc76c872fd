"""Numbers of bytes as people write them: 10GB, 500 MB, 1.5 GiB."""

from __future__ import annotations

import re
from decimal import Decimal

from wandb.errors import ArgumentValueError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)(I?)B?", re.IGNORECASE)
_UNITS = "KMGTP"


def bytes_of(text: str) -> int:
    """The number of bytes that is meant. Raises ArgumentValueError for a text that is no size."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ArgumentValueError(f"{text!r} is no size: 10GB, 500 MB and 1.5 GiB are some.")
    number, unit, binary = match.groups()
    power = _UNITS.index(unit.upper()) + 1 if unit else 0
    return int(Decimal(number) * (1024 if binary else 1000) ** power)


def shown(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.1f}{unit}"
