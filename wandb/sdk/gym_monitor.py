"""Films that gymnasium's (or gym's) recorders write become films of the run: `monitor_gym=True`, `wandb.gym.monitor`.

A method of the recorders' classes is replaced when their module is loaded; nothing is loaded for that. It stays so
until the process ends, and does nothing while no run is open.
"""

from __future__ import annotations

import os
import sys

from wandb.sdk import active
from wandb.sdk.lib.guarded import guarded
from wandb.sdk.lib.import_hook import ImportHook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, Tuple

_KEY = "videos"


def _film_of_wrapper(recorder: Any) -> str:
    return os.path.join(recorder.video_folder, f"{recorder._video_name}.mp4") if recorder._video_name else ""


def _film_of_recorder(recorder: Any) -> str:
    return str(recorder.path or "")


# Module -> its class, the method that writes the film, and how the film's path is known before that: of gymnasium from
# 1.0 on, of earlier ones, of gym.
_RECORDERS: Dict[str, Tuple[str, str, Callable[[Any], str]]] = {
    "gymnasium.wrappers.rendering": ("RecordVideo", "stop_recording", _film_of_wrapper),
    "gymnasium.wrappers.monitoring.video_recorder": ("VideoRecorder", "close", _film_of_recorder),
    "gym.wrappers.monitoring.video_recorder": ("VideoRecorder", "close", _film_of_recorder),
}


def _patch(module: ModuleType) -> None:
    class_name, name, film_of = _RECORDERS[module.__name__]
    target = getattr(module, class_name, None)
    original = getattr(target, "__dict__", {}).get(name)
    if callable(original):
        setattr(target, name, _logging(original, film_of))


def _logging(original: Callable[..., Any], film_of: Callable[[Any], str]) -> Callable[..., Any]:
    def method(recorder: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            path = film_of(recorder)
        except AttributeError:  # a recorder that is switched off, or of a release that is made otherwise
            path = ""
        result = original(recorder, *args, **kwargs)
        if path and path != getattr(recorder, "_wandb_logged", ""):
            recorder._wandb_logged = path  # a recorder is closed more than once
            guarded(f"The film {path}", _log, path)
        return result

    return method


def _log(path: str) -> None:
    """The film in a row of its own."""
    run = active.current()
    if run is not None and os.path.isfile(path):
        from wandb.media.video import Video

        run.log({_KEY: Video(path)})


_hook = ImportHook(dict.fromkeys(_RECORDERS, _patch))


def monitor() -> None:
    """From now on, each film that gymnasium's `RecordVideo` writes is logged to the current run, as `videos`."""
    if _hook not in sys.meta_path:
        _hook.install()
