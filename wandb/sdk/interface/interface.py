"""The one door from a run to its logs and its service.

`publish_*` encodes a record and appends it to a file: no queue, no thread, no other process's health lies on that path.
The creator (the process that called `init`) appends to the transaction log, every other process of the run to the
spool of its host. Nothing but `deliver` raises for a disk that fails: records wait in bounded memory, counted and told.
"""

from __future__ import annotations

import os
from time import monotonic  # by name: a program may replace the clock of the module

from wandb.loading import load
from wandb.process import PerProcess, ProcessIdentity, host_name, is_alive, start_time_of
from wandb.runlog.layout import RunLayout
from wandb.runlog.spool import FINISH, JOINED, OPEN_ROW, RECORD, spool_of_root
from wandb.runlog.transaction_log import TransactionLog
from wandb.sdk.interface.appender import Appender
from wandb.sdk.interface.launcher import ServiceProcess, finish_here, start_service
from wandb.sdk.interface.source import Source
from wandb.sdk.lib.interruption import is_from_signal_handler, is_interruption
from wandb.wire.encode import body, encode, history_body, info_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Mapping

    from wandb.sdk.interface.upload_watch import UploadWatch
    from wandb.sdk.lib.delivery import Delivery

_LOOK_SECONDS = 5.0
_CONSOLE_LOOK_SECONDS = 0.2  # a pipe without a reader is full soon, a stream that is new has much to tell
_SERVICE_RESTARTS = 3
_STEADY_SECONDS = 300.0  # a service that has run for so long counts as the first one
_FULL_DISK_SECONDS = 3.0


