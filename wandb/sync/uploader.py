"""Sends one run: registers it, posts what its logs hold to the file stream, sends its files, completes it.

The service uses it while the run goes on, `wandb sync` later: the same code. Requests of the file stream go one after
another, each with the numbers of its lines, and what an answer acknowledges is in the checkpoint before the next one.
So killed anywhere and started again, it sends the same lines to the same places.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Tuple

from wandb.errors import CommError
from wandb.sync.attachments import Attachments
from wandb.sync.outgoing import MOST_LINE, ConsoleOptions, Outgoing, fingerprint, run_record
from wandb.sync.registration import Registration
from wandb.sync.sent_lines import line_size
from wandb.sync.shared import files_of
from wandb.sync.side_requests import SideRequests

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.sync.checkpoint import Checkpoint
    from wandb.sync.client import Client
    from wandb.sync.registration import Overrides
    from wandb.sync.upload_status import UploadStatus

_MOST_REQUEST = 10 * 1024 * 1024
_MOST_POSTS = 10  # at a time: a request has room for one row of console lines, and there may be a thousand bars
_WAIT_SECONDS = 0.02
_POST_SECONDS, _CONFIG_SECONDS = 15.0, 5.0
HISTORY, EVENTS, SUMMARY, CONSOLE = "wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log"


class Uploader:
    """One run on its way to one server. Every call may raise CommError and OSError, and may be repeated."""

    def __init__(
        self,
        layout: RunLayout,
        client: Client,
        overrides: Overrides,
        status: UploadStatus,
        is_folded: bool,
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_stop` is called when the server asks that the run be stopped."""
        self.layout = layout
        self._client = client
        self._status = status
        self._overrides = overrides
        self._is_folded = is_folded
        self._on_stop = on_stop
        self._registration: Registration | None = None
        self._outgoing: Outgoing | None = None
        self._attachments: Attachments | None = None
        self._side: SideRequests | None = None
        self._next_post = self._next_config = 0.0
        self._next_heartbeat = monotonic()
        self._stop_is_asked = False

    # ---- the parts, once the server knows the run

    def begin(self) -> bool:
        """Register the run; False if its log has no run record yet."""
        if self._outgoing is not None:
            return True
        record = run_record(self.layout)
        if record is None:
            return False
        access = self._client.access
        if self._registration is None:
            self._registration = Registration(self.layout, self._client, record, self._overrides)
        self._registration.register()
        checkpoint = self._checkpoint
        if checkpoint.values.get("exit_code") is None:
            self._registration.refuse_what_is_left()
        console = ConsoleOptions(self._overrides.skip_console, bool(checkpoint.values.get("structured_console")))
        may_compress = access.setting("x_file_stream_no_gzip") is False
        self._client.compresses = may_compress and bool(checkpoint.values.get("takes_gzip"))
        max_line = int(access.setting("x_file_stream_max_line_bytes") or MOST_LINE)
        self._outgoing = Outgoing(self.layout, checkpoint, self._is_folded, console, max_line)
        ignored = [str(pattern) for pattern in access.setting("ignore_globs") or ()]
        called, of_others = files_of(self._registration.settings)
        kept_back = (*of_others, *(CONSOLE,) * console.skipped)
        self._attachments = Attachments(self.layout, self._client, checkpoint, ignored, kept_back, called)
        self._side = SideRequests(self._client, checkpoint, self._outgoing, self._overrides)
        names = ("entity", "project", "run_id", "display_name")
        self._status.update(**{name: checkpoint.values[name] for name in names})
        return True

    @property
    def _checkpoint(self) -> Checkpoint:
        if self._registration is None:
            raise CommError("The run is not registered.")
        return self._registration.checkpoint

    @property
    def _parts(self) -> Tuple[Outgoing, Attachments]:
        if self._outgoing is None or self._attachments is None:
            raise CommError("The run is not registered.")
        return self._outgoing, self._attachments

    @property
    def _side_requests(self) -> SideRequests:
        if self._side is None:
            raise CommError("The run is not registered.")
        return self._side

    @property
    def _place(self) -> Tuple[str, str, str]:
        values = self._checkpoint.values
        return values["entity"], values["project"], values["run_id"]

    # ---- while the run goes on

    def step(self) -> None:
        """Read what is new and send what is due; nothing waits here but requests."""
        if not self.begin():
            return
        outgoing, attachments = self._parts
        self._read()
        now = monotonic()
        attachments.start(self._place, at_end=False)
        if attachments.collect():
            self._save()
        if outgoing.is_current and now >= self._next_config:
            self._next_config = now + _CONFIG_SECONDS
            self._side_requests.send_config()
            self._side_requests.send_alerts()
        if outgoing.is_full or now >= self._next_post or outgoing.preempts:
            posts = 0
            while self._something_waits() and posts < _MOST_POSTS and not (posts and self._client.least_interval):
                self._post({})
                posts += 1
            if not posts and now >= self._next_heartbeat:
                self._post({})
        self._tell()

    def _something_waits(self) -> bool:
        outgoing, attachments = self._parts
        streams = outgoing.rows.waits() or outgoing.events.waits() or outgoing.console.waits()
        return bool(streams or attachments.files.untold or self._new_summary() or outgoing.preempts)

    # ---- at the end

    def finish(self) -> None:
        """Send everything that the logs hold, the files, and that the run has ended, if it has."""
        if not self.begin():
            raise CommError(f"There is no run in {self.layout.transaction_log}.")
        outgoing, attachments = self._parts
        self._read()
        while not outgoing.is_current or self._something_waits():
            if self._something_waits():
                self._post({})
            if outgoing.tail.unread is not None:
                raise outgoing.tail.unread
            self._read()
        self._side_requests.send_config()
        self._side_requests.send_alerts()
        attachments.start(self._place, at_end=True)
        while attachments.waiting:
            if attachments.collect():
                self._save()
            elif monotonic() >= self._next_heartbeat:
                self._post({})
            self._tell()
            self._client.wait(_WAIT_SECONDS)
        self._complete()
        self._tell()

    def _complete(self) -> None:
        """The last post, unless the server has had it already, and nothing came behind it."""
        outgoing, attachments = self._parts
        exit_record = outgoing.tail.exit
        settings = self._client.access.setting("x_update_finish_state"), outgoing.settings.get("x_update_finish_state")
        if not self._overrides.ends or False in settings:
            if attachments.files.untold:
                self._post({})
            return
        code = 1 if exit_record is None else exit_record.exit_code
        if attachments.files.untold or self._checkpoint.values.get("exit_code") != code:
            self._post({"complete": True, "exitcode": code})
            self._checkpoint.save(exit_code=code)

    def counts(self) -> Dict[str, int]:
        """How much the server has of the run, by what it is."""
        if self._outgoing is None or self._attachments is None:
            return {}
        lines = {"rows": self._outgoing.rows.offset, "samples": self._outgoing.events.offset}
        return {**lines, "files": sum(self._attachments.counts().values())}

    def problems(self) -> List[str]:
        """What could not be sent, one sentence each."""
        if self._outgoing is None or self._attachments is None or self._side is None:
            return []
        return [*self._outgoing.dropped, *self._side.problems(), *self._attachments.problems()]

    def left_out(self) -> List[str]:
        """What was not to be sent, and is there."""
        return self._outgoing.left_out if self._outgoing is not None else []

    def damage(self) -> List[str]:
        """What could not be read."""
        return self._outgoing.tail.damage() if self._outgoing is not None else []

    def note_fold(self) -> bool:
        """The run has ended and is folded. False if another uploader is needed, for the rows of other processes."""
        self._is_folded = True
        return self._outgoing is None or self._outgoing.note_fold()

    def close(self) -> None:
        """Let go of the threads."""
        if self._attachments is not None:
            self._attachments.close()

    # ---- requests

    def _read(self) -> None:
        outgoing, attachments = self._parts
        outgoing.read()
        attachments.add(outgoing)

    def _post(self, marks: Dict[str, Any]) -> None:
        """One request of the file stream; what its answer acknowledges goes to the checkpoint."""
        outgoing, attachments = self._parts
        if self._registration is not None:
            self._registration.refuse_what_is_left()
        room = int(self._client.access.setting("x_file_stream_max_bytes") or _MOST_REQUEST)
        parts: Dict[str, Any] = {}
        taken = {}
        for name, lines in ((HISTORY, outgoing.rows), (EVENTS, outgoing.events)):
            taken[name] = lines.take(room) if room > 0 else []
            room -= sum(map(line_size, taken[name]))
            if taken[name]:
                parts[name] = {"offset": lines.offset, "content": taken[name]}
        summary = self._new_summary()
        if summary:
            parts[SUMMARY] = {"offset": 0, "content": [summary]}
            room -= line_size(summary)
        offset, console, numbered = outgoing.console.take(room) if room > 0 else (0, [], [])
        if console:
            parts[CONSOLE] = {"offset": offset, "content": console}
        uploaded = list(attachments.files.untold)
        if self._checkpoint.values.get("exit_code") is not None:
            self._checkpoint.save(exit_code=None)
            self._side_requests.send_config(again=True)  # the run was complete and goes on
        optional = {"files": parts, "uploaded": uploaded, "preempting": outgoing.preempts}
        body = {**{name: value for name, value in optional.items() if value}, **marks}
        answer = self._client.file_stream(*self._place, body)
        outgoing.rows.acknowledge(len(taken[HISTORY]))
        outgoing.events.acknowledge(len(taken[EVENTS]))
        outgoing.console.acknowledge(numbered)
        outgoing.preempts = False
        attachments.files.told(uploaded)
        self._save(**({"summary": fingerprint(summary)} if summary else {}))
        self._schedule()
        if answer.get("stopped") and not self._stop_is_asked:
            self._stop_is_asked = True
            self._on_stop()

    def _schedule(self) -> None:
        access, now = self._client.access, monotonic()
        interval = access.setting("x_file_stream_transmit_interval")
        interval = _POST_SECONDS if interval is None else float(interval)
        self._next_post = now + max(interval, self._client.least_interval)
        self._next_heartbeat = now + float(access.setting("heartbeat_seconds"))

    def _new_summary(self) -> str:
        """The summary if the server has another one; else ""."""
        return self._parts[0].new_summary(self._checkpoint.values.get("summary"))

    def _save(self, **changes: Any) -> None:
        outgoing, attachments = self._parts
        self._checkpoint.save(
            rows=outgoing.rows.state(),
            events=outgoing.events.state(),
            console=outgoing.console.state(),
            **attachments.state(),
            **changes,
        )

    def _tell(self) -> None:
        outgoing, attachments = self._parts
        amounts = {"left_bytes": outgoing.waiting_bytes() + outgoing.unread_bytes(), "left_files": attachments.waiting}
        self._status.update(**amounts, sent_bytes=self._client.sent_bytes, files=attachments.counts())
