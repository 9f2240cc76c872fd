"""Stand-ins for the server's data (`wandb.apis.public`); see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

from wandb.sdk.not_yet import fill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    def __getattr__(name: str) -> Any: ...


fill(__name__)
