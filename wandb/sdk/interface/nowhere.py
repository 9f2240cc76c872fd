"""The interface of a disabled run: takes everything, keeps nothing, starts nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping

    from wandb.sdk.lib.delivery import Delivery


class Nowhere:
    """Same calls as Interface, no effect."""

    upload = None

    def is_creator(self) -> bool:
        return True

    def publish(self, kind: str, message: str, fields: Mapping[str, Any], frame_kind: int = 0) -> None:
        return

    def publish_history(self, row: Mapping[Any, object], step: int | None, label: str = "") -> None:
        return

    def publish_open_row(self, row: Mapping[Any, object], step: int | None, label: str = "") -> None:
        return

    def publish_output(self, is_stdout: bool, text: str) -> None:
        return

    def deliver(self, file: Delivery) -> None:
        return

    def finish(self, exit_record: Mapping[str, Any], timeout: float, from_progress: bool = False) -> str:
        return ""

    def token(self) -> Dict[str, Any]:
        return {}
