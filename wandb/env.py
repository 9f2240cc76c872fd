"""Environment variables by function, as programs of the real thing read and set them; nothing inside uses this.

A function with `env` works on that mapping instead of the process's environment.
"""

from __future__ import annotations

import os
import sys

from wandb.artifacts.places import cache_dir, data_dir, download_dir
from wandb.settings_fields import NO_PROJECT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Callable, List, Mapping, MutableMapping, Union

AGENT_DISABLE_FLAPPING = "WANDB_AGENT_DISABLE_FLAPPING"
AGENT_KILL_DELAY = "WANDB_AGENT_KILL_DELAY"
AGENT_MAX_INITIAL_FAILURES = "WANDB_AGENT_MAX_INITIAL_FAILURES"
AGENT_REPORT_INTERVAL = "WANDB_AGENT_REPORT_INTERVAL"
ANONYMOUS = "WANDB_ANONYMOUS"
API_KEY = "WANDB_API_KEY"
APP_URL = "WANDB_APP_URL"
ARGS = "WANDB_ARGS"
ARTIFACT_DIR = "WANDB_ARTIFACT_DIR"
ARTIFACT_FETCH_FILE_URL_BATCH_SIZE = "WANDB_ARTIFACT_FETCH_FILE_URL_BATCH_SIZE"
BASE_URL = "WANDB_BASE_URL"
CACHE_DIR = "WANDB_CACHE_DIR"
CONFIG_DIR = "WANDB_CONFIG_DIR"
CORE_DEBUG = "WANDB_CORE_DEBUG"
CREDENTIALS_FILE = "WANDB_CREDENTIALS_FILE"
DATA_DIR = "WANDB_DATA_DIR"
DEBUG = "WANDB_DEBUG"
DIR = "WANDB_DIR"
DISABLE_CODE = "WANDB_DISABLE_CODE"
DISABLE_GIT = "WANDB_DISABLE_GIT"
DISABLE_SSL = "WANDB_INSECURE_DISABLE_SSL"
DOCKER = "WANDB_DOCKER"
ENTITY = "WANDB_ENTITY"
ERROR_REPORTING = "WANDB_ERROR_REPORTING"
FILE_PUSHER_TIMEOUT = "WANDB_FILE_PUSHER_TIMEOUT"
HOST = "WANDB_HOST"
HTTP_TIMEOUT = "WANDB_HTTP_TIMEOUT"
IDENTITY_TOKEN_FILE = "WANDB_IDENTITY_TOKEN_FILE"
IGNORE = "WANDB_IGNORE_GLOBS"
INIT_TIMEOUT = "WANDB_INIT_TIMEOUT"
JOB_TYPE = "WANDB_JOB_TYPE"
LAUNCH_QUEUE_ENTITY = "WANDB_LAUNCH_QUEUE_ENTITY"
LAUNCH_QUEUE_NAME = "WANDB_LAUNCH_QUEUE_NAME"
LAUNCH_TRACE_ID = "WANDB_LAUNCH_TRACE_ID"
MODE = "WANDB_MODE"
NAME = "WANDB_NAME"
NOTEBOOK_NAME = "WANDB_NOTEBOOK_NAME"
NOTES = "WANDB_NOTES"
ORGANIZATION = "WANDB_ORGANIZATION"
PROGRAM = "WANDB_PROGRAM"
PROJECT = "WANDB_PROJECT"
QUIET = "WANDB_QUIET"
RESUME = "WANDB_RESUME"
RUN_DIR = "WANDB_RUN_DIR"
RUN_GROUP = "WANDB_RUN_GROUP"
RUN_ID = "WANDB_RUN_ID"
SAVE_CODE = "WANDB_SAVE_CODE"
SERVICE = "WANDB_SERVICE"
SHOW_RUN = "WANDB_SHOW_RUN"
SILENT = "WANDB_SILENT"
SWEEP_ID = "WANDB_SWEEP_ID"
TAGS = "WANDB_TAGS"
USERNAME = "WANDB_USERNAME"
USER_EMAIL = "WANDB_USER_EMAIL"


def _variable(name: str) -> Callable[..., str | None]:
    def get(default: str | None = None, env: Mapping[str, str] | None = None) -> str | None:
        return _environ(env).get(name, default)

    get.__doc__ = f"The value of {name}, or the default."
    return get


def _number(name: str) -> Callable[..., int | None]:
    def get(default: int | None = None, env: Mapping[str, str] | None = None) -> int | None:
        text = _environ(env).get(name)
        return int(text) if text else default

    get.__doc__ = f"The number in {name}, or the default."
    return get


