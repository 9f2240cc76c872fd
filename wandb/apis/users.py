"""People, as a server knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from wandb.apis.shown import Shown
from wandb.errors import UnsupportedError
from wandb.foreign_answers import understood

if TYPE_CHECKING:
    from wandb.apis.connection import Connection


class User(Shown):
    """One person; what the server does not tell is None or empty."""

    @understood("a user")
    def __init__(self, connection: Connection, node: Dict[str, Any]) -> None:
        self._connection = connection
        self.id: str | None = node.get("id")
        self.username: str | None = node.get("username")
        self.name: str | None = node.get("name")
        self.email: str | None = node.get("email")
        self.entity: str | None = node.get("entity")
        self.admin = bool(node.get("admin"))
        self.deleted_at: str | None = node.get("deletedAt")
        self._keys = _names(node.get("apiKeys"))
        self._teams = _names(node.get("teams"))

    @property
    def api_keys(self) -> List[str]:
        """The names of the person's API keys, for whoever may see them."""
        return list(self._keys)

    @property
    def teams(self) -> List[str]:
        """The names of the person's teams."""
        return list(self._teams)

    @property
    def user_api(self) -> None:
        """An `Api` with a key of the person's own: None, since no such key is known."""
        return None

    @classmethod
    def create(cls, api: Any, email: str, admin: bool | None = False) -> User:
        """Raises UnsupportedError: people are made on the server's own pages."""
        raise UnsupportedError("User.create: this package does not do the administration of people.")

    def generate_api_key(self, description: str | None = None) -> str | None:
        """Raises UnsupportedError: keys are made on the server's own pages."""
        raise UnsupportedError("User.generate_api_key: this package does not do the administration of keys.")

    def delete_api_key(self, api_key: str) -> bool:
        """Raises UnsupportedError: keys are deleted on the server's own pages."""
        raise UnsupportedError("User.delete_api_key: this package does not do the administration of keys.")

    def __repr__(self) -> str:
        return f"<User {self.email or self.username or self.name}>"


def _names(connection: Any) -> List[str]:
    return [str(edge["node"]["name"]) for edge in (connection or {}).get("edges") or () if edge.get("node")]
