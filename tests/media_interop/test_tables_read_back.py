"""Tables of arrays and moments that one client has put into an artifact, read by the other; upstream as a black box."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program
from tests.interop import upstream
from tests.server.artifacts import ArtifactServer

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e media` installs upstream's client and runs this")

WRITE = """
    import datetime, numpy as np, wandb
    east = datetime.timezone(datetime.timedelta(hours=2))
    rows = [
        [np.arange(200) + n, np.eye(2) * n, np.arange(3), datetime.datetime(2020, 1, 1 + n, tzinfo=east), np.datetime64("2020-01-01")]
        for n in range(2)
    ]
    with wandb.init(project="p") as run:
        artifact = wandb.Artifact("tables", "t")
        artifact.add(wandb.Table(columns=["long", "two axes", "short", "moment", "day"], data=rows), "table")
        run.log_artifact(artifact).wait(60)
"""
READ = """
    import json, wandb
    with wandb.init(project="p") as run:
        table = run.use_artifact("tables:latest").get("table")
    def shown(cell):
        return [type(cell).__name__, cell.tolist() if hasattr(cell, "tolist") else str(cell)]
    print("rows", json.dumps([[shown(cell) for cell in row] for row in table.data]))
"""


def rows_in(printed: str) -> Any:
    (line,) = [line for line in printed.splitlines() if line.startswith("rows ")]
    return json.loads(line[len("rows ") :])


@pytest.mark.parametrize("writer", ["upstream", "ours"])
def test_table__of_arrays_and_moments__is_the_same_for_both_readers(
    program: Program, tmp_path: Path, writer: str
) -> None:
    """Large arrays are in files beside the table; moments come back in UTC."""
    with ArtifactServer(answers_by_schema=True) as server:
        folders = {"WANDB_DATA_DIR": str(tmp_path / "data"), "WANDB_X_DISABLE_STATS": "true"}
        environment = server.environment(**folders)

        def theirs(source: str) -> str:
            path = tmp_path / "theirs.py"
            path.write_text(textwrap.dedent(source))
            caches = {"WANDB_CACHE_DIR": str(tmp_path / "cache"), "WANDB_ARTIFACT_DIR": str(tmp_path / "artifacts")}
            result = upstream.call(tmp_path, str(path), **{**environment, **caches})
            assert result.returncode == 0, result.stderr[-3000:]
            return result.stdout

        if writer == "upstream":
            theirs(WRITE)
        else:
            program(WRITE, env=environment).ok()
        assert sum(path.endswith(".npz") for path in server.artifacts[0].files) == 2
        ours, others = rows_in(program(READ, env=environment).ok().stdout), rows_in(theirs(READ))
    assert ours == others
    assert [kind for kind, _ in ours[1]] == ["ndarray", "ndarray", "list", "datetime", "datetime"]
    assert ours[1][1][1] == [[1.0, 0.0], [0.0, 1.0]] and ours[1][3][1] == "2020-01-01 22:00:00+00:00"
