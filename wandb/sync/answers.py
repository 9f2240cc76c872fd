"""What answers of HTTP say: JSON, messages, the pace that a server wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Mapping

from wandb.foreign_answers import whole_number

if TYPE_CHECKING:
    import requests

_MOST_ERROR_TEXT = 1000
_MOST_INTERVAL = 60.0
_WHO_ANSWERS = "is it a W&B server? The network may want a login in a browser"


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


def failure_of(response: requests.Response, kind: str) -> str:
    """Why an answer is none of who was asked, so that it counts as not reached: "" for those that are.

    A network that wants a login in a browser, or a proxy, answers with a page, or leads to one, whatever was asked.
    """
    is_file = kind in ("put", "put once")
    # A store that answers 307 is another region's: asking again would not change that.
    if response.status_code in ((302, 303) if is_file else (302, 303, 307)):
        return f"it sends us to {response.headers.get('Location')}; {_WHO_ANSWERS}"
    if response.status_code >= 300:
        return ""
    if is_file:
        # Stores call the nothing that they answer text/html, too.
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and b"<" in response.content[:100]
        return f"the answer is a page for people; {_WHO_ANSWERS}" if is_page else ""
    value = json_of(response)
    if value is None and response.text.strip() != "null":
        return f"the answer is no JSON; {_WHO_ANSWERS}"
    return "the answer is no JSON object" if kind == "file_stream" and not isinstance(value, dict) else ""


def broke_off(response: requests.Response) -> bool:
    """Whether less of the body came than was told; urllib3 before 2.0 does not mind."""
    told = whole_number(response.headers.get("Content-Length", ""))
    return told is not None and "Content-Encoding" not in response.headers and len(response.content) < told
