"""A run's first contact with a server: does it exist, may it, where do its lines begin, what is it called there.

What comes out of it is in the checkpoint before the first line is sent, and is not asked again.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Dict, List

from wandb.errors import CommError, CorruptLog
from wandb.foreign_answers import NotUnderstood, understood
from wandb.metric_rules import MetricRules
from wandb.runlog.part import RESUMED_FROM
from wandb.runlog.spool import RECORD
from wandb.runlog.tail import Entry
from wandb.settings_fields import NO_PROJECT
from wandb.sync.checkpoint import Checkpoint
from wandb.sync.client import Unreachable
from wandb.sync.config import ConfigFile
from wandb.sync.later_parts import later_parts
from wandb.sync.queries import (
    REWIND_RUN,
    RUN_RESUME_STATUS,
    SERVER_FEATURES,
    UPSERT_BUCKET,
    ResumeState,
    resume_state,
    upsert_variables,
)
from wandb.sync.recorded_settings import take_settings
from wandb.sync.shared import writer_of
from wandb.sync.synced_mark import is_synced
from wandb.wire.decode import message_class

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.sync.client import Client


class Overrides:
    """What whoever sends a run wishes otherwise than its record says."""

    def __init__(
        self,
        entity: str = "",
        project: str = "",
        run_id: str = "",
        job_type: str = "",
        renamed_tags: Dict[str, str] | None = None,
        skip_console: bool = False,
        ends: bool = True,
        is_live: bool = False,
    ) -> None:
        """`ends`: the run is over, which is told to the server; without an exit record, as crashed.

        `is_live`: its own helper sends it, while it goes on and at its end.
        """
        self.entity = entity
        self.project = project
        self.run_id = run_id
        self.skip_console = skip_console
        self.ends = ends
        self.is_live = is_live
        self._job_type = job_type
        self._renamed_tags = renamed_tags or {}

    def fields(self, run: Any) -> Dict[str, Any]:
        """Variables of UpsertBucket that differ from the run record's."""
        changed: Dict[str, Any] = {}
        if self._job_type:
            changed["jobType"] = self._job_type
        if self._renamed_tags:
            changed["tags"] = [self._renamed_tags.get(tag, tag) for tag in run.tags]
        return changed


