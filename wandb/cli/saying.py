"""What commands say to the person who has given them, besides what they print as their result."""

from __future__ import annotations

import click


def say(text: str) -> None:
    """One line, on stderr."""
    click.echo(f"wandb: {text}", err=True)
