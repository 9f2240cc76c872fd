"""Every setting by name: its kind, its default, its other names. Data only; `settings.py` gives it life.

A default of None means "not set". Adding a setting takes one line here, and its checks, if it has any, go
to `settings_checks.py`. Nothing here reads the environment, a file or the clock.
"""

from __future__ import annotations

from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, FrozenSet, Mapping, Tuple

# The project of runs that name none, here and at servers.
NO_PROJECT = "uncategorized"
# Stands for a default that depends on the process; `Settings` works it out when it is asked for.
COMPUTED = object()

FIELDS: Dict[str, Tuple[str, Any]] = {
    "allow_media_symlink": ("bool", False),
    "allow_offline_artifacts": ("bool", True),
    "allow_val_change": ("bool", False),
    "api_key": ("str", None),
    "azure_account_url_to_access_key": ("dict", None),
    "app_url_override": ("str", None),
    "base_url": ("str", "https://api.forge.coreweave.com"),
    "code_dir": ("path", None),
    "config_paths": ("strs", None),
    "console": ("choice", "wrap"),
    "console_processes": ("choice", "all"),
    "console_prefix": ("bool", False),
    "console_colors": ("bool", False),
    "console_include": ("strs", None),
    "console_exclude": ("strs", None),
    "console_multipart": ("bool", False),
    "console_chunk_max_bytes": ("int", 0),
    "console_chunk_max_seconds": ("int", 0),
    "capture_loggers": ("dict", None),
    "credentials_file": ("path", COMPUTED),
    "disable_code": ("bool", False),
    "disable_git": ("bool", False),
    "disable_git_fork_point": ("bool", True),
    "disable_job_creation": ("bool", True),
    "docker": ("str", None),
    "email": ("str", None),
    "entity": ("str", None),
    "organization": ("str", None),
    "force": ("bool", False),
    "fork_from": ("moment", None),
    "git_commit": ("str", None),
    "git_remote": ("str", "origin"),
    "git_remote_url": ("str", None),
    "git_root": ("str", None),
    "heartbeat_seconds": ("int", 30),
    "host": ("str", None),
    "http_proxy": ("str", None),
    "https_proxy": ("str", None),
    "identity_token_file": ("path", None),
    "ignore_globs": ("strs", ()),
    "init_timeout": ("float", 90.0),
    "finish_timeout": ("float", 0.0),
    "fsync_seconds": ("float", None),
    "finish_timeout_raises": ("bool", False),
    "insecure_disable_ssl": ("bool", False),
    "job_name": ("str", None),
    "job_source": ("choice", None),
    "label_disable": ("bool", False),
    "launch": ("bool", False),
    "launch_config_path": ("str", None),
    "login_timeout": ("float", None),
    "mode": ("choice", "online"),
    "notebook_name": ("str", None),
    "program": ("str", None),
    "program_abspath": ("str", None),
    "program_relpath": ("str", None),
    "project": ("str", None),
    "quiet": ("bool", False),
    "reinit": ("choice", "default"),
    "relogin": ("bool", False),
    "resume": ("choice", None),
    "resume_from": ("moment", None),
    "resumed": ("bool", False),
    "root_dir": ("path", COMPUTED),
    "run_group": ("str", None),
    "run_id": ("str", None),
    "run_job_type": ("str", None),
    "run_name": ("str", None),
    "run_notes": ("str", None),
    "run_tags": ("tags", None),
    "sagemaker_disable": ("bool", False),
    "save_code": ("bool", None),
    "settings_system": ("path", None),
    "stop_fn": ("callable", None),
    "max_end_of_run_history_metrics": ("int", 10),
    "max_end_of_run_summary_metrics": ("int", 10),
    "show_colors": ("bool", None),
    "show_emoji": ("bool", None),
    "show_errors": ("bool", True),
    "show_info": ("bool", True),
    "show_warnings": ("bool", True),
    "silent": ("bool", False),
    "stop_on_fatal_error": ("bool", False),
    "strict": ("bool", None),
    "summary_timeout": ("int", 60),
    "summary_warnings": ("int", 5),
    "sweep_id": ("str", None),
    "sweep_param_path": ("str", None),
    "symlink": ("bool", COMPUTED),
    "sync_tensorboard": ("bool", None),
    "table_raise_on_max_row_limit_exceeded": ("bool", False),
    "use_dot_wandb": ("bool", None),
    "username": ("str", None),
    "x_label": ("str", None),
    "x_primary": ("bool", True),
    "x_stats_pid": ("int", COMPUTED),
    "x_stats_sampling_interval": ("float", 15.0),
    "x_stats_neuron_monitor_config_path": ("str", None),
    "x_stats_dcgm_exporter": ("str", None),
    "x_stats_open_metrics_endpoints": ("dict", None),
    "x_stats_open_metrics_filters": ("dict or strs", None),
    "x_stats_open_metrics_http_headers": ("dict", None),
    "x_stats_disk_paths": ("strs", ("/",)),
    "x_stats_cpu_count": ("int", None),
    "x_stats_cpu_logical_count": ("int", None),
    "x_stats_gpu_count": ("int", None),
    "x_stats_gpu_type": ("str", None),
    "x_stats_gpu_device_ids": ("ints", None),
    "x_stats_buffer_size": ("int", 0),
    "x_stats_coreweave_metadata_base_url": ("str", "http://169.254.169.254"),
    "x_stats_coreweave_metadata_endpoint": ("str", "/api/v2/cloud-init/meta-data"),
    "x_stats_track_process_tree": ("bool", False),
    "x_stats_no_cgroup": ("bool", False),
    "x_stats_self_usage": ("bool", False),
    "x_disable_machine_info": ("bool", False),
    "x_disable_meta": ("bool", False),
    "x_disable_stats": ("bool", False),
    "x_disable_viewer": ("bool", False),
    "x_executable": ("str", None),
    "x_extra_http_headers": ("dict", None),
    "x_file_stream_max_bytes": ("int", None),
    "x_file_stream_max_line_bytes": ("int", None),
    "x_file_stream_no_gzip": ("bool", True),
    "x_file_stream_retry_max": ("int", None),
    "x_file_stream_retry_wait_max_seconds": ("float", None),
    "x_file_stream_retry_wait_min_seconds": ("float", None),
    "x_file_stream_timeout_seconds": ("float", None),
    "x_file_stream_transmit_interval": ("float", None),
    "x_file_transfer_retry_max": ("int", None),
    "x_file_transfer_retry_wait_max_seconds": ("float", None),
    "x_file_transfer_retry_wait_min_seconds": ("float", None),
    "x_file_transfer_timeout_seconds": ("float", None),
    "x_files_dir": ("path", None),
    "x_flow_control_custom": ("bool", None),
    "x_flow_control_disabled": ("bool", None),
    "x_graphql_retry_max": ("int", None),
    "x_graphql_retry_wait_max_seconds": ("float", None),
    "x_graphql_retry_wait_min_seconds": ("float", None),
    "x_graphql_timeout_seconds": ("float", None),
    "x_history_value_encoding": ("str", "json"),
    "x_internal_check_process": ("float", 8.0),
    "x_jupyter_name": ("str", None),
    "x_jupyter_path": ("str", None),
    "x_jupyter_root": ("str", None),
    "x_live_policy_rate_limit": ("int", None),
    "x_live_policy_wait_time": ("int", None),
    "x_log_level": ("int", 20),
    "x_network_buffer": ("int", None),
    "x_proxies": ("dict", None),
    "x_runqueue_item_id": ("str", None),
    "x_save_requirements": ("bool", True),
    "x_server_side_derived_summary": ("bool", False),
    "x_service_transport": ("str", None),
    "x_service_wait": ("float", 30.0),
    "x_skip_transaction_log": ("bool", False),
    "x_start_time": ("float", None),
    "x_sync": ("bool", False),
    "x_sync_dir_suffix": ("str", ""),
    "x_transaction_log_flush_interval": ("float", 15.0),
    "x_update_finish_state": ("bool", True),
    "x_cli_only_mode": ("bool", False),
}

