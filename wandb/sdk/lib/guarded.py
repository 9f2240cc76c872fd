"""What we do beside the program, in the middle of another library's call, and what must not fail for it."""

from __future__ import annotations

from wandb.sdk.lib.interruption import is_from_signal_handler
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def guarded(what: str, action: Callable[..., object], *args: Any) -> None:
    """Do it; what goes wrong is said once, as that `what` can't be recorded, and never gets to the program."""
    try:
        action(*args)
    except Exception as error:  # an event or a tensor of a new kind, a run that has ended, a full disk, no memory
        if is_from_signal_handler(error):
            raise
        termwarn(f"{what} can't be recorded ({type(error).__name__}: {error}).", repeat=False)
