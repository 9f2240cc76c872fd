"""Runs that begin at a step of another run or of themselves, under both clients: the same run at the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from tests.conftest import Program
from tests.interop import upstream
from tests.server.received import ReceivedRun
from tests.server.server import RecordingServer

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

TRAIN = """
import json, os, wandb
given = json.loads(os.environ["GIVEN"])
with wandb.init(project="p", settings=wandb.Settings(x_disable_stats=True), **given) as run:
    for number in range(given["config"]["rows"]):
        run.log({"x": 10 * given["config"]["rows"] + number})
"""
FIRST = {"id": "a", "config": {"rows": 5, "lr": 1}}


def state(run: ReceivedRun) -> Dict[str, Any]:
    config = run.config()
    own = config.pop("_wandb")
    rows = [(row["_step"], row["x"]) for row in run.rows()]
    summary = {name: value for name, value in run.summary().items() if name in ("x", "_step")}
    return {"rows": rows, "summary": summary, "config": config, "branch": own.get("branch_point"), "end": run.exit_code}


@pytest.mark.parametrize(
    "given",
    [{"id": "b", "fork_from": "a?_step=2", "config": {"rows": 2}}, {"resume_from": "a?_step=2", "config": {"rows": 2}}],
    ids=["fork", "rewind"],
)
def test_branch__under_both_clients__is_the_same_at_the_server(
    program: Program, tmp_path: Path, given: Dict[str, Any]
) -> None:
    """Rows and their steps, summary, config and where it branches off."""
    found = []
    for who in ("theirs", "ours"):
        with RecordingServer() as server:
            for wish in (FIRST, given):
                if who == "theirs":
                    path = tmp_path / "train.py"
                    path.write_text(TRAIN)
                    (tmp_path / "theirs").mkdir(exist_ok=True)
                    result = upstream.call(
                        tmp_path / "theirs", str(path), GIVEN=json.dumps(wish), **server.environment()
                    )
                    assert result.returncode == 0, result.stderr
                else:
                    program(TRAIN, env={**server.environment(), "GIVEN": json.dumps(wish)}).ok()
            found.append({name: state(run) for name, run in server.runs.items()})
            assert server.unexpected == []
    theirs, ours = found
    assert ours == theirs and max(len(known["rows"]) for known in ours.values()) == 5


def test_compression__wished_of_a_server_that_can_read_it__is_sent_by_both(program: Program, tmp_path: Path) -> None:
    """And by none otherwise."""
    path = tmp_path / "train.py"
    path.write_text(TRAIN)
    for features, wish in (((), "false"), (("FILESTREAM_GZIP",), "true"), (("FILESTREAM_GZIP",), "false")):
        compressed = []
        for who in ("theirs", "ours"):
            with RecordingServer(features=features) as server:
                environment = server.environment(GIVEN=json.dumps(FIRST), WANDB_X_FILE_STREAM_NO_GZIP=wish)
                if who == "theirs":
                    assert upstream.call(tmp_path, str(path), **environment).returncode == 0
                else:
                    program(TRAIN, env=environment).ok()
                compressed.append(server.compressed > 0)
                assert server.unexpected == [] and len(server.run.rows()) == 5
        assert compressed == [bool(features) and wish == "false"] * 2
