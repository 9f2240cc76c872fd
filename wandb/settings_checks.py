"""What the value of one setting may be, beyond its kind: lengths, characters, addresses, limits.

`settings_values.check` asks `CHECKS` once a value has its kind. Nothing here reads the environment or a file.
"""

from __future__ import annotations

from wandb.loading import loading
from wandb.settings_fields import without_credentials

_NOT_IN_NAMES = frozenset('()<>@,;:\\"/[]?={}')  # of headers: RFC 9110

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict


def shortened(value: Any) -> str:
    """A value for a message, which must not fill the screen."""
    text = without_credentials(repr(value))
    return text if len(text) <= 80 else text[:40] + "..." + text[-20:]


def _no_padding(value: str) -> str:
    if value != value.strip():
        raise ValueError("spaces at its start or end are not allowed")
    return value


def _not_empty_nor_padded(value: str) -> str:
    if not value:
        raise ValueError("it may not be empty")
    return _no_padding(value)


def _check_project(value: str) -> str:
    if len(value) > 128:
        raise ValueError(f"a project name has at most 128 characters, this one has {len(value)}")
    for character in value:
        if character in "/\\#?%:":
            raise ValueError(f"a project name may not hold any of / \\ # ? % : and this one has {character!r}")
    return value


def _check_run_id(value: str) -> str:
    for character in _not_empty_nor_padded(value):
        if character in ":;,#?/'":
            raise ValueError(f"a run id may not hold any of : ; , # ? / ' and this one has {character!r}")
    if len(value.encode("utf-8", "replace")) > 128 or not value.isprintable():
        raise ValueError("a run id is part of file names: at most 128 bytes, all of them printable")
    return value


def _check_address(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or not rest.strip("/") or scheme.lower() not in ("http", "https") or value.split() != [value]:
        raise ValueError("expected an address that starts with http:// or https://")
    return value


def _check_base_url(value: str) -> str:
    with loading():
        from urllib.parse import urlsplit

    value = _check_address(value).rstrip("/")
    parts = urlsplit(value)
    host, scheme = parts.hostname, parts.scheme
    if not host or parts.port == 0:  # `port` itself is a ValueError for what is none
        raise ValueError("it names no host" if not host else "the port 0 is none")
    if ":" not in host and not all(0 < len(label) < 64 for label in host.rstrip(".").split(".")):
        raise ValueError("the parts of a host's name have 1 to 63 characters")
    if "?" in value or "#" in value:
        raise ValueError("a server's address has no ? and no #")
    if host == "wandb.ai" or host.endswith(".wandb.ai"):
        if host != "api.wandb.ai":
            raise ValueError("this is no server address, the public one is https://api.wandb.ai")
        if scheme != "https":
            raise ValueError("the key would travel unencrypted, use https://api.wandb.ai")
    return value


def _check_headers(value: Dict[str, Any]) -> Dict[str, Any]:
    for name, content in value.items():
        text = str(name)
        if not text.isascii() or not text.isprintable() or " " in text or _NOT_IN_NAMES.intersection(text) or not text:
            raise ValueError("what stands for the name of a header can be none")  # it may be all of the header
        if set("\r\n\0") & set(str(content)) or str(content)[:1].isspace():
            raise ValueError(f"the header {name} has more than one line, or a space in front")
    return value


def _at_least(limit: float) -> Callable[[Any], Any]:
    def check_limit(value: Any) -> Any:
        if value < limit:
            raise ValueError(f"the least value is {limit:g}")
        return value

    return check_limit


def _check_patterns(patterns: Any) -> Any:
    import re

    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"{shortened(pattern)} is no regular expression: {error}") from None
    return patterns


CHECKS: Dict[str, Callable[[Any], Any]] = {
    "api_key": _no_padding,
    "base_url": _check_base_url,
    "console_chunk_max_bytes": _at_least(0),
    "console_exclude": _check_patterns,
    "console_include": _check_patterns,
    "console_chunk_max_seconds": _at_least(0),
    "http_proxy": _check_address,
    "https_proxy": _check_address,
    "project": _check_project,
    "run_id": _check_run_id,
    "sweep_id": _not_empty_nor_padded,
    "x_extra_http_headers": _check_headers,
    "x_stats_sampling_interval": _at_least(0.1),
}
