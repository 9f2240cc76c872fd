"""`wandb.init` and what undoes it: settings, run folder, first records, service, console, hooks, in this order.

Nothing here waits: no network, no service, no git, no package list. What a person wants to know of the machine is
gathered by the service.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from wandb.process import ProcessIdentity
from wandb.sdk import active, session
from wandb.sdk.beginning import publish_beginning
from wandb.sdk.closing import print_closing, print_opening
from wandb.sdk.config import config_defaults, config_from
from wandb.sdk.disabled import disabled_run
from wandb.sdk.installed import Installed
from wandb.sdk.interface.interface import Interface
from wandb.sdk.lib.ids import generate_id, generate_name
from wandb.sdk.lib.json_values import dumps, kept_key
from wandb.sdk.lib.terminal import termlog, termsetup, termwarn
from wandb.sdk.resume import forget_to_resume, id_to_resume, part_to_resume, remember_to_resume
from wandb.sdk.run import Run
from wandb.sdk.run_folder import folder_of_runs, make_folder, write_diary
from wandb.sdk.sending import UploadNews, choose_mode
from wandb.settings import Settings, resolve, working_dir
from wandb.settings_fields import NO_PROJECT, SENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence, Union

    from wandb.sdk.stop_call import StopCall

_FINISH_SECONDS = 30.0


class Setup:
    """What `setup` returns: the settings that hold for runs of this process that say nothing else."""

    @property
    def settings(self) -> Settings:
        """As they would be resolved now."""
        return session.settings()


def setup(settings: Union[Settings, Dict[str, Any], None] = None) -> Setup:
    """Settings for all runs of this process that say nothing else; optional."""
    if settings is not None:
        session.set_up(settings if isinstance(settings, Settings) else Settings(**settings))
    return Setup()


def teardown(exit_code: int | None = None) -> None:
    """Finish all open runs of this process."""
    for run in reversed(active.open_runs()):
        run.finish(exit_code)


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: Union[str, os.PathLike[str], None] = None,
    id: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    config: Any = None,
    config_exclude_keys: List[str] | None = None,
    config_include_keys: List[str] | None = None,
    allow_val_change: bool | None = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    force: bool | None = None,
    reinit: Union[bool, str, None] = None,
    resume: Union[bool, str, None] = None,
    resume_from: str | None = None,
    fork_from: str | None = None,
    save_code: bool | None = None,
    tensorboard: bool | None = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    settings: Union[Settings, Dict[str, Any], None] = None,
    anonymous: Any = None,
) -> Run:
    """Begin a run and return it; with runs open, the one that began last is returned, unless `reinit` says otherwise.

    Raises UsageError for an argument or a setting that can't be, and for nothing else: a folder that can't be
    written, a missing key, a service that can't be started each have a stated fallback.
    """
    given = {
        "entity": entity, "project": project, "root_dir": dir, "run_id": id,
        "run_name": name, "run_notes": notes, "run_tags": tags, "run_group": group, "run_job_type": job_type,
        "mode": mode, "force": force, "reinit": reinit, "resume_from": resume_from,
        "resume": None if resume is False else resume,  # which takes back nothing that the environment says
        "fork_from": fork_from, "save_code": save_code, "allow_val_change": allow_val_change,
        "sync_tensorboard": sync_tensorboard if sync_tensorboard is not None else tensorboard,
    }  # fmt: skip
    resolved = resolve(settings, {key: value for key, value in given.items() if value is not None}, session.layer())
    termsetup(resolved)
    for warning in resolved.warnings:
        termwarn(warning, repeat=False)
    _say_what_has_no_effect(resolved)
    _hold_to_sweep(resolved)
    if monitor_gym and resolved.mode != "disabled":
        from wandb.sdk.gym_monitor import monitor

        monitor()
    previous = _previous_run(resolved)
    if previous is not None:
        return previous
    values = _configuration(resolved, config, config_include_keys, config_exclude_keys)
    if resolved.run_id is None and resolved.resume_from:
        resolved.run_id = resolved.resume_from.run
    if resolved.run_id is None:
        resolved.run_id = (id_to_resume(resolved) if resolved.resume == "auto" else None) or generate_id()
    return _disabled(resolved, values) if resolved.mode == "disabled" else _begin(resolved, values)


def _disabled(settings: Settings, values: Dict[str, Any]) -> Run:
    run = disabled_run(settings, values)
    active.opened(run, beside=settings.reinit == "create_new")
    return run


# Settings of parts that later releases bring.
_NOT_YET = (
    "console_multipart", "console_chunk_max_bytes", "console_chunk_max_seconds", "code_dir", "launch",
    "launch_config_path", "job_name", "x_stats_neuron_monitor_config_path", "x_stats_dcgm_exporter",
    "x_stats_open_metrics_endpoints", "x_stats_open_metrics_filters", "finish_timeout_raises",
    "table_raise_on_max_row_limit_exceeded", "allow_media_symlink", "x_executable",
    "x_stats_open_metrics_http_headers", "summary_timeout", "x_stats_buffer_size", "x_skip_transaction_log",
    "x_history_value_encoding",
)  # fmt: skip


def _say_what_has_no_effect(settings: Settings) -> None:
    """A wish that this build can't fulfil is accepted, and never silently."""
    explicit = settings.to_dict(explicit_only=True)
    for name in _NOT_YET:
        if explicit.get(name) and settings.mode != "disabled":
            termwarn(f"{name} is not part of this build yet and has no effect.", repeat=False)


