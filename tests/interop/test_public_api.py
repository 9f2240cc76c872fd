"""The public API under both clients, against one server: the same program finds the same things, and changes the same."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.conftest import ROOT, Program
from tests.interop import upstream
from tests.server.artifacts import ArtifactServer
from tests.server.ready_runs import put_run
from tests.server.server import KEY

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

# One line of JSON for each question.
READING = """
    import json, wandb
    api = wandb.Api(timeout=30)

    def tell(name, value):
        print("FACT", json.dumps([name, value], sort_keys=True), flush=True)

    run = api.run("somebody/p/r0")
    for name in ("id name state config summary_metrics tags notes group job_type created_at createdAt heartbeat_at url path entity "
                 "project lastHistoryStep commit display_name displayName storage_id sweep_name system_metrics rawconfig metadata "
                 "read_only readOnly project_id").split():
        tell(name, getattr(run, name))
    tell("user", [run.user.username, run.user.name])
    tell("summary", [run.summary["loss"], run.summary.get("no"), sorted(run.summary.keys()), "loss" in run.summary])
    tell("history", run.history(pandas=False))
    tell("sampled", run.history(samples=4, keys=["loss"], pandas=False))
    tell("x_axis", run.history(keys=["loss"], x_axis="_timestamp", pandas=False))
    tell("system", run.history(stream="system", pandas=False))
    tell("scan", list(run.scan_history()))
    tell("scan keys", list(run.scan_history(keys=["loss"], page_size=100)))
    tell("scan steps", list(run.scan_history(min_step=3, max_step=6)))
    tell("files", [[file.name, file.size, file.mimetype, file.md5, file.updated_at, file.id] for file in run.files()])
    tell("patterns", [[file.name for file in run.files(**chosen)] for chosen in (dict(names=["config.yaml"]), dict(pattern="%.txt"))])
    tell("content", run.file("media/x.txt").download("got", replace=True).read())
    tell("console", [[line.number, line.timestamp.isoformat(), line.level, line.label, line.content] for line in run.console_logs()])
    tell("last line", [line.content for line in run.console_logs(last=1)])
    runs = api.runs("somebody/p", per_page=2)
    tell("runs", [[run.id, run.state, run.name] for run in runs])
    tell("runs in part", [len(runs), runs[1].id, [run.id for run in runs[1:3]]])
    for filters, order in (({"state": "failed"}, "+created_at"), ({"config.lr.value": {"$gt": 0}}, "-summary_metrics.loss")):
        tell(str(filters), [run.id for run in api.runs("somebody/p", filters, order=order)])
    tell("histories", api.runs("somebody/p").histories(keys=["loss"], samples=3))
    tell("projects", [[project.name, project.entity, project.path, project.url, project.id] for project in api.projects("somebody")])
    tell("viewer", [api.viewer.username, api.viewer.email, api.viewer.teams, api.viewer.admin, api.default_entity])
    tell("users", [user.username for user in api.users("somebody")])
    sweep = api.sweep("somebody/p/sweep0")
    tell("sweep", [sweep.id, sweep.name, sweep.state, sweep.config, sweep.order, sweep.path, sweep.url, sweep.expected_run_count])
    tell("sweep runs", [[run.id for run in sweep.runs], sweep.best_run().id, [s.id for s in api.project("p", "somebody").sweeps()]])
    artifact = api.artifact("somebody/p/data:latest")
    tell("artifact", [artifact.name, artifact.qualified_name, artifact.type, artifact.digest, artifact.size, artifact.aliases])
    tell("types", [kind.name for kind in api.artifact_types("somebody/p")])
    tell("collections", [[found.name, found.type, found.id] for found in api.artifact_collections("somebody/p", "dataset")])
    tell("versions", [found.id for found in api.artifacts("dataset", "somebody/p/data")])
    tell("tagged", [found.id for found in api.artifacts("dataset", "somebody/p/data", tags=["t"])])
    tell("exists", [api.artifact_exists("somebody/p/data:v0"), api.artifact_exists("somebody/p/no:v0"),
                    api.artifact_collection_exists("somebody/p/data", "dataset"), api.artifact_collection_exists("somebody/p/no", "dataset")])
    collection = api.artifact_collection("dataset", "somebody/p/data")
    tell("collection", [collection.aliases, collection.is_sequence(), collection.created_at, collection.description])
    tell("used", [found.id for found in run.used_artifacts()])
    tell("logged", [found.id for found in run.logged_artifacts()])
    tell("by", [artifact.logged_by().id, [used.id for used in artifact.used_by()]])
    tell("artifact files", [[file.name, file.size] for file in artifact.files()])
    file = run.file("media/x.txt")
    tell("back", [file.run.id, run.files().run.id, file.to_html(), file.size_bytes, repr(run.files())])
    tell("shown", [run.to_html().replace(run.url, ""), run.to_html(9, True).replace(run.url, ""), run.display(), file.display()])
    tell("names", [run.snake_to_camel("created_at"), run._repr_html_() == run.to_html(), run.dir.endswith("somebody/p/r0")])
    runs = api.runs("somebody/p", {"state": "finished"})
    tell("list", [runs.filters, runs.order, runs.next().id, len(runs.objects)])
    tell("path", type(api.from_path("p")).__name__)

    def refused(ask):
        try:
            ask()
        except wandb.errors.CommError:
            return True
        return False

    try:
        run.summary.none
    except KeyError:
        tell("no value", [run.summary.get("none"), run.summary.get("none", 3)])

    tell("refused", [refused(ask) for ask in (
        lambda: api.run("somebody/p/none"), lambda: api.run("a/b/c/d/e"), lambda: api.run(None), lambda: run.file("none"),
        lambda: [file.download("got twice") for _ in range(2)], lambda: api.artifact("somebody/p/none:v0"),
        lambda: api.artifact("somebody/p/data:latest", type="none"), lambda: api.sweep("somebody/p/none"),
        lambda: api.artifact_type("none", "somebody/p"), lambda: run.log_artifact("x"), lambda: run.use_artifact("x"), lambda: wandb.Api(api_key="short"),
    )])
