"""The service's words, on its stderr: `logs/debug-internal.log` of the run. Most runs need none, nor load `logging`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging


def diary() -> logging.Logger:
    """Where to write; other libraries' loggers write there too, from the first call on."""
    import logging

    logging.basicConfig(format="%(asctime)s %(process)d %(levelname)s %(message)s", level=logging.INFO)
    return logging.getLogger("wandb.service")
