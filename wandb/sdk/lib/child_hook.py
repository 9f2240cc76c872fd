"""Arms spawn and forkserver children: they call a function of ours before the user's main module is imported.

multiprocessing sends each such child its preparation data, pickled. While runs are open, that data carries one
object more, whose unpickling makes the call, whether or not the child imports `wandb`. Forked children need
nothing of this. The hook is one attribute of `multiprocessing.spawn`, and of its like in the libraries that have their
own edition of it; put back when the last run ends.
"""

from __future__ import annotations

import json
import os
import sys

from wandb.loading import loading
from wandb.sdk.lib.import_hook import ImportHook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, List, Tuple

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
# Hooked once the program has loaded them: those of pathos, of celery, and of joblib, which brings its own loky.
_LIKE_MULTIPROCESSING = (
    "multiprocess.spawn",
    "billiard.spawn",
    "loky.backend.spawn",
    "joblib.externals.loky.backend.spawn",
)

_token_makers: List[Callable[[], Dict[str, Any]]] = []
_patches: Dict[str, Tuple[ModuleType, Any, Any]] = {}  # by module: it, ours, and what ours stands in for
_imports: List[ImportHook] = []


class _Carrier:
    """Travels in the preparation data; what arrives in its place is None."""

    def __reduce__(self) -> Tuple[Any, Tuple[str, Dict[str, Any]]]:
        parent = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        tokens = json.dumps([make() for make in _token_makers])
        return exec, (_SOURCE.format(parent=parent, tokens=tokens), {})


def install(make_token: Callable[[], Dict[str, Any]]) -> None:
    """Have children that start from now on call `wandb.sdk.attach.rearm` with this run's token (JSON values)."""
    with loading():
        from multiprocessing import spawn

    _token_makers.append(make_token)
    _patch(spawn)
    hook = ImportHook(dict.fromkeys(_LIKE_MULTIPROCESSING, _patch))
    _imports.append(hook)  # first: whoever is interrupted here takes back what is noted
    hook.install()
    _leave_imports(but=1)


def _patch(module: ModuleType) -> None:
    original = getattr(module, "get_preparation_data", None)
    patch = _patches.get(module.__name__)
    if original is None or (patch is not None and patch[1] is original):
        return

    def get_preparation_data(*args: Any, **kwargs: Any) -> Dict[str, Any]:
        data: Dict[str, Any] = original(*args, **kwargs)
        if _token_makers:
            data["wandb"] = _Carrier()
        return data

    _patches[module.__name__] = module, get_preparation_data, original
    module.get_preparation_data = get_preparation_data  # type: ignore[attr-defined]


def when_prepared(call: Callable[[], None]) -> None:
    """In such a child, while it is armed: make the call when the user's main module has been imported."""
    for name in ("multiprocessing.spawn", *_LIKE_MULTIPROCESSING):
        module = sys.modules.get(name)
        if hasattr(module, "prepare"):
            _call_behind(module, call)


def _call_behind(module: Any, call: Callable[[], None]) -> None:
    original = module.prepare  # what is called next, with the data that armed us

    def prepare(*args: Any, **kwargs: Any) -> None:
        module.prepare = original
        original(*args, **kwargs)
        call()

    module.prepare = prepare


def restore(make_token: Callable[[], Dict[str, Any]]) -> None:
    """End it for one run; the last one puts the functions back where ours still stand."""
    if make_token in _token_makers:
        _token_makers.remove(make_token)
    if not _token_makers:
        _leave_imports()
        for module, ours, original in _patches.values():
            if module.get_preparation_data is ours:
                module.get_preparation_data = original  # type: ignore[attr-defined]
        _patches.clear()


def _leave_imports(but: int = 0) -> None:
    while len(_imports) > but:
        _imports[0].restore()
        del _imports[0]