class Interface:
    """A run's logs and service, as seen from any process of the run."""

    def __init__(
        self,
        layout: RunLayout,
        creator: ProcessIdentity,
        dumps: Callable[[object], str],
        warn: Callable[[str], None],
        log: TransactionLog | None = None,
        console_processes: str = "all",
    ) -> None:
        """`log` is the new transaction log, in the creator only; `console_processes` is the setting."""
        self.layout, self._log = layout, log
        self.creator, self.creator_pid = creator, creator.pid
        self._dumps, self._warn = dumps, warn
        self._spool_of_root = spool_of_root(layout.spool(host_name())) if log else None
        self._appenders = PerProcess(self._new_appender)
        self.usual_output: Any = None  # of the creator's appender, for `usual_write`
        self.console_processes = console_processes
        self._service: ServiceProcess | None = None
        self._service_identity: ProcessIdentity | None = None
        self._service_starts = 0
        self._console_looks: List[Callable[[], None]] = []
        self.upload: UploadWatch | None = None  # of a run that is sent while it goes on, in its creator
        self._service_environment: Mapping[str, str] = {}
        self._next_look = self._next_service_look = 0.0  # after the console and the service
        self._steady = float("inf")  # from when on it counts as one that runs well
        self._folder_is_gone = self._finished = False
        self.disk_hangs = False  # at the end, so that nothing of the run's folder should be touched any more

    def _new_appender(self) -> Appender:
        log = self._log if self.is_creator() else None
        source = Source(os.getpid(), log is not None, self.console_processes)
        if log is None and self.is_creator():  # behind the run's end: soon no module can be loaded any more
            source.of_this_thread()
        appender = Appender(self.layout, log, self._warn, source, self._find_folder, self._spool_of_root)
        self.usual_output = appender.usual_output(self)
        return appender

    def is_creator(self) -> bool:
        """Whether this process called `init`, rather than being a child of one that did."""
        return os.getpid() == self.creator_pid

    # ---- records

    def publish(self, kind: str, message: str, fields: Mapping[str, Any], frame_kind: int = RECORD) -> None:
        """Append a record of any kind: `kind` names its field in Record, `message` its type."""
        self._append(frame_kind, body(kind, encode(message, fields)))
        if kind == "artifact" and self._service is not None:
            self._service.ring(hurry=False)  # somebody may wait for it

    def publish_history(self, row: Mapping[Any, object], step: int | None, label: str = "") -> None:
        """Append a committed row; keys are names, or tuples for paths into nested dicts. `label`: of `OpenRows`."""
        record_body = history_body(row, step, self._dumps)
        if label:
            record_body += info_field(label)
        appenders = self._appenders
        appender = appenders.value if appenders.page[0] else appenders.get()
        if not self._finished:
            now = monotonic()
            appender.append_row(record_body, now)
            if now >= self._next_look:
                self._look()

    def publish_open_row(self, row: Mapping[Any, object], step: int | None, label: str = "") -> None:
        """Append a part of a row that is not committed yet: it is in the record even if the process dies now."""
        self._append(OPEN_ROW, history_body(row, step, self._dumps) + info_field(label))

    def publish_output(self, is_stdout: bool, text: str) -> None:
        """Append what one write call wrote to a stream; with "", that nothing of it is to be held back."""
        appenders = self._appenders
        appender = appenders.value if appenders.page[0] else appenders.get()
        if appender.append_output(is_stdout, text) and monotonic() >= self._next_look:
            self._look()

    def deliver(self, file: Delivery) -> None:
        """Bring a file to its place: on return, or at least before what is appended later. Raises OSError."""
        self._appenders.get().deliver(file, self._finished)

    def _append(self, frame_kind: int, record_body: bytes) -> None:
        appender = self._appenders.get()
        if not self._finished:
            appender.append(frame_kind, record_body)
            if monotonic() >= self._next_look:
                self._look()

    def _look(self) -> None:
        """After the console and the helpers, with a record in between times; a record never depends on them."""
        now = monotonic()
        self._next_look = now + (_CONSOLE_LOOK_SECONDS if self._console_looks else _LOOK_SECONDS)
        for look in (self._appenders.get().look_at_threads, *self._console_looks, self._look_after_service):
            try:
                if not self._appenders.get().waits():
                    look()
            except Exception as error:
                # No process, no descriptor, no memory, a module that the program has replaced.
                self._next_service_look = now + 10 * _LOOK_SECONDS
                if is_interruption(error):
                    raise

    def look_after_console(self, *looks: Callable[[], None]) -> None:
        """Make these calls from now on, of the console's capture, with a record in between times."""
        self._console_looks, self._next_look = list(looks), 0.0

    def _find_folder(self) -> str:
        """Go on where the folder is now; what is to be said of it, if anything."""
        if self._log is None or self._folder_is_gone or not self.is_creator():
            return ""
        path, layout = self._log.find(), self.layout
        if not path or os.path.basename(path) != os.path.basename(layout.transaction_log):
            self._folder_is_gone = True
            return f"The run's folder {layout.run_dir} has been removed, and what was recorded in it."
        if path == layout.transaction_log:
            return ""
        layout.move_to(os.path.dirname(path))
        return f"The run's folder has been moved; recording goes on in {layout.run_dir}."

    def _look_after_service(self) -> None:
        now = monotonic()
        if now < self._next_service_look or self._service is None or not self.is_creator():
            return
        self._next_service_look = now + _LOOK_SECONDS
        if self.upload is not None:
            self.upload.look()
        if not self.service_is_alive():
            found = self._find_folder()  # it ends when the folder is not there any more
            if found:
                self._warn(found)
            if not self._folder_is_gone:
                self._restart_service()

    # ---- the service

    def start_service(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the service, without waiting for it; if that fails the record is on disk all the same.

        `environment` is what it has to know and nobody may see; that of the first start holds for all of them.
        """
        self._service_starts += 1
        self._steady = monotonic() + _STEADY_SECONDS
        self._next_service_look = max(self._next_service_look, monotonic() + _LOOK_SECONDS)
        if environment is not None:
            self._service_environment = environment
        try:
            self._service = start_service(self.layout.run_dir, self.layout.helper_diary, self._service_environment)
        except Exception as error:
            # No process, no descriptor; or modules that a test has replaced, or a file beside the program hides.
            if is_from_signal_handler(error):
                raise
            self._warn(f"The helper process can't be started ({error!r}); the run is recorded, `finish` does its part.")
            return
        self._service_identity = ProcessIdentity(host_name(), self._service.pid, start_time_of(self._service.pid))

    def service_is_alive(self) -> bool:
        """Whether the run's service runs; the answer never stops a record.

        Only the creator may ask the process handle: in a forked child, multiprocessing's raises an assertion and
        subprocess's answers "ended" for a running program. Everybody else looks at the process table.
        """
        if os.getpid() == self.creator_pid:
            return self._service is not None and self._service.is_running()
        psutil = load("psutil")
        identity = self._service_identity
        return identity is not None and bool(psutil.pid_exists(identity.pid)) and is_alive(identity)

    def lifeline(self) -> List[int]:
        """The descriptor that tells the service, while a process has it, that the run is not over."""
        return [] if self._service is None else self._service.lifeline()

    def _restart_service(self) -> None:
        if monotonic() >= self._steady:
            self._service_starts = 1
        if self._service_starts > _SERVICE_RESTARTS:
            return
        if self._service_starts == 1:
            self._warn("The helper process of this run has ended early; starting another one. Nothing is lost.")
        if self._service is not None:
            self._service.disown()
        self._next_service_look = monotonic() + _LOOK_SECONDS * 2**self._service_starts
        self.start_service()

    # ---- the end

    def finish(self, exit_record: Mapping[str, Any], timeout: float, from_progress: bool = False) -> str:
        """Append the last word and have the run folded; what is not done within `timeout` seconds, "" if all is.

        With `from_progress` the time counts from the last progress of its upload. Called by the creator, once.
        Whatever is left undone, `wandb sync` or any command that opens the run does.
        """
        appender = self._appenders.get()
        last = body("exit", encode("RunExitRecord", exit_record))
        self.disk_hangs = not appender.append_last(FINISH, last, timeout)
        self._finished = True
        if self.disk_hangs:
            if self._service is not None:
                self._service.disown()
            return f"{appender.unwritten()} records of this run could not be written: the disk of its folder hangs."
        if self._folder_is_gone:
            return ""  # it has been said
        unwritten = appender.unwritten()
        try:
            done = self._wait_for_fold(_FULL_DISK_SECONDS if unwritten else timeout, from_progress)
        finally:
            if self.upload is not None:
                self.upload.waits_no_more()
        if unwritten:
            return f"{unwritten} records of this run could not be written to {self.layout.run_dir}."
        return done

    def _wait_for_fold(self, timeout: float, from_progress: bool) -> str:
        deadline = monotonic() + timeout

        def left() -> float:
            nonlocal deadline
            if self.upload is None:
                return deadline - monotonic()
            deadline = self.upload.extended(deadline, timeout if from_progress else None, monotonic())
            return min(deadline, self.upload.gives_up_at()) - monotonic()

        while self._service is not None and self._service_starts <= _SERVICE_RESTARTS + 1:
            self._service.ring()
            if not self._service.wait_for_end(left):
                self._service.disown()
                if self.upload is not None and os.path.exists(self.layout.closing_report):
                    return ""  # its files are complete, and what is not sent is said elsewhere
                return (
                    f"The run's files are not complete yet: every record is on disk in {self.layout.run_dir}, and the "
                    "helper process completes them, or else `python -m wandb.service` with this folder."
                )
            ended_well = self._service.ended_well()
            self._service.disown()
            if ended_well:
                return ""
            self._service = None
            self.start_service()
        return finish_here(self.layout.run_dir)

    # ---- other processes

    def join(self) -> None:
        """Let the service know that this process belongs to the run, whether it ever says something or not."""
        self._append(JOINED, b"")

    def token(self) -> Dict[str, Any]:
        """What a spawned child needs to append to the same run."""
        return {
            "run_dir": self.layout.run_dir,
            "run_id": self.layout.run_id,
            "creator": self.creator.to_json(),
            "service": self._service_identity.to_json() if self._service_identity else None,
            "console_processes": self.console_processes,
        }

    @classmethod
    def attach(cls, token: Mapping[str, Any], dumps: Callable[[object], str], warn: Callable[[str], None]) -> Interface:
        """The same run, from another process; it appends to the spool."""
        layout = RunLayout(token["run_dir"], token["run_id"])
        creator = ProcessIdentity.from_json(token["creator"])
        interface = cls(layout, creator, dumps, warn, console_processes=token["console_processes"])
        if token["service"]:
            interface._service_identity = ProcessIdentity.from_json(token["service"])
        return interface