def _hold_to_sweep(settings: Settings) -> None:
    """The run of a trial has the id and the place that its agent has said, whatever the code says: else it is none."""
    if not (os.environ.get("WANDB_SWEEP_ID") and os.environ.get("WANDB_SWEEP_PARAM_PATH")):
        return
    for name in ("run_id", "project", "entity"):
        held, given = os.environ.get(f"WANDB_{name.upper()}"), getattr(settings, name)
        if held and given != held:
            termwarn(f"The run belongs to a sweep, so its {name} is {held!r}, not {given!r}.", repeat=False)
            setattr(settings, name, held)


def _previous_run(settings: Settings) -> Run | None:
    """The open run that `init` shall return instead of a new one; an inherited one in a forked child is none.

    A disabled run never stands for one that records, nor the other way round.
    """
    disabled, reinit = settings.mode == "disabled", settings.reinit
    if not disabled:
        for run in [run for run in active.open_runs() if run.disabled]:
            active.closed(run)
    if disabled or reinit == "create_new":
        return None
    own = [run for run in active.open_runs() if run._interface.is_creator()]
    if reinit is True or reinit == "finish_previous" or (reinit == "default" and settings._jupyter):
        for run in reversed(own):
            run.finish()
        return None
    if not own:
        return None
    termlog(f"The run {own[-1].id} is open, so wandb.init gives it; another one begins with reinit='create_new'.")
    return own[-1]


def _configuration(settings: Settings, config: Any, include: Any, exclude: Any) -> Dict[str, Any]:
    """What the run is configured with: the folder's defaults, the files of a setting, and what `init` was given."""
    values = config_defaults(working_dir())
    if settings.config_paths:
        values.update(config_from(list(settings.config_paths)))
    # What a record holds has text keys, and so has what a recorded run gives back.
    values.update(config_from(config, include, exclude, kept_key if settings.mode == "disabled" else None))
    return values


def _begin(settings: Settings, values: Dict[str, Any]) -> Run:
    started = time.time()
    settings.project = settings.project or NO_PROJECT
    # A resumed run has its name already; one that others write, too, gets it from the server.
    if not (settings.run_name or settings.resume or settings.resume_from or settings.mode == "shared"):
        settings.run_name = generate_name()
    earlier = part_to_resume(settings, folder_of_runs(settings))
    why_local, environment = choose_mode(settings)
    made = make_folder(settings, started)
    if made is None:
        return _disabled(settings, values)
    layout, log = made
    sweep_config = config_from([settings.sweep_param_path]) if settings.sweep_param_path else None
    creator = ProcessIdentity.current()
    interface = Interface(layout, creator, dumps, termwarn, log, settings.console_processes)
    session = _Session(settings, interface)
    try:
        run = Run(settings, values, interface, started, session.end, sweep_config)
        publish_beginning(run, interface, creator, started, earlier)
        interface.start_service(environment)
        print_opening(settings, why_local)
        if session.news is not None:
            session.news.wait_for_page()
            session.news.tell_page()
        session.begin(run)
        active.opened(run, beside=settings.reinit == "create_new")
    except BaseException:
        # A signal handler of the program that raises: leave nothing of ours behind, half a run least of all.
        session.undo()
        interface.finish({"exit_code": 1}, 0.0)
        raise
    if settings.resume == "auto":
        remember_to_resume(settings)
    if settings._jupyter:
        from wandb.sdk.notebook_display import run_begins

        run_begins(run)
    return run


class _Session:
    """An open run with what it has installed in this process."""

    def __init__(self, settings: Settings, interface: Interface) -> None:
        self._interface = interface
        is_sent = settings.mode in SENT_MODES
        self.news = UploadNews(settings, interface.layout, interface.is_creator) if is_sent else None
        interface.upload = self.news.watch if self.news is not None else None
        self._installed = Installed(settings, interface, self._program_ends)
        self._run: Run | None = None
        self._stop_call: StopCall | None = None

    def begin(self, run: Run) -> None:
        self._run = run
        if self.news is not None and run._settings.stop_fn is not None:
            from wandb.sdk.stop_call import StopCall

            self._stop_call = StopCall(lambda: self._interface.layout.upload_status, run._settings.stop_fn)
        self._installed.install()

    def _program_ends(self, exit_code: int) -> None:
        if self._run is None:
            return
        self._installed.expect_exit()
        with suppress(KeyboardInterrupt):  # one Ctrl-C is enough: the helper process does the rest
            self._run.finish(exit_code)
        self._installed.listen_on()

    def undo(self) -> None:
        """Take back what is installed."""
        if self._stop_call is not None:
            self._stop_call.end()
        self._installed.undo()

    def end(self, run: Run, exit_code: int) -> None:
        """Called by `Run.finish` in the creator, once."""
        self.undo()
        active.closed(run)
        run._rows.get().tell_what_is_missing()
        runtime = max(0, int(time.time() - run.start_time + run._earlier_runtime))
        exit_record, timeout = {"exit_code": exit_code, "runtime": runtime}, run._settings.finish_timeout
        try:
            problem = self._interface.finish(exit_record, timeout or _FINISH_SECONDS, from_progress=not timeout)
        except KeyboardInterrupt:
            if self.news is not None:
                self.news.tell_interrupted()
            raise
        if self._interface.disk_hangs:
            termwarn(problem)
            return
        if run._settings.resume == "auto" and exit_code == 0:
            forget_to_resume(run._settings)
        write_diary(self._interface.layout, f"run {run.id} ends, exit code {exit_code}. {problem}".rstrip())
        if problem:
            termwarn(problem)
        print_closing(run._settings, self._interface.layout, self.news)
