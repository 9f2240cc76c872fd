"""Copies what chosen Python loggers say into the run: `Settings(capture_loggers={"name": "LEVEL"})`.

A handler of the standard library's `logging` on each of them, taken off at the end; `logging` is loaded only then.
"""

from __future__ import annotations

from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any, Callable, List, Mapping, Tuple

_FORMAT = "%(levelname)s:%(name)s:%(message)s"


class LoggerCapture:
    """Begins with `install`, ends with `restore`; a second call of that does nothing."""

    def __init__(self, levels: Mapping[str, Any], publish: Callable[[str], None], warn: Callable[[str], None]) -> None:
        """`levels` by logger; `publish(line)` gets each record as one text that ends with a newline."""
        self._levels = levels
        self._publish = publish
        self._warn = warn
        self._handlers: List[Tuple[logging.Logger, logging.Handler]] = []

    def install(self) -> None:
        """Begin; a level that does not exist is said, and its logger left alone."""
        if not self._levels:
            return
        with loading():
            import logging

        publish = self._publish

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                try:
                    publish(self.format(record) + "\n")
                except Exception:  # arguments that do not fit the message; logging has one way to say so
                    self.handleError(record)

        for name, level in self._levels.items():
            handler = Handler()
            try:
                handler.setLevel(level.upper() if isinstance(level, str) else level)
            except (ValueError, TypeError) as error:
                self._warn(f"capture_loggers: {name!r} is not recorded: {error}")
                continue
            handler.setFormatter(logging.Formatter(_FORMAT))
            logger = logging.getLogger(name)
            self._handlers.append((logger, handler))
            logger.addHandler(handler)

    def restore(self) -> None:
        """End."""
        for logger, handler in self._handlers:
            logger.removeHandler(handler)
        self._handlers.clear()
