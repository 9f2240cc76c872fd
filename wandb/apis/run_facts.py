"""What a recorded run is: the properties of the public API's `Run`, read from its folder when they are asked for."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Sequence

from wandb.apis.files import iso_time
from wandb.apis.record import Description, RunRecord, describe, ending_of, goes_on, state_of
from wandb.apis.run import Run
from wandb.apis.summary import Summary
from wandb.sdk.lib.notebook_page import HEIGHT, folder_html

if TYPE_CHECKING:
    from wandb.apis.parts import EarlierPart
    from wandb.runlog.layout import RunLayout


class RunFacts(Run):
    """One run, as far as its folders are written when something is asked."""

    def __init__(self, layout: RunLayout, earlier: Sequence[EarlierPart] = ()) -> None:
        """`layout` is the folder of its last part, `earlier` are those that this goes on from."""
        self._layout = layout
        self._earlier = tuple(earlier)
        self._first: Description | None = None
        self._description: Description | None = None
        self._record: RunRecord | None = None
        self._damage: Dict[str, List[str]] = {}  # by the folder of a part

    def _layouts(self) -> List[RunLayout]:
        """The folders of all parts, in the order in which they began."""
        return [*(part.layout for part in self._earlier), self._layout]

    def _read(self) -> RunRecord:
        """The record, up to its present end."""
        if self._record is None:
            self._record = RunRecord(self._layout)
        self._record.read()
        self._note(self._record.damage)
        return self._record

    def _described(self) -> Description:
        """The description; that of the beginning of the log, unless all of it has been read."""
        if self._record is not None:
            return self._record.description
        if self._description is None:
            self._description = describe(self._layout)
        return self._description

    def _note(self, damage: List[str], part: RunLayout | None = None) -> None:
        place = (part or self._layout).run_dir
        if damage and not self._damage:
            more = f" (and {len(damage) - 1} more places)" if len(damage) > 1 else ""
            warnings.warn(f"Run {self.id} is damaged; what is whole of it is read. {damage[0]}{more}", stacklevel=4)
        if damage:
            self._damage[place] = max(self._damage.get(place, []), damage, key=len)

    def _text(self, name: str) -> str:
        """A text of the description, or what an earlier part said: a later one names only what was given again."""
        for described in (self._described(), *(describe(part.layout) for part in reversed(self._earlier))):
            if described.texts[name]:
                return described.texts[name]
        return ""

    def load(self, force: bool = False) -> Dict[str, Any]:
        """Read the whole record; what is known of the run, under the names of servers."""
        record = self._read()
        return {
            "name": self.id,
            "displayName": self.name,
            "state": self.state,
            "config": self.rawconfig,
            "summaryMetrics": record.summary(),
            "tags": self.tags,
            "createdAt": self.created_at,
            "historyLineCount": record.row_count + sum(_row_count(part.layout) for part in self._earlier),
        }

    load_full_data = load

    @property
    def id(self) -> str:
        """The run's id."""
        return self._described().run_id

    @property
    def name(self) -> str:
        """The display name; the id if it has none."""
        return self._text("display_name") or self.id

    display_name = name

    @property
    def project(self) -> str:
        """Name of the project; "" if none is recorded."""
        return self._described().texts["project"]

    @property
    def entity(self) -> str:
        """User or team that owns the run; "" if none is recorded."""
        return self._described().texts["entity"]

    @property
    def dir(self) -> str:
        """The run folder; that of the last part, if it was resumed."""
        return self._layout.run_dir

    @property
    def dirs(self) -> List[str]:
        """The folders of all parts, in the order in which they began."""
        return [part.run_dir for part in self._layouts()]

    @property
    def url(self) -> str:
        """The run folder, as a file: URL."""
        return Path(self.dir).as_uri()

    def to_html(self, height: int = HEIGHT, hidden: bool = False) -> str:
        """Where it is recorded, for notebooks."""
        return folder_html(self.id, self.dir, height, hidden)

    @property
    def group(self) -> str:
        """Name of the group of runs; "" if it has none."""
        return self._text("run_group")

    @property
    def job_type(self) -> str:
        """Kind of job; "" if it has none."""
        return self._text("job_type")

    @property
    def notes(self) -> str:
        """What the user wrote about the run."""
        return self._text("notes")

    description = notes

    @property
    def tags(self) -> List[str]:
        """The tags."""
        found = list(self._described().tags)
        for part in reversed(self._earlier):
            found = found or list(describe(part.layout).tags)
        return found

    @property
    def sweep_name(self) -> str | None:
        """The sweep's id; None if the run belongs to none."""
        return self._text("sweep_id") or None

    @property
    def host(self) -> str:
        """The machine that the run began on."""
        return self._described().texts["host"]

    @property
    def commit(self) -> str | None:
        """The git commit that the program was at; None if it is not known."""
        found = (self._read().metadata().get("git") or {}).get("commit")
        return found or self._described().commit or None

    @property
    def created_at(self) -> str:
        """When the run began, in ISO 8601, UTC; "" if that is not recorded."""
        if self._first is None:
            self._first = describe(self._layouts()[0])
        moment = self._first.start_time
        return iso_time(moment) if moment else ""

    @property
    def heartbeat_at(self) -> str:
        """The last moment that the record knows of, in ISO 8601, UTC."""
        moment = max(self._read().last_time, self._described().start_time)
        return iso_time(moment) if moment else ""

    @property
    def state(self) -> str:
        """running, finished (exit code 0), failed, killed (Ctrl-C, a signal), or crashed: gone without a word.

        Whether a run still goes on is known for certain on its own host. Of others, and of runs of upstream's client,
        it is judged by when the log last grew: less than five minutes ago.
        """
        code = self.exit_code
        if code is None:
            record = self._read()
            if goes_on(record.description, self._layout):
                return "running"
            code = self._read().exit_code  # it may have ended well just after it was read
        return state_of(code)

    @property
    def exit_code(self) -> int | None:
        """What the run ended with; None if it did not say."""
        found, _ = ending_of(self._layout)
        return self._read().exit_code if found is None else int(found.exit_code)

    @property
    def damage(self) -> List[str]:
        """What could not be read so far, one sentence a place."""
        self._read()
        return [place for places in self._damage.values() for place in places]

    @property
    def rawconfig(self) -> Dict[str, Any]:
        """The config with the section `_wandb`."""
        return copy.deepcopy(self._read().config())

    @property
    def summary(self) -> Summary:
        """The summary."""
        return Summary(self.summary_metrics)

    @property
    def summary_metrics(self) -> Dict[str, Any]:
        """The summary as a plain dict."""
        return copy.deepcopy(self._read().summary())

    @property
    def system_metrics(self) -> Dict[str, Any]:
        """The last reading of each system metric."""
        return self._read().last_stats()

    @property
    def metadata(self) -> Dict[str, Any] | None:
        """The machine and the program, as in wandb-metadata.json; None if nobody has described them."""
        return self._read().metadata() or None

    @property
    def lastHistoryStep(self) -> int:
        """The step of the last row; -1 if there is none."""
        step = self._read().summary().get("_step")
        return int(step) if isinstance(step, (int, float)) and step - step == 0 else -1  # users may log any value


def _row_count(layout: RunLayout) -> int:
    record = RunRecord(layout)
    record.read()
    return record.row_count
