"""What follows from settings without being one: folders, addresses and yes-no answers that programs read.

`settings.Settings` looks a name up in `DERIVED` when it is no setting. Nothing is cached, nothing is made on
disk, and no notebook library is imported to find out whether there is a notebook.
"""

from __future__ import annotations

import os
import sys
import time

from wandb.loading import loading
from wandb.running_shell import running_shell
from wandb.settings_fields import without_credentials
from wandb.settings_files import folder_name, workspace_settings_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict

_CLOUD_HOSTS = ("api.forge.coreweave.com", "api.wandb.ai")
_CLOUD_APP = "https://forge.coreweave.com/wandb"


def _is_cloud(settings: Any) -> bool:
    return settings.base_url.lower() in ["https://" + host for host in _CLOUD_HOSTS]


def _app_url(settings: Any) -> str:
    """Address of the pages for people that belong to the server's address."""
    if settings.app_url_override:
        return without_credentials(str(settings.app_url_override).rstrip("/"))
    if _is_cloud(settings):
        return _CLOUD_APP
    return _server(settings).replace("://api.", "://app.", 1)


def _server(settings: Any) -> str:
    """The server's address as people may see it."""
    return without_credentials(str(settings.base_url))


def page_address(settings: Any, *parts: str | None) -> str:
    """Address of a page; "" as long as a part of it is not known."""
    if not all(parts):
        return ""
    with loading():
        from urllib.parse import quote

    return "/".join([_app_url(settings), *(quote(str(part), safe="") for part in parts)])


def _project_url(settings: Any) -> str:
    return page_address(settings, settings.entity, settings.project)


def _run_url(settings: Any) -> str:
    return page_address(settings, settings.entity, settings.project, "runs", settings.run_id)


def _sweep_url(settings: Any) -> str:
    return page_address(settings, settings.entity, settings.project, "sweeps", settings.sweep_id)


def _offline(settings: Any) -> bool:
    return settings.mode in ("offline", "dryrun")


def _noop(settings: Any) -> bool:
    return bool(settings.mode == "disabled")


def _timespec(settings: Any) -> str:
    """Local time of the run's start, as it stands in the name of its folder; "" before the start."""
    start = settings.x_start_time
    return "" if start is None else time.strftime("%Y%m%d_%H%M%S", time.localtime(start))


def _wandb_dir(settings: Any) -> str:
    known: Dict[str, str] = settings._base
    return known.get("wandb_dir") or os.path.join(
        settings.root_dir, folder_name(settings.root_dir, settings.use_dot_wandb)
    )


def _run_mode(settings: Any) -> str:
    return "offline-run" if _offline(settings) else "run"


def _sync_dir(settings: Any) -> str:
    """The run folder: where `init` put it, or else where it would go; "" without a run id."""
    known: Dict[str, str] = settings._base
    if "sync_dir" in known:
        return known["sync_dir"]
    if not settings.run_id:
        return ""
    name = f"{_run_mode(settings)}-{_timespec(settings)}-{settings.run_id}"
    if settings.x_sync_dir_suffix:
        name += "-" + settings.x_sync_dir_suffix
    return os.path.join(_wandb_dir(settings), name)


def _in_sync_dir(*parts: str) -> Callable[[Any], str]:
    def path(settings: Any) -> str:
        folder = _sync_dir(settings)
        return os.path.join(folder, *parts) if folder else ""

    return path


def _in_wandb_dir(name: str) -> Callable[[Any], str]:
    return lambda settings: os.path.join(_wandb_dir(settings), name)


def _files_dir(settings: Any) -> str:
    return settings.x_files_dir or _in_sync_dir("files")(settings)


def _sync_file(settings: Any) -> str:
    return _in_sync_dir(f"run-{settings.run_id}.wandb")(settings) if settings.run_id else ""


def _shell_name() -> str:
    """Class name of IPython's running shell; "" outside of it."""
    shell = running_shell()
    return "" if shell is None else type(shell).__name__


def _jupyter(settings: Any) -> bool:
    return "ZMQ" in _shell_name()


def _colab_url(settings: Any) -> str | None:
    """Address of the notebook in Google's Colab, whose kernels have `fileId=…` for a path; None anywhere else."""
    path = settings.x_jupyter_path or ""
    if "google.colab" not in sys.modules or not path.startswith("fileId="):
        return None
    return f"https://colab.research.google.com/notebook#{path}"


DERIVED: Dict[str, Callable[[Any], Any]] = {
    "_server": _server,
    "_colab": lambda settings: "google.colab" in sys.modules,
    "_ipython": lambda settings: bool(_shell_name()) and not _jupyter(settings),
    "_jupyter": _jupyter,
    "_kaggle": lambda settings: "KAGGLE_KERNEL_RUN_TYPE" in os.environ,
    "_noop": _noop,
    "_notebook": _jupyter,
    "_offline": _offline,
    "_shared": lambda settings: settings.mode == "shared",
    "_windows": lambda settings: os.name == "nt",
    "app_url": _app_url,
    "colab_url": _colab_url,
    "deployment": lambda settings: "cloud" if _is_cloud(settings) else "local",
    "files_dir": _files_dir,
    "is_local": lambda settings: not _is_cloud(settings),
    "log_dir": _in_sync_dir("logs"),
    "log_internal": _in_sync_dir("logs", "debug-internal.log"),
    "log_symlink_internal": _in_wandb_dir("debug-internal.log"),
    "log_symlink_user": _in_wandb_dir("debug.log"),
    "log_user": _in_sync_dir("logs", "debug.log"),
    "project_url": _project_url,
    "resume_fname": _in_wandb_dir("wandb-resume.json"),
    "run_mode": _run_mode,
    "run_url": _run_url,
    "settings_workspace": lambda settings: workspace_settings_path(settings.root_dir),
    "sweep_url": _sweep_url,
    "sync_dir": _sync_dir,
    "sync_file": _sync_file,
    "sync_symlink_latest": _in_wandb_dir("latest-run"),
    "timespec": _timespec,
    "wandb_dir": _wandb_dir,
}
