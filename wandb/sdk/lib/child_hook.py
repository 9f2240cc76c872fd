"""Arms spawn and forkserver children: they call a function of ours before the user's main module is imported.

multiprocessing sends each such child its preparation data, pickled. While runs are open, that data carries one
object more, whose unpickling makes the call, whether or not the child imports `wandb`. Forked children need
nothing of this. The hook is one attribute of `multiprocessing.spawn`, put back when the last run ends.
"""

from __future__ import annotations

import json
import os

from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Mapping, Tuple

# The child's sys.path is not set up yet when this runs, so the package's folder is there for the import only. A
# child that can't be armed works as it would without us and says so.
_SOURCE = """
import sys
sys.path.append({parent!r})
try:
    from wandb.sdk.attach import rearm
    rearm({tokens!r})
except Exception as error:
    sys.stderr.write("wandb: WARNING This process's output is not recorded: %s\\n" % error)
finally:
    sys.path.remove({parent!r})
"""

_token_makers: List[Callable[[], Dict[str, Any]]] = []
_hook: Any = None
_original: Any = None  # what `_hook` stands in for


class _Carrier:
    """Travels in the preparation data; what arrives in its place is None."""

    def __reduce__(self) -> Tuple[Any, Tuple[str, Dict[str, Any]]]:
        parent = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        tokens = json.dumps([make() for make in _token_makers])
        return exec, (_SOURCE.format(parent=parent, tokens=tokens), {})


def install(make_token: Callable[[], Dict[str, Any]]) -> None:
    """Have children that start from now on call `wandb.sdk.attach.rearm` with this run's token (JSON values)."""
    global _hook, _original
    with loading():
        from multiprocessing import spawn

    _token_makers.append(make_token)
    if _hook is not None and spawn.get_preparation_data is _hook:
        return
    original = spawn.get_preparation_data

    def get_preparation_data(name: str) -> Dict[str, Any]:
        data = original(name)
        if _token_makers:
            data["wandb"] = _Carrier()
        return data

    _hook, _original = get_preparation_data, original
    spawn.get_preparation_data = get_preparation_data


def when_prepared(call: Callable[[], None]) -> None:
    """In such a child, while it is armed: make the call when the user's main module has been imported."""
    from multiprocessing import spawn

    original = spawn.prepare  # what is called next, with the data that armed us

    def prepare(data: Mapping[str, Any]) -> None:
        spawn.prepare = original
        original(data)
        call()

    spawn.prepare = prepare


def restore(make_token: Callable[[], Dict[str, Any]]) -> None:
    """End it for one run; the last one puts multiprocessing's function back if ours still stands there."""
    global _hook
    if make_token in _token_makers:
        _token_makers.remove(make_token)
    if not _token_makers and _hook is not None:
        from multiprocessing import spawn

        if spawn.get_preparation_data is _hook:
            spawn.get_preparation_data = _original
        _hook = None