CHOICES: Dict[str, Tuple[str, ...]] = {
    "console": ("auto", "off", "wrap", "redirect", "wrap_raw", "wrap_emu"),
    "console_processes": ("all", "creator", "rank0"),
    "job_source": ("repo", "artifact", "image"),
    "mode": ("online", "offline", "shared", "disabled", "dryrun", "run"),
    "reinit": ("default", "return_previous", "finish_previous", "create_new"),
    "resume": ("allow", "must", "never", "auto"),
}

# The modes of runs that are sent while they go on. With "shared", several programs write one run.
SENT_MODES = ("online", "shared")

# What `WANDB_<KEY>` sets, where the name is not simply that of the setting.
ENVIRONMENT_NAMES: Dict[str, str] = {
    "APP_URL": "app_url_override",
    "DIR": "root_dir",
    "FILE_PUSHER_TIMEOUT": "x_file_transfer_timeout_seconds",
    "HTTP_TIMEOUT": "x_graphql_timeout_seconds",
    "JOB_TYPE": "run_job_type",
    "NAME": "run_name",
    "NOTES": "run_notes",
    "TAGS": "run_tags",
    "USER_EMAIL": "email",
}

# Not to be set from the environment or a file: their values are Python objects.
CODE_ONLY: FrozenSet[str] = frozenset(("capture_loggers", "stop_fn"))

