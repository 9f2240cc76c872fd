"""How programs copy and change settings as a whole, by the names that they know: what `Settings` mixes in.

Nothing here keeps anything; each call goes through the checks of an assignment.
"""

from __future__ import annotations

from wandb.settings_derived import DERIVED
from wandb.settings_fields import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, TypeVar

    _Settings = TypeVar("_Settings", bound="SettingsCalls")


class SettingsCalls:
    """The part of `Settings` that copies and changes several at once."""

    if TYPE_CHECKING:

        def copy(self: _Settings) -> _Settings:
            """`Settings` has it."""

        def to_dict(self, explicit_only: bool = False) -> Dict[str, Any]:
            """`Settings` has it."""

        def _add_environment(self, environ: Mapping[str, str]) -> None: ...

    def __dir__(self) -> List[str]:
        return sorted({*object.__dir__(self), *FIELDS, *DERIVED})

    def model_dump(self, **_: Any) -> Dict[str, Any]:
        """The same as `to_dict()`."""
        return self.to_dict()

    def model_copy(self: _Settings, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> _Settings:
        """The same as `copy()`, with these values changed; a copy is always deep. Raises UsageError."""
        copy = self.copy()
        copy.update_from_dict(update or {})
        return copy

    def update_from_dict(self, values: Mapping[str, Any]) -> None:
        """Set several; None leaves a setting as it is. Raises UsageError for a name or a value that can't be."""
        for name, value in values.items():
            if value is not None:
                setattr(self, name, value)

    def update_from_settings(self, settings: SettingsCalls) -> None:
        """Take over what is set in other settings."""
        self.update_from_dict(settings.to_dict(explicit_only=True))

    def update_from_env_vars(self, environ: Mapping[str, str]) -> None:
        """Take over `WANDB_...` variables. Raises UsageError for a value that can't be."""
        self._add_environment(environ)
