"""What a server is asked about runs and projects: GraphQL operations, written from the public protocol."""

from __future__ import annotations

_OF_PROJECT = "project(name: $project, entityName: $entity)"
_PLACE = "$entity: String!, $project: String!"
_INFO = "pageInfo { endCursor hasNextPage }"
LIGHT = """
    id name displayName tags state group jobType commit readOnly createdAt heartbeatAt description notes sweepName
    historyLineCount projectId user { name username }
"""
FULL = f"{LIGHT} config summaryMetrics systemMetrics historyKeys"


def _of_run(name: str, more: str, selection: str) -> str:
    """A query of something that one run has."""
    return f"""
query {name}({_PLACE}, $run: String!{more}) {{
  {_OF_PROJECT} {{ run(name: $run) {{ {selection} }} }}
}}"""


RUN = _of_run("Run", "", FULL)
RUN_STATE = _of_run("RunState", "", "state")
RUNS = f"""
query Runs({_PLACE}, $cursor: String, $perPage: Int, $order: String, $filters: JSONString) {{
  {_OF_PROJECT} {{
    runCount(filters: $filters)
    runs(filters: $filters, after: $cursor, first: $perPage, order: $order) {{
      edges {{ node {{ {LIGHT} }} }} {_INFO}
    }}
  }}
}}"""
FULL_RUNS = RUNS.replace(LIGHT, FULL)
HISTORY_KEYS = _of_run("RunHistoryKeys", "", "historyKeys")
SAMPLED_HISTORY = _of_run("RunSampledHistory", ", $specs: [JSONString!]!", "sampledHistory(specs: $specs)")
FULL_HISTORY = _of_run("RunFullHistory", ", $samples: Int", "history(samples: $samples)")
EVENTS = _of_run("RunEvents", ", $samples: Int", "events(samples: $samples)")
HISTORY_PAGE = _of_run(
    "HistoryPage",
    ", $minStep: Int64!, $maxStep: Int64!, $samples: Int!",
    "history(minStep: $minStep, maxStep: $maxStep, samples: $samples)",
)
EXPORTED_HISTORY = _of_run(
    "RunParquetHistory", ", $liveKeys: [String!]!", "parquetHistory(liveKeys: $liveKeys) { parquetUrls liveData }"
)
FILES = f"""
query RunFiles({_PLACE}, $run: String!, $cursor: String, $perPage: Int, $names: [String], $pattern: String) {{
  {_OF_PROJECT} {{
    internalId
    run(name: $run) {{
      fileCount
      files(names: $names, after: $cursor, first: $perPage, pattern: $pattern) {{
        edges {{ node {{ id name url directUrl sizeBytes mimetype updatedAt md5 }} }} {_INFO}
      }}
    }}
  }}
}}"""
_LINE = "edges { node { number timestamp level label line } }"
LOG_LINES = _of_run(
    "RunConsoleLogPage",
    ", $perPage: Int, $cursor: String",
    f"logLineCount logLines(first: $perPage, after: $cursor, useImprovedPagination: true) {{ {_LINE} {_INFO} }}",
)
LAST_LOG_LINES = _of_run("RunConsoleLogTail", ", $last: Int!", f"logLines(last: $last) {{ {_LINE} }}")

UPDATE_RUN = f"""
mutation UpsertBucket(
  $id: String!, $description: String, $displayName: String, $notes: String, $tags: [String!], $config: JSONString,
  $groupName: String, $jobType: String
) {{
  upsertBucket(input: {{
    id: $id, description: $description, displayName: $displayName, notes: $notes, tags: $tags, config: $config,
    groupName: $groupName, jobType: $jobType
  }}) {{ bucket {{ {FULL} }} }}
}}"""
UPDATE_SUMMARY = """
mutation UpsertBucket($id: String!, $summaryMetrics: JSONString) {
  upsertBucket(input: { id: $id, summaryMetrics: $summaryMetrics }) { bucket { id } }
}"""
CREATE_RUN = f"""
mutation UpsertBucket($entity: String, $project: String, $name: String!, $state: String) {{
  upsertBucket(input: {{ entityName: $entity, modelName: $project, name: $name, state: $state }}) {{
    bucket {{ {FULL} project {{ name entity {{ name }} }} }} inserted
  }}
}}"""
DELETE_RUN = """
mutation DeleteRun($id: ID!, $deleteArtifacts: Boolean) {
  deleteRun(input: { id: $id, deleteArtifacts: $deleteArtifacts }) { clientMutationId }
}"""
STOP_RUN = "mutation StopRun($id: ID!) { stopRun(input: { id: $id }) { success } }"
SET_STATE = "mutation UpdateRunState($input: UpdateRunStateInput!) { updateRunState(input: $input) { success } }"
DELETE_FILES = """
mutation DeleteFiles($files: [ID!]!, $projectId: Int) {
  deleteFiles(input: { files: $files, projectId: $projectId }) { success }
}"""

USER = """
    id name username email admin entity deletedAt
    apiKeys { edges { node { id name description } } } teams { edges { node { name } } }
"""
_PROJECT = f"id name entityName createdAt isBenchmark user {{ {USER} }}"
PROJECT = f"query GetProject({_PLACE}) {{ {_OF_PROJECT} {{ {_PROJECT} }} }}"
PROJECTS = f"""
query GetProjects($entity: String, $cursor: String, $perPage: Int) {{
  models(entityName: $entity, after: $cursor, first: $perPage) {{ edges {{ node {{ {_PROJECT} }} }} {_INFO} }}
}}"""
CREATE_PROJECT = """
mutation CreateProject($input: UpsertModelInput!) {
  upsertModel(input: $input) { project { id name entityName } inserted }
}"""
VIEWER = f"query GetViewer {{ viewer {{ {USER} }} }}"
USERS = f"query SearchUsers($query: String) {{ users(query: $query) {{ edges {{ node {{ {USER} }} }} }} }}"

_SWEEP = """
    id name displayName method state description bestLoss config createdAt updatedAt runCount runCountExpected
"""
SWEEP = f"query GetSweep({_PLACE}, $sweep: String!) {{ {_OF_PROJECT} {{ sweep(sweepName: $sweep) {{ {_SWEEP} }} }} }}"
SWEEPS = f"""
query GetSweeps({_PLACE}, $cursor: String, $perPage: Int) {{
  {_OF_PROJECT} {{
    totalSweeps
    sweeps(after: $cursor, first: $perPage) {{ edges {{ node {{ {_SWEEP} }} }} {_INFO} }}
  }}
}}"""
AGENTS = f"""
query GetSweepAgents({_PLACE}, $sweep: String!) {{
  {_OF_PROJECT} {{
    sweep(sweepName: $sweep) {{
      agents {{ edges {{ node {{ id name host state totalRuns createdAt heartbeatAt }} }} }}
    }}
  }}
}}"""
