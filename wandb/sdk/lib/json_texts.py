"""Text that any JSON reader can take, of strings and of objects; see json_values.py."""

from __future__ import annotations

from wandb.sdk.lib.interruption import is_from_signal_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date, time, timedelta
    from typing import Union

MAX_TEXT = 10_000


def clean_text(text: str) -> str:
    """The text with lone surrogates replaced, since UTF-8 can't carry them."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_of(value: object) -> str:
    """`str(value)`, cut at MAX_TEXT characters; the name of its type if that fails."""
    try:
        text = str(value)
    except Exception as error:  # a user's own __str__ or __repr__ may raise anything
        if is_from_signal_handler(error):
            raise
        text = f"<{type(value).__module__}.{type(value).__qualname__} object>"
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 3] + "..."
    return clean_text(str.__str__(text))


def moment_text(value: Union[date, time]) -> str:
    """A date, a time or both in the form of ISO 8601, with Z for UTC, as the public format has it in rows."""
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def duration_text(value: timedelta) -> str:
    """A timedelta in the form of ISO 8601, with years of 365 days, as the public format has it in rows and tables."""
    sign, value = ("-", -value) if value.days < 0 else ("", value)
    years, days = divmod(value.days, 365)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06}".rstrip("0") if value.microseconds else ""
    date = "".join(f"{number}{unit}" for number, unit in ((years, "Y"), (days, "D")) if number)
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    if seconds or fraction or not (date or time):
        time += f"{seconds}{fraction}S"
    return f"{sign}P{date}{'T' if time else ''}{time}"
