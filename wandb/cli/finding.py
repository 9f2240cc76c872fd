"""What one check of `wandb verify` has found."""

from __future__ import annotations

from typing import NamedTuple

OK, WARNING, FAILED = "ok", "warning", "FAILED"


class Finding(NamedTuple):
    """How it stands with one thing, in words, and what to do about it."""

    level: str
    subject: str
    text: str
    remedy: str = ""
