"""Our own words to the user: one place that prints, on stderr, with the prefix that the user knows.

Never an encoding error (a terminal that can't show a character gets a plain one), never an exception: printing a
message can't fail a run. Silenced by the settings and variables of the real thing.
"""

from __future__ import annotations

import os
import sys

from wandb.sdk.lib.interruption import is_from_signal_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Set

_PREFIX = "wandb"
_LEVEL_NAMES = {"info": "", "warning": "WARNING ", "error": "ERROR "}
_SHOW = {"info": "show_info", "warning": "show_warnings", "error": "show_errors"}
_COLORS = {"info": "", "warning": "\x1b[33m", "error": "\x1b[31m"}
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")

_said: Set[str] = set()
_settings: Any = None


def termsetup(settings: Any, logger: object = None) -> None:
    """Take `silent`, `show_info`, `show_warnings`, `show_errors`, `show_colors` from settings; None: environment."""
    global _settings
    _settings = settings


def _shown(level: str) -> bool:
    if _settings is not None:
        if _settings.silent:
            return False
        return bool(getattr(_settings, _SHOW[level]))
    if os.environ.get("WANDB_SILENT", "").lower() in _TRUE:
        return False
    return os.environ.get(f"WANDB_{_SHOW[level].upper()}", "").lower() not in _FALSE


def is_terminal(stream: Any) -> bool:
    """Whether a person's terminal is behind the stream; minimal stream objects are not."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError, OSError):
        return False


def terminal() -> Any:
    """The stream of the terminal on which information is shown; None if it goes elsewhere, or is silenced."""
    stream = sys.stderr
    return stream if _shown("info") and is_terminal(stream) else None


def colored(stream: Any) -> bool:
    """Whether our words may have colors on this stream."""
    wanted = getattr(_settings, "show_colors", None)
    if wanted is not None:
        return bool(wanted)
    return is_terminal(stream) and os.environ.get("TERM", "") not in ("", "dumb") and "NO_COLOR" not in os.environ


def _say(level: str, text: str, newline: bool, repeat: bool, prefix: bool) -> None:
    if not _shown(level):
        return
    if not repeat:
        if text in _said:
            return
        _said.add(text)
    stream = sys.stderr
    if stream is None:
        return
    name = _LEVEL_NAMES[level]
    start = f"{_PREFIX}: {name}" if prefix else name
    if prefix and colored(stream):
        color = _COLORS[level]
        start = f"\x1b[1;34m{_PREFIX}\x1b[0m: " + (f"{color}{name}\x1b[0m" if color else name)
    lines = "\n".join(start + line for line in text.split("\n"))
    _write(stream, lines + "\n" if newline else lines)


def _write(stream: Any, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        text = plain(text)
    try:
        descriptor = _descriptor_of(stream)
        if descriptor >= 0:
            stream.flush()  # the program's own text, which must not go with ours
        try:
            stream.write(text)
            stream.flush()
        except BlockingIOError:
            raise  # a reader that is slow
        except OSError:
            if descriptor >= 0:
                _forget(stream, descriptor)
    except Exception as error:
        # Closed, broken, an object with `write` only, or a program's own class: there is no other place to say it.
        if is_from_signal_handler(error):
            raise


def _descriptor_of(stream: Any) -> int:
    """The descriptor of a stream, -1 for an object that has none. Raises OSError for one that is closed."""
    try:
        descriptor = int(stream.fileno())
    except (AttributeError, TypeError, ValueError):  # io.UnsupportedOperation is a ValueError
        return -1
    os.fstat(descriptor)
    return descriptor


def _forget(stream: Any, descriptor: int) -> None:
    """Rid a stream of what its descriptor does not take: a full disk, a reader that is gone.

    At its exit Python would try once more, and make of that the program's status: 120.
    """
    kept, is_inherited = os.dup(descriptor), os.get_inheritable(descriptor)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
        stream.flush()
    finally:
        os.dup2(kept, descriptor, is_inherited)
        os.close(kept)


def plain(text: str) -> str:
    """`text` for a terminal of ASCII: blocks of a sparkline as digits-like marks, anything else unknown as `?`."""
    blocks = {0x2581 + level: mark for level, mark in enumerate("_.-:=+*#")}
    return text.translate(blocks).encode("ascii", "replace").decode("ascii")


def termlog(string: str = "", newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Print an information line; with `repeat` false, only the first time in this process."""
    _say("info", string, newline, repeat, prefix)


def termwarn(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Print a warning line; with `repeat` false, only the first time in this process."""
    _say("warning", string, newline, repeat, prefix)


def say_trying_again(problem: str) -> None:
    """For clients of a server, whose requests are tried again: what went wrong, "" for nothing more."""
    if problem:
        termwarn(f"{problem}; trying again.", repeat=False)


def termerror(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Print an error line; with `repeat` false, only the first time in this process."""
    _say("error", string, newline, repeat, prefix)