class Registration:
    """One run at one server. `checkpoint` is filled by `register`, and before that holds what an earlier one left."""

    def __init__(self, layout: RunLayout, client: Client, run: Any, overrides: Overrides) -> None:
        self._client = client
        self._run = run
        self._settings: Dict[str, Any] = {}
        with contextlib.suppress(CorruptLog):  # whoever reads the whole log tells what is wrong
            take_settings(self._settings, run.settings.item)
        self._client.writer = writer_of(run, self._settings)
        self._overrides = overrides
        self._run_id = overrides.run_id or run.run_id
        self._entity = overrides.entity or run.entity
        self._project = overrides.project or run.project or NO_PROJECT
        target = (client.access.base_url, self._entity, self._project, self._run_id)
        self.checkpoint = Checkpoint(layout.checkpoint, target)
        # Programs that write one run at once are no parts of it.
        at_once = overrides.is_live or self._client.writer
        self._later = [] if at_once else later_parts(layout, target)

    def register(self) -> None:
        """Ask and tell the server, unless that was done before. Raises CommError if it may not be."""
        if not self.checkpoint.is_new:
            return
        for part in self._later:
            if not is_synced(part):
                raise CommError(f"Its run goes on in {part.place}; this part can be sent when that one is.")
        if self.checkpoint.is_unreadable and not self._client.writer:
            self._refuse_to_double()
        if self._is_rewound():
            self._begin(self._rewind())
            return
        resume = self._settings.get("resume") or ("allow" if self._run.resume else None)
        earlier = self._ask_for_earlier() if resume else None
        if resume == "must" and earlier is None:
            raise CommError(f"resume=must: there is no run {self._run_id} in {self._project} on {self._host}.")
        if resume == "never":
            if earlier is not None and not self._is_begun_by_us(earlier):
                text = f"there is a run {self._run_id} in {self._project} on {self._host} already"
                raise CommError(f"resume=never: {text}.")
            self.checkpoint.save(begins=True)  # or a death behind the first request would lock the run out
            earlier = None
        self._begin(earlier)

    def _is_begun_by_us(self, earlier: ResumeState) -> bool:
        """Whether the run at the server is this one, of which it has got nothing but its name."""
        return bool(self.checkpoint.values.get("begins")) and not any(earlier.lines.values())

    def _begin(self, earlier: ResumeState | None) -> None:
        """Register it behind what the server has of it, and note where its lines begin."""
        bucket = self._upsert(earlier)
        with understood("UpsertBucket"):
            project = bucket["project"]
            self._entity, self._project = str(project["entity"]["name"]), str(project["name"])
            storage_id, run_id = str(bucket["id"]), str(bucket["name"])
        if self._client.writer:
            base: Dict[str, Any] = {**(_base_of(earlier) if earlier else {}), "lines": {}}  # numbered by themselves
        elif earlier is None and bucket.get("historyLineCount"):
            earlier = self._ask_for_earlier()  # an id that was used before: nothing of that run is overwritten
            base = {"lines": earlier.lines} if earlier else {}
        else:
            base = _base_of(earlier) if earlier else {}
            if RESUMED_FROM in self._settings:
                base["runtime"] = 0.0  # its rows count on from the part before it that was on the same disk
        features = self._features()
        self.checkpoint.begin(
            base=base,
            storage_id=storage_id,
            entity=self._entity,
            project=self._project,
            run_id=run_id,
            display_name=str(bucket.get("displayName") or ""),
            structured_console="STRUCTURED_CONSOLE_LOGS" in features,
            takes_gzip="FILESTREAM_GZIP" in features,
        )

    def _refuse_to_double(self) -> None:
        earlier = self._ask_for_earlier()
        if earlier is not None and any(earlier.lines.values()):
            raise CommError(
                f"What {self._host} has of this run is not known, as the checkpoint*.json in its folder can't be read; "
                "nothing was sent, so that nothing is there twice. Without these files all of it is sent behind that."
            )

    def _is_rewound(self) -> bool:
        """Whether it goes on with itself at an earlier step: `resume_from`. A fork's branch point names another run."""
        return bool(self._run_id) and self._run.branch_point.run == self._run.run_id == self._run_id

    def _rewind(self) -> ResumeState:
        """Have the server forget what is behind that step; done twice it is the same."""
        point = self._run.branch_point
        variables = {"runName": self._run_id, "entity": self._entity or None, "project": self._project}
        variables.update(metricName=point.metric or "_step", metricValue=point.value)
        answer = self._client.graphql("RewindRun", REWIND_RUN, variables)
        with understood("RewindRun"):
            rows = int(answer["rewindRun"]["rewoundRun"]["historyLineCount"] or 0)
        earlier = self._ask_for_earlier()
        if earlier is None:
            raise CommError(f"resume_from: {self._host} has no run {self._run_id} in {self._project} to go on with.")
        earlier.lines["history"] = rows
        earlier.next_step = int(point.value) + 1
        return earlier

    @property
    def _host(self) -> str:
        return self._client.access.host

    def _ask_for_earlier(self) -> ResumeState | None:
        variables = {"project": self._project, "entity": self._entity or None, "name": self._run_id}
        answer = self._client.graphql("RunResumeStatus", RUN_RESUME_STATUS, variables)
        with understood("RunResumeStatus"):
            return resume_state(answer)

    def refuse_what_is_left(self) -> None:
        """Called before lines are sent. Raises CommError if their places are those of a later part."""
        if self._later:
            raise CommError(
                f"What {self._host} lacks of this part is not sent: its run went on behind that, in "
                f"{self._later[0].place}. `wandb sync --id ID` sends all of this part as a run of its own."
            )

    @property
    def settings(self) -> Dict[str, Any]:
        """Those of the run's record."""
        return self._settings

    def _upsert(self, earlier: ResumeState | None) -> Dict[str, Any]:
        run = self._run
        variables = upsert_variables(
            id=earlier.storage_id if earlier else None,
            name=self._run_id,
            project=self._project,
            entity=self._entity,
            displayName=run.display_name,
            notes=run.notes,
            tags=list(run.tags),
            groupName=run.run_group,
            jobType=run.job_type,
            host=run.host,
            sweep=run.sweep_id,
            program=self._settings.get("_program"),
            config=json.dumps(self._first_config(earlier), sort_keys=True, ensure_ascii=False),
        )
        variables.update(self._overrides.fields(run))
        answer = self._client.graphql("UpsertBucket", UPSERT_BUCKET, variables)
        with understood("UpsertBucket"):
            return dict(answer["upsertBucket"]["bucket"])

    def _first_config(self, earlier: ResumeState | None) -> Dict[str, Any]:
        record = message_class("Record")()
        record.run.CopyFrom(self._run)
        config = ConfigFile("", MetricRules())
        config.apply(Entry(record, RECORD, 0.0))
        return {**(_kept_config(earlier) if earlier else {}), **config.wrapped()}

    def _features(self) -> List[str]:
        """The names of what the server can do besides; older ones can't say, and answer an error."""
        try:
            answer = self._client.graphql("ServerFeaturesQuery", SERVER_FEATURES, {})
            with understood("ServerFeaturesQuery"):
                features = (answer.get("serverInfo") or {}).get("features") or ()
                return [str(feature["name"]) for feature in features if feature and feature.get("isEnabled")]
        except NotUnderstood:
            return []
        except CommError as error:
            if error.exc is not None or isinstance(error, Unreachable):
                raise  # not an answer
            return []


def _kept_config(earlier: ResumeState) -> Dict[str, Any]:
    """The earlier config, wrapped; of `_wandb`, which is written anew, nothing."""
    return {key: value for key, value in earlier.config.items() if key != "_wandb"}


def _base_of(earlier: ResumeState) -> Dict[str, Any]:
    return {
        "lines": earlier.lines,
        "next_step": earlier.next_step,
        "runtime": earlier.runtime,
        "config": _kept_config(earlier),
        "summary": earlier.summary,
    }
