"""What answers and failures of HTTP say: JSON, messages, the pace that a server wishes, why nothing came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Mapping

if TYPE_CHECKING:
    import requests

_MOST_ERROR_TEXT = 1000
_MOST_INTERVAL = 60.0


def reason_of(cause: object) -> str:
    """The innermost reason of a failed connection, in few words; no address, since proxies' have passwords."""
    by_proxy = False
    for _ in range(20):
        by_proxy = by_proxy or type(cause).__name__ == "ProxyError"
        links = [getattr(cause, name, None) for name in ("__cause__", "__context__", "reason")]
        inner = [link for link in links if isinstance(link, BaseException)]
        if not inner:
            break
        cause = inner[0]
    text = str(getattr(cause, "strerror", None) or cause) or type(cause).__name__
    distrust = getattr(cause, "verify_message", "")  # of ssl.SSLCertVerificationError
    if distrust:
        text = f"its certificate is not trusted: {distrust}; WANDB_CA_BUNDLE can name a CA's file, as can SSL_CERT_FILE"
    elif getattr(cause, "reason", "") == "WRONG_VERSION_NUMBER":
        text = "it does not speak TLS; with http:// it may be the right address"
    return f"by the proxy: {text}" if by_proxy else text


def pace_of(headers: Mapping[str, str]) -> float:
    """The seconds between two posts that use up what RateLimit-Remaining and RateLimit-Reset leave, evenly."""
    try:
        left, reset = float(headers["RateLimit-Remaining"]), float(headers["RateLimit-Reset"])
    except (KeyError, ValueError):
        return 0.0
    return min(reset / max(left, 1.0), reset, _MOST_INTERVAL) if reset > 1 else 0.0


def json_of(response: requests.Response) -> Any:
    """The JSON value of an answer; None if it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None  # a proxy's page, nothing, or lists in lists without an end


def texts_of(answer: Any) -> str:
    """All messages of an error answer, whichever of its forms it has."""
    found: List[str] = []
    if isinstance(answer, dict):
        errors = answer.get("errors")
        for part in (answer.get("error"), *(errors if isinstance(errors, list) else ())):
            if isinstance(part, dict) and part.get("message"):
                found.append(str(part["message"]))
            elif isinstance(part, str):
                found.append(part)
    return "; ".join(found)[:_MOST_ERROR_TEXT]


def broke_off(response: requests.Response) -> bool:
    """Whether less of the body came than was told; urllib3 before 2.0 does not mind."""
    told = response.headers.get("Content-Length", "")
    return told.isdigit() and "Content-Encoding" not in response.headers and len(response.content) < int(told)
