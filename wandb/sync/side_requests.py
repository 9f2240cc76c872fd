"""What a server is told of a run beside its lines and files: its config and fields, and its alerts.

What it refuses of these is a problem that is said, and asked again when the run is sent the next time; the rest of the
run goes on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, List, Mapping, Tuple

from wandb.errors import CommError
from wandb.sync.client import Unreachable
from wandb.sync.outgoing import fingerprint
from wandb.sync.queries import NOTIFY_ALERT, UPSERT_BUCKET, upsert_variables

if TYPE_CHECKING:
    from wandb.sync.checkpoint import Checkpoint
    from wandb.sync.client import Client
    from wandb.sync.outgoing import Outgoing
    from wandb.sync.registration import Overrides

_MOST_ALERTS = 10 * 1024 * 1024  # bytes at once


class SideRequests:
    """One run's, for the uploader, which calls from one thread. Raises Unreachable if it can't be told now."""

    def __init__(self, client: Client, checkpoint: Checkpoint, outgoing: Outgoing, overrides: Overrides) -> None:
        self._client = client
        self._checkpoint = checkpoint
        self._outgoing = outgoing
        self._overrides = overrides
        self._refused_config = ("", "")  # its mark, and why
        # Alerts that were refused when the run was sent before, and now with the reasons.
        self._refused_before: List[str] = list(checkpoint.part("refused_alerts").get("lines") or ())
        self._refused: List[Tuple[str, str]] = []

    @property
    def _place(self) -> Tuple[str, str, str]:
        values = self._checkpoint.values
        return values["entity"], values["project"], values["run_id"]

    def send_config(self, again: bool = False) -> None:
        """Tell config and fields if they have changed; `again`: in any case."""
        outgoing = self._outgoing
        config = outgoing.config_text()
        fields = {**outgoing.fields(), **self._overrides.fields(outgoing.run)}
        mark = fingerprint(config + json.dumps(fields, sort_keys=True, default=str))
        if not again and mark in (self._checkpoint.values.get("config"), self._refused_config[0]):
            return
        entity, project, run_id = self._place
        variables = upsert_variables(**fields, config=config, entity=entity, project=project, name=run_id)
        why = self._ask("UpsertBucket", UPSERT_BUCKET, variables)
        self._refused_config = (mark, f"The config could not be sent: {why}") if why else ("", "")
        self._checkpoint.save(config=None if why else mark)

    def send_alerts(self) -> None:
        """Each at least once: the server gives them no numbers, and one that says that a run diverges must come.

        What came of one is in the checkpoint before anything else, so that only a death in between has it sent twice.
        """
        while self._refused_before:
            self._alert(self._refused_before[0])
            del self._refused_before[0]
            self._save()
        for line in self._outgoing.alerts.take(_MOST_ALERTS):
            self._alert(line)
            self._outgoing.alerts.acknowledge(1)
            self._save()

    def _alert(self, line: str) -> None:
        place = dict(zip(("entityName", "projectName", "runName"), self._place))
        alert = json.loads(line)
        why = self._ask("NotifyScriptableRunAlert", NOTIFY_ALERT, {**place, **alert})
        if why:
            self._refused.append((line, f"The alert {alert['title']!r} could not be sent: {why}"))

    def _ask(self, operation: str, query: str, variables: Mapping[str, Any]) -> str:
        """Why it is refused; "" if it is not."""
        try:
            self._client.graphql(operation, query, variables)
        except Unreachable:
            raise
        except CommError as error:
            return str(error)
        return ""

    def _save(self) -> None:
        refused = [line for line, _ in self._refused] + self._refused_before
        self._checkpoint.save(alerts=self._outgoing.alerts.state(), refused_alerts={"lines": refused})

    def problems(self) -> List[str]:
        """What was refused, one sentence each."""
        problems = [self._refused_config[1], *(why for _, why in self._refused)]
        return [problem for problem in problems if problem]
