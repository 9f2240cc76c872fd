"""The GraphQL operations that a run needs, and what their variables are made of."""

from __future__ import annotations

import json
from typing import Any, Dict, List

_BUCKET = "id name displayName sweepName historyLineCount project { id name entity { id name } }"

VIEWER = "query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }"

SERVER_FEATURES = "query ServerFeaturesQuery { serverInfo { features { name isEnabled } } }"

UPSERT_BUCKET = f"""
mutation UpsertBucket(
    $id: String, $name: String, $project: String, $entity: String, $groupName: String, $description: String,
    $displayName: String, $notes: String, $commit: String, $config: JSONString, $host: String, $debug: Boolean,
    $program: String, $repo: String, $jobType: String, $state: String, $sweep: String, $tags: [String!],
    $summaryMetrics: JSONString
) {{
    upsertBucket(input: {{
        id: $id, name: $name, modelName: $project, entityName: $entity, groupName: $groupName,
        description: $description, displayName: $displayName, notes: $notes, commit: $commit, config: $config,
        host: $host, debug: $debug, jobProgram: $program, jobRepo: $repo, jobType: $jobType, state: $state,
        sweep: $sweep, tags: $tags, summaryMetrics: $summaryMetrics
    }}) {{ bucket {{ {_BUCKET} }} inserted }}
}}
"""

RUN_RESUME_STATUS = """
query RunResumeStatus($project: String, $entity: String, $name: String!) {
    model(name: $project, entityName: $entity) {
        id
        name
        entity { id name }
        bucket(name: $name, missingOk: true) {
            id name displayName config summaryMetrics tags notes wandbConfig(keys: ["t"])
            historyLineCount eventsLineCount logLineCount historyTail eventsTail
        }
    }
}
"""

REWIND_RUN = """
mutation RewindRun(
    $runName: String!, $entity: String, $project: String, $metricName: String!, $metricValue: Float!
) {
    rewindRun(input: {
        runName: $runName, entityName: $entity, projectName: $project, metricName: $metricName,
        metricValue: $metricValue
    }) { rewoundRun { id name historyLineCount } }
}
"""

CREATE_RUN_FILES = """
mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
    createRunFiles(input: { entityName: $entity, projectName: $project, runName: $run, files: $files }) {
        runID
        uploadHeaders
        files { name uploadUrl }
    }
}
"""

NOTIFY_ALERT = """
mutation NotifyScriptableRunAlert(
    $entityName: String, $projectName: String, $runName: String, $title: String!, $text: String!,
    $severity: AlertSeverity, $waitDuration: Duration
) {
    notifyScriptableRunAlert(input: {
        entityName: $entityName, projectName: $projectName, runName: $runName, title: $title, text: $text,
        severity: $severity, waitDuration: $waitDuration
    }) { success }
}
"""

_UPSERT_NAMES = (
    *("id", "name", "project", "entity", "groupName", "description", "displayName", "notes", "commit", "config"),
    *("host", "debug", "program", "repo", "jobType", "state", "sweep", "tags", "summaryMetrics"),
)


def upsert_variables(**given: Any) -> Dict[str, Any]:
    """All variables of UpsertBucket; what is not given, or is empty, is null: the server keeps what it has."""
    return {name: given.get(name) or None for name in _UPSERT_NAMES}


class ResumeState:
    """Where an earlier part of a run ended, from the answer to RunResumeStatus."""

    def __init__(self, bucket: Dict[str, Any]) -> None:
        self.storage_id = str(bucket["id"])
        self.lines: Dict[str, int] = {
            "history": int(bucket.get("historyLineCount") or 0),
            "events": int(bucket.get("eventsLineCount") or 0),
            "console": int(bucket.get("logLineCount") or 0),
        }
        self.config = _object(bucket.get("config"))
        self.summary = _object(bucket.get("summaryMetrics"))
        row, event = _last(bucket.get("historyTail")), _last(bucket.get("eventsTail"))
        last_step = row.get("_step", self.summary.get("_step", 0))
        self.next_step = int(last_step) + 1 if self.lines["history"] else 0
        own = self.summary.get("_wandb")
        known = own.get("runtime") if isinstance(own, dict) else self.summary.get("_runtime")
        times = (row.get("_runtime"), event.get("_runtime"), known)
        self.runtime = max((float(time) for time in times if isinstance(time, (int, float))), default=0.0)


def resume_state(answer: Dict[str, Any]) -> ResumeState | None:
    """The state of the run, or None if there is none that could be gone on with."""
    bucket = (answer.get("model") or {}).get("bucket")
    if not isinstance(bucket, dict) or "t" not in _object(bucket.get("wandbConfig")):
        return None
    return ResumeState(bucket)


def _object(text: Any) -> Dict[str, Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _last(text: Any) -> Dict[str, Any]:
    """The last object of a tail: JSON text of a list of JSON texts."""
    try:
        lines: List[Any] = json.loads(text)
        return _object(lines[-1])
    except (TypeError, ValueError, IndexError, KeyError):
        return {}