# Keyword arguments of `wandb.init` whose setting has another name.
INIT_NAMES: Dict[str, str] = {
    "dir": "root_dir",
    "group": "run_group",
    "id": "run_id",
    "job_type": "run_job_type",
    "name": "run_name",
    "notes": "run_notes",
    "tags": "run_tags",
    "tensorboard": "sync_tensorboard",
}

# Settings of former releases, without `_` or `x_` in front: accepted, ignored, mentioned once.
REMOVED: FrozenSet[str] = frozenset(
    (
        "anonymous",
        "async_upload_concurrency_limit",
        "cuda",
        "disable_hints",
        "disable_service",
        "disable_setproctitle",
        "disable_update_check",
        "internal_queue_timeout",
        "magic",
        "problem",
        "require_core",
        "require_legacy_service",
        "start_method",
        "stats_join_assets",
        "stats_sample_rate_seconds",
        "stats_samples_to_average",
        "summary_errors",
        "system_sample",
        "system_sample_seconds",
        "tracelog",
    )
)

# Values that no message and no repr may show.
SECRETS: FrozenSet[str] = frozenset(
    (
        "api_key",
        "azure_account_url_to_access_key",
        "http_proxy",
        "https_proxy",
        "x_extra_http_headers",
        "x_proxies",
        "x_stats_open_metrics_http_headers",
    )
)

_SECRET_VARIABLES: FrozenSet[str] = frozenset(
    f"WANDB_{name.upper()}" for secret in SECRETS for name in (secret, secret[1:] if secret[:2] == "x_" else secret)
)


def without_credentials(text: str) -> str:
    """The text with user and password taken out of every address in it, and asterisks for secrets in its query."""
    if "://" not in text or ("@" not in text and "?" not in text):
        return text
    with loading():
        from wandb.masking import masked_addresses

    return masked_addresses(text)


def without_secrets(environ: Mapping[str, str]) -> Dict[str, str]:
    """An environment without our variables that hold a secret, for a process that has no use for it."""

    def is_secret(name: str, value: str) -> bool:
        return name in _SECRET_VARIABLES or (name.startswith("WANDB_") and without_credentials(value) != value)

    return {name: value for name, value in environ.items() if not is_secret(name, value)}


def field_name(name: str) -> str:
    """The setting that a name means: `_disable_stats` is `x_disable_stats`; "" if there is none."""
    if name in FIELDS:
        return name
    if name[:1] == "_" and "x" + name in FIELDS:
        return "x" + name
    return ""


def is_removed(name: str) -> bool:
    """Whether former releases had a setting of this name that no longer does anything."""
    bare = name[2:] if name.startswith("x_") else name.lstrip("_")
    return bare in REMOVED