def _switch(name: str) -> Callable[..., bool]:
    def get(default: str | None = None, env: Mapping[str, str] | None = None) -> bool:
        return _is_true(_environ(env).get(name, default))

    get.__doc__ = f"Whether {name} is switched on."
    return get


def _environ(env: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if env is None else env


def _is_true(text: str | None) -> bool:
    try:
        return bool(text) and strtobool(str(text))
    except ValueError:
        return False


get_app_url = _variable(APP_URL)
get_base_url = _variable(BASE_URL)
get_dir = _variable(DIR)
get_docker = _variable(DOCKER)
get_entity = _variable(ENTITY)
get_launch_queue_entity = _variable(LAUNCH_QUEUE_ENTITY)
get_launch_queue_name = _variable(LAUNCH_QUEUE_NAME)
get_launch_trace_id = _variable(LAUNCH_TRACE_ID)
get_organization = _variable(ORGANIZATION)
get_project = _variable(PROJECT)
get_run = _variable(RUN_ID)
get_user_email = _variable(USER_EMAIL)
get_username = _variable(USERNAME)

get_agent_kill_delay = _number(AGENT_KILL_DELAY)
get_agent_max_initial_failures = _number(AGENT_MAX_INITIAL_FAILURES)
get_agent_report_interval = _number(AGENT_REPORT_INTERVAL)
get_file_pusher_timeout = _number(FILE_PUSHER_TIMEOUT)

core_debug = _switch(CORE_DEBUG)
disable_git = _switch(DISABLE_GIT)
get_show_run = _switch(SHOW_RUN)
is_debug = _switch(DEBUG)
is_quiet = _switch(QUIET)
is_silent = _switch(SILENT)
ssl_disabled = _switch(DISABLE_SSL)


def strtobool(val: str) -> bool:
    """Yes-or-no words as a bool; a ValueError for any other word."""
    word = val.lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return True
    if word in ("n", "no", "f", "false", "off", "0"):
        return False
    raise ValueError(f"not a yes or no: {val!r}")


def set_entity(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Set the user or team for later runs."""
    (os.environ if env is None else env)[ENTITY] = value


def set_project(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Set the project for later runs."""
    (os.environ if env is None else env)[PROJECT] = value or NO_PROJECT


def is_offline(env: Mapping[str, str] | None = None) -> bool:
    """Whether runs are only recorded, as far as the environment says."""
    return _environ(env).get(MODE, "").lower() in ("offline", "dryrun")


def should_save_code() -> bool:
    """Whether the program's source may be kept, as far as the environment says."""
    return _is_true(os.environ.get(SAVE_CODE)) and not _is_true(os.environ.get(DISABLE_CODE))


def error_reporting_enabled() -> bool:
    """Whether the environment allows crash reports; this package sends none."""
    return strtobool(os.environ.get(ERROR_REPORTING) or "true")


def get_error_reporting(default: Union[bool, str] = True, env: Mapping[str, str] | None = None) -> Union[bool, str]:
    """The value of WANDB_ERROR_REPORTING, or the default."""
    return _environ(env).get(ERROR_REPORTING, default)


def get_http_timeout(default: int = 20, env: Mapping[str, str] | None = None) -> int:
    """Seconds that a request may take."""
    return int(_environ(env).get(HTTP_TIMEOUT) or default)


def get_args(default: List[str] | None = None, env: Mapping[str, str] | None = None) -> List[str] | None:
    """The program's arguments; WANDB_ARGS, a JSON list, stands for them."""
    text = _environ(env).get(ARGS)
    if text:
        import json

        return [str(item) for item in json.loads(text)]
    return sys.argv[1:] if default is None else default


def get_ignore(default: List[str] | None = None, env: Mapping[str, str] | None = None) -> List[str] | None:
    """Patterns of files that are not kept."""
    text = _environ(env).get(IGNORE)
    return default if text is None else text.split(",")


def get_tags(default: str = "", env: Mapping[str, str] | None = None) -> List[str]:
    """Tags for later runs."""
    return [tag for tag in _environ(env).get(TAGS, default).split(",") if tag]


def get_artifact_dir(env: Mapping[str, str] | None = None) -> str:
    """Where downloaded artifacts go."""
    return download_dir(env)


def get_cache_dir(env: Mapping[str, str] | None = None) -> Path:
    """Where files are kept that can be fetched again."""
    from pathlib import Path

    return Path(cache_dir(env))


def get_data_dir(env: Mapping[str, str] | None = None) -> str:
    """Where files wait to be sent."""
    return data_dir(env)


def get_credentials_file(default: str, env: Mapping[str, str] | None = None) -> Path:
    """The file of short-lived credentials."""
    from pathlib import Path

    return Path(_environ(env).get(CREDENTIALS_FILE, default))
