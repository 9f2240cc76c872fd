"""What arrived of one run, and the checks of what may arrive: the tests judge clients by it."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

HISTORY, EVENTS, SUMMARY, CONSOLE = "wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log"
MOST_LINE, MOST_REQUEST = 10_383_360, 10 * 1024 * 1024
_POST_KEYS = {"files", "uploaded", "preempting", "complete", "exitcode", "dropped", "failed"}


class Refused(Exception):
    """A request that a server could not make sense of; the text says why."""


class ReceivedRun:
    """One run, as the server knows it."""

    def __init__(self, run_id: str, entity: str, project: str) -> None:
        self.run_id = run_id
        self.entity = entity
        self.project = project
        self.fields: Dict[str, Any] = {}  # the input of UpsertBucket, the last non-null value of each
        self.streams: Dict[str, List[str]] = {}
        self.posts: List[Dict[str, Any]] = []  # of the file stream, in their order
        self.files: Dict[str, bytes] = {}
        self.puts: List[str] = []
        self.uploaded: List[str] = []  # names that the file stream told
        self.alerts: List[Dict[str, Any]] = []
        self.complete = False
        self.preempting = False
        self.exit_code: int | None = None
        self.stopped = False
        self.of_writers: Dict[str, ReceivedRun] = {}  # of mode="shared": what each of them has sent

    # ---- what tests ask

    def lines(self, name: str) -> List[str]:
        """The lines of a stream, in order."""
        parts = [self, *self.of_writers.values()]
        return [line for part in parts for line in part.streams.get(name, ())]

    def rows(self) -> List[Dict[str, Any]]:
        """The rows of the history."""
        return [json.loads(line) for line in self.lines(HISTORY)]

    def events(self) -> List[Dict[str, Any]]:
        """The system metrics."""
        return [json.loads(line) for line in self.lines(EVENTS)]

    def summary(self) -> Dict[str, Any]:
        """The summary that was sent last."""
        lines = self.lines(SUMMARY)
        return dict(json.loads(lines[-1])) if lines else {}

    def config(self) -> Dict[str, Any]:
        """The config without its wrapping."""
        wrapped = json.loads(self.fields.get("config") or "{}")
        return {key: value["value"] for key, value in wrapped.items()}

    def console(self) -> List[str]:
        """The console lines without their times; those of stderr keep the mark `ERROR `."""
        return [_without_time(line) for line in self.lines(CONSOLE)]

    # ---- what the server does

    def of_writer(self, writer: str) -> ReceivedRun:
        """What one writer of a shared run has sent; all of it, if the run has but one."""
        if not writer:
            return self
        return self.of_writers.setdefault(writer, ReceivedRun(self.run_id, self.entity, self.project))

    def upsert(self, values: Dict[str, Any]) -> None:
        """Take over what is not null."""
        if values.get("config") is not None:
            config = json.loads(values["config"])
            if not isinstance(config, dict) or not all(_is_wrapped(value) for value in config.values()):
                raise Refused("each value of a config is an object with the key `value`")
        self.fields.update({key: value for key, value in values.items() if value is not None})
        for part in (self, *self.of_writers.values()):
            part.complete = False

    def rewind(self, step: float) -> None:
        """Forget the rows behind a step; how the run was at that step, its last row says."""
        kept = [line for line in self.lines(HISTORY) if json.loads(line)["_step"] <= step]
        self.streams[HISTORY] = kept
        self.streams[SUMMARY] = kept[-1:]
        self.complete = False

    def post(self, body: Any, writer: str = "") -> Dict[str, Any]:
        """Take in a post of the file stream, all of it or nothing; the answer. Each `writer` has lines of its own."""
        if writer:
            part = self.of_writer(writer)
            part.files, part.stopped = self.files, self.stopped
            answer = part.post(body)
            self.posts.append(body)
            self.uploaded += body.get("uploaded", [])
            self.complete, self.exit_code = self.complete or part.complete, part.exit_code
            return answer
        if not isinstance(body, dict) or set(body) - _POST_KEYS:
            raise Refused(f"unknown keys in a file stream post: {body if not isinstance(body, dict) else list(body)}")
        if self.complete and not body.get("complete"):
            raise Refused("the file stream of this run is complete")  # again is no fault: its answer may be lost
        files = body.get("files", {})
        for name, part in files.items():
            self._check_part(name, part)
        if sum(len(line.encode()) for part in files.values() for line in part["content"]) > MOST_REQUEST + MOST_LINE:
            raise Refused("a file stream post that is too large")
        self._check_marks(body)
        for name, part in files.items():
            stream = self.streams.setdefault(name, [])
            stream[part["offset"] : part["offset"] + len(part["content"])] = part["content"]
        self.uploaded += body.get("uploaded", [])
        self.preempting = self.preempting or bool(body.get("preempting"))
        if body.get("complete"):
            self.complete, self.exit_code = True, body["exitcode"]
        self.posts.append(body)
        return {"exitcode": None, "limits": {}, **({"stopped": True} if self.stopped else {})}

    def _check_part(self, name: str, part: Any) -> None:
        if name not in (HISTORY, EVENTS, SUMMARY, CONSOLE):
            raise Refused(f"no stream {name}")
        if not isinstance(part, dict) or set(part) != {"offset", "content"}:
            raise Refused(f"{name} needs offset and content")
        offset, content = part["offset"], part["content"]
        if type(offset) is not int or not isinstance(content, list) or not content:
            raise Refused(f"{name}: offset {offset!r}, content {type(content).__name__}")
        if not 0 <= offset <= len(self.streams.get(name, ())):
            raise Refused(f"{name}: offset {offset} leaves a gap behind {len(self.streams.get(name, ()))} lines")
        for line in content:
            if not isinstance(line, str) or "\n" in line or len(line.encode()) > MOST_LINE:
                raise Refused(f"{name}: a line that is no text, has a line end, or is too long")
            if name != CONSOLE and not isinstance(json.loads(line), dict):
                raise Refused(f"{name}: a line that is no JSON object")
            if name == HISTORY and "_step" not in json.loads(line):
                raise Refused("a row without _step")
        if name == SUMMARY and (offset, len(content)) != (0, 1):
            raise Refused("the summary is one line at offset 0")

    def _check_marks(self, body: Dict[str, Any]) -> None:
        uploaded = body.get("uploaded", [])
        if not isinstance(uploaded, list) or not all(name in self.files for name in uploaded):
            raise Refused(f"told as uploaded, but not here: {uploaded}")
        if "complete" in body and (body["complete"] is not True or type(body.get("exitcode")) is not int):
            raise Refused("complete is true, and comes with exitcode")
        if "exitcode" in body and "complete" not in body:
            raise Refused("exitcode without complete")

    def tail(self, name: str) -> str:
        """The form of historyTail and eventsTail: JSON text of a list of JSON texts."""
        return json.dumps(self.lines(name)[-1:])


def _is_wrapped(value: Any) -> bool:
    return isinstance(value, dict) and "value" in value and not set(value) - {"value", "desc"}


def _without_time(line: str) -> str:
    mark = "ERROR " if line.startswith("ERROR ") else ""
    return mark + line[len(mark) :].partition(" ")[2]


RunKey = Tuple[str, str, str]  # entity, project, run id
