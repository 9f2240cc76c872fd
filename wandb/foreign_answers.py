"""Reading what a server answers: whatever has another form than was asked for is one kind of error."""

from __future__ import annotations

from contextlib import contextmanager

from wandb.errors import CommError, Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Mapping


class NotUnderstood(CommError):
    """What the server said is no answer to what it was asked."""


def next_page(info: Mapping[str, Any], before: str | None) -> str | None:
    """The cursor of the page behind the one with this `pageInfo`, which came from behind `before`; None at the end.

    Raises ValueError for one that leads back: such a list would have no end.
    """
    if not info.get("hasNextPage"):
        return None
    cursor = info.get("endCursor")
    if cursor in (None, before):
        raise ValueError(f"another page is said to be behind {cursor!r}")
    return str(cursor)


def whole_number(text: str) -> int | None:
    """The number that a header has, of a size that there is; None for anything else."""
    return int(text) if len(text) < 20 and text.isascii() and text.isdigit() else None


@contextmanager
def understood(what: str) -> Iterator[None]:
    """For the code that takes an answer apart, as a block or a decorator: NotUnderstood for what does not fit it.

    `what` is the operation, or what it is about. What users give must be checked outside, or as one of our errors.
    """
    try:
        yield
    except Error:
        raise  # some of ours are a ValueError too
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NotUnderstood(f"The server's answer about {what} can't be understood: {error!r:.200}", error) from error
