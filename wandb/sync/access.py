"""How to reach a server, as the settings say it: address, key, headers, proxies, and how patient to be."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from wandb.credentials import host_of
from wandb.patience import Patience
from wandb.settings_fields import FIELDS
from wandb.settings_files import tokens_file

# The client of the setting's name, and its defaults.
_KINDS = {
    "graphql": ("graphql", Patience(20, 2.0, 60.0, 30.0)),
    "file_stream": ("file_stream", Patience(10085, 2.0, 60.0, 180.0)),
    "put": ("file_transfer", Patience(20, 2.0, 60.0, 300.0)),
}


# Bytes of an answer: those to what a run sends are short, and the helper must not take the memory of the training.
MOST_ANSWER = 64 << 20


class Access:
    """Made from settings by name; what is not among them has its default."""

    def __init__(self, settings: Mapping[str, Any], api_key: str) -> None:
        self._settings = settings
        self.api_key = api_key
        # Instead of a key: the file of an identity token, and where access tokens for it are kept.
        self.identity_token_file = "" if api_key else str(self.setting("identity_token_file") or "")
        self.credentials_file = str(settings.get("credentials_file") or tokens_file())
        self.base_url = str(self.setting("base_url")).rstrip("/")
        self.host = host_of(self.base_url)
        self.username = str(self.setting("username") or "")
        self.email = str(self.setting("email") or "")
        self.most_answer = MOST_ANSWER
        self.insecure = bool(self.setting("insecure_disable_ssl"))
        self.headers: Dict[str, str] = {
            str(name): str(value) for name, value in (self.setting("x_extra_http_headers") or {}).items()
        }
        # The library adds what HTTP_PROXY, HTTPS_PROXY and NO_PROXY say of the schemes that are not named here.
        self.proxies: Dict[str, str] = dict(self.setting("x_proxies") or {})
        for scheme in ("http", "https"):
            if self.setting(f"{scheme}_proxy"):
                self.proxies[scheme] = str(self.setting(f"{scheme}_proxy"))

    def __repr__(self) -> str:
        return f"Access({self.base_url!r})"

    def setting(self, name: str) -> Any:
        """The value of a setting."""
        value = self._settings.get(name)
        return FIELDS[name][1] if value is None else value

    def patience(self, kind: str) -> Patience:
        """Of "graphql", "file_stream" or "put"."""
        name, usual = _KINDS[kind]
        given = (
            self.setting(f"x_{name}_retry_max"),
            self.setting(f"x_{name}_retry_wait_min_seconds"),
            self.setting(f"x_{name}_retry_wait_max_seconds"),
            self.setting(f"x_{name}_timeout_seconds"),
        )
        retries, *seconds = (default if value is None else value for value, default in zip(given, usual))
        return Patience(int(retries), *(float(value) for value in seconds))