"""

CHANGING = """
    import wandb
    api = wandb.Api(timeout=30)
    run = api.run("somebody/p/r0")
    run.tags.append("more")
    run.name, run.notes, run.group, run.job_type = "new name", "new notes", "new group", "new type"
    run.config["added"] = {"x": [1, None]}
    run.update()
    run.summary["best"] = 3
    run.summary.update({"loss": 9})
    api.run("somebody/p/r2").stop()
    api.run("somebody/p/r1").delete()
    run.file("media/x.txt").delete()
    api.create_project("made", "somebody")
    api.create_run(project="made", entity="somebody", run_id="made")
    run.use_artifact(api.artifact("somebody/p/data:latest"))
    collection = api.artifact_collection("dataset", "somebody/p/data")
    collection.description = "about it"
    collection.save()
"""


def filled(server: ArtifactServer) -> None:
    """Three runs, a sweep and an artifact."""
    for number in range(3):
        rows = [{"loss": 1 / (step + 1 + number), "_timestamp": float(step), "_runtime": step} for step in range(20)]
        put_run(
            server, f"r{number}", rows, config={"lr": 0.1 * number, "deep": {"a": [1, None]}}, tags=["a", f"t{number}"],
            notes="n", groupName="g", jobType="train", displayName=f"name{number}", exit_code=(0, 1, None)[number],
            files={"config.yaml": b"a: 1\n", "media/x.txt": b"x", "wandb-metadata.json": b'{"os": "Linux"}'},
            events=[{"_timestamp": 1.0, "_runtime": 1, "system.cpu": 3}], sweep="sweep0" if number else None,
            console=["2026-01-01T00:00:00.000000 hello", "ERROR 2026-01-01T00:00:01.250000 bad"],
        )  # fmt: skip
    config = "method: grid\nmetric: {goal: minimize, name: loss}\nparameters: {lr: {values: [1, 2]}}\nprogram: x.py\n"
    server.make_sweep({"config": config, "entityName": "somebody", "projectName": "p"})
    server.put("data", {"a.txt": b"a"}, aliases=[{"alias": "latest"}], runName="r0", tags=[{"tagName": "t"}]).used_by.append("r2")


def facts_of(text: str) -> Dict[str, Any]:
    """What a program told, by name."""
    return dict(json.loads(line[len("FACT ") :]) for line in text.splitlines() if line.startswith("FACT "))


def theirs(program: str, folder: Path, server: ArtifactServer) -> str:
    """Run it under upstream's client; what it printed."""
    path = folder / "theirs.py"
    path.write_text(textwrap.dedent(program))
    result = upstream.call(folder, str(path), WANDB_BASE_URL=server.url, WANDB_API_KEY=KEY)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def ours(program: str, runner: Program, server: ArtifactServer) -> str:
    """Run it under this package; what it printed."""
    return runner(program, env=server.environment()).ok().stdout


