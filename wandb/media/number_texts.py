"""Numbers as the files of media have them: as upstream's client writes them, whose JSON is that of `pydantic_core`."""

from __future__ import annotations

import sys

from wandb.loading import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List

_MANY = 30_000  # rows that take longer to write than that library to load
_PROBE = [1e-7, -1.5e-6, 1e-5, -0.000125, 1e15, 1e16, 1.5e300, 5e-324, -0.0, float("nan"), float("-inf"), 2**64 - 1]
_encoders: List[Callable[[Any], bytes] | None] = []


def numbers_json(rows: List[List[Any]]) -> bytes:
    """The JSON text of lists of numbers; of many in a tenth of the time where `pydantic_core` is installed."""
    if len(rows) >= _MANY or "pydantic_core" in sys.modules:
        if not _encoders:
            _encoders.append(_library_encoder())
        if _encoders[0] is not None:
            return _encoders[0](rows)
    return _encoded(rows)


def _encoded(rows: Any) -> bytes:
    import json

    return with_short_floats(json.dumps(rows, separators=(",", ":"))).encode("ascii")


def _library_encoder() -> Callable[[Any], bytes] | None:
    """That of the library, if it is there and writes numbers as we do."""

    def encode(rows: Any) -> bytes:
        text: bytes = load("pydantic_core").to_json(rows, inf_nan_mode="constants")
        return text

    try:
        return encode if encode(_PROBE) == _encoded(_PROBE) else None
    except Exception:  # none is installed, an older one without this, or one that can't be loaded here
        return None


def with_short_floats(text: str) -> str:
    """JSON without spaces, with `1e-7` for `1e-07` and `0.000015` for `1.5e-05`, as upstream's client writes files."""
    if "e-0" not in text:
        return text
    import re

    parts, done, in_text = [], 0, False
    for hit in re.finditer("e-0([5-9])(?=[],}]|$)", text):
        begin = hit.start()
        while begin and text[begin - 1] in "-.0123456789":
            begin -= 1
        if begin and text[begin - 1] not in "[,:":
            continue
        passed = text[done:begin]
        in_text ^= passed.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 1
        mantissa, exponent, done = text[begin : hit.start()], hit.group(1), hit.end()
        if in_text:
            short = text[begin:done]
        elif exponent == "5":
            short = ("-" if mantissa[0] == "-" else "") + "0.0000" + mantissa.lstrip("-").replace(".", "")
        else:
            short = f"{mantissa}e-{exponent}"
        parts += [passed, short]
    return "".join([*parts, text[done:]])