def test_reading__under_both__finds_the_same(tmp_path: Path, program: Program) -> None:
    """Word for word, but for where we say more on purpose; and the server understood all that upstream's client asked."""
    with ArtifactServer(answers_by_schema=True) as server:
        filled(server)
        found, expected = facts_of(ours(READING, program, server)), facts_of(theirs(READING, tmp_path, server))
        assert server.unexpected == []
    assert list(found) == list(expected) and len(found) > 60
    different = {name: (found[name], expected[name]) for name in found if found[name] != expected[name]}
    assert sorted(different) == [], json.dumps(different, indent=1)


def state_of(server: ArtifactServer) -> List[Any]:
    """What the server knows afterwards."""
    runs = {key: [run.fields, sorted(run.files), run.stopped, run.summary()] for key, run in server.runs_by_key.items()}
    for fields, *_ in runs.values():
        fields["config"] = {key: value["value"] for key, value in json.loads(fields.get("config") or "{}").items()}
        fields.pop("id", None), fields.pop("state", None), fields.pop("description", None)
    artifacts = [[one.fields.get("collectionDescription"), one.used_by] for one in server.artifacts]
    return [sorted(runs.items()), sorted(server.projects(None)), artifacts]


def test_changing__under_both__leaves_the_same_at_the_server(tmp_path: Path, program: Program) -> None:
    """Names, tags, config, summary, files, and what is gone."""
    with ArtifactServer(answers_by_schema=True) as server:
        filled(server)
        ours(CHANGING, program, server)
        found = state_of(server)
        assert server.unexpected == []
    with ArtifactServer(answers_by_schema=True) as server:
        filled(server)
        theirs(CHANGING, tmp_path, server)
        assert server.unexpected == []
        assert state_of(server) == found


TRAINING = """
    import sys, wandb
    with wandb.init(config={"lr": 9, "own": 1}) as run:
        run.config["arguments"] = sys.argv[1:]
        run.log({"loss": run.config.lr * 2})
"""
SWEEP = "method: grid\nprogram: trial.py\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {values: [0.1, 0.2]}, n: {value: 3}}\n"
WITH_FUNCTION = """
    import wandb

    def train():
        run = wandb.init(config={"own": 1})
        run.log({"loss": run.config.lr})
        run.finish()

    wandb.agent(wandb.sweep({"method": "grid", "parameters": {"lr": {"values": [1, 2]}}}, entity="somebody", project="p"), train)
"""


def swept(server: ArtifactServer) -> List[Any]:
    """The sweeps and their runs, as the server knows them."""
    runs = [
        [run.run_id, run.project, run.fields.get("sweep"), run.exit_code, [row["loss"] for row in run.rows()],
         {key: value for key, value in run.config().items() if key != "_wandb"}]
        for run in server.runs.values()
    ]  # fmt: skip
    sweeps = [[sweep.config, sweep.fields["state"], len(sweep.given)] for sweep in server.sweeps.by_id.values()]
    return [sorted(runs), sweeps]


def test_sweep__under_both__runs_the_same(tmp_path: Path, program: Program) -> None:
    """By the commands and by a function; states are changed by the same words."""
    (tmp_path / "trial.py").write_text(textwrap.dedent(TRAINING))
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    commands = (
        ("sweep", "sweep.yaml", "-p", "p", "-e", "somebody"), ("sweep", "--resume", "somebody/p/sweep0"),
        ("sweep", "--pause", "somebody/p/sweep0"), ("sweep", "--resume", "somebody/p/sweep0"), ("agent", "somebody/p/sweep0"),
        ("sweep", "sweep.yaml", "-p", "p", "-e", "somebody"), ("sweep", "--resume", "somebody/p/sweep1"),
        ("sweep", "--stop", "somebody/p/sweep1"),
    )  # fmt: skip
    results = []
    for is_ours in (True, False):
        with ArtifactServer(answers_by_schema=True) as server:
            for arguments in commands:
                environment = server.environment(WANDB_AGENT_REPORT_INTERVAL="0")
                if is_ours:
                    variables = {**program.environment, **environment, "PYTHONPATH": str(ROOT)}
                    result = subprocess.run(
                        [sys.executable, "-m", "wandb", *arguments], cwd=tmp_path, env=variables, capture_output=True, text=True
                    )
                else:
                    path = f"{Path(upstream.PYTHON).parent}:{program.environment['PATH']}"
                    result = upstream.call(tmp_path, "-m", "wandb", *arguments, **{**environment, "PATH": path})
                assert result.returncode == 0, result.stdout + result.stderr
            ours(WITH_FUNCTION, program, server) if is_ours else theirs(WITH_FUNCTION, tmp_path, server)
            results.append(swept(server))
            assert server.unexpected == []
    assert results[0] == results[1] and len(results[0][0]) == 4
