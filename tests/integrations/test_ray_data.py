"""An exported dataset as Ray Data reads it."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Program
from tests.export.odd_runs import COLUMNS, ROWS, odd_runs
from tests.integrations.test_ray import LIMIT
from wandb.export.dataset import export

pytest.importorskip("ray.data")

READ = """
    import json, sys, tempfile
    import ray

    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as short:
        ray.init(num_cpus=1, include_dashboard=False, logging_level="error", log_to_driver=False, _temp_dir=short)
        data = ray.data.read_parquet("dataset/history")
        rows = data.take_all()
        kinds = dict(zip(data.schema().names, map(str, data.schema().types)))
        facts = ray.data.read_parquet("dataset/runs.parquet").take_all()
        answer = {
            "rows": sorted([row[name] for name in json.loads(sys.argv[1])] for row in rows),
            "losses": sorted(str(row["loss"]) for row in rows),
            "types": {name: kinds[name] for name in ("loss", "count", "mixed", "flag", "run_id")},
            "chosen": sorted({row["run_id"] for row in rows if row["project"] == "q"}),
            "rates": sorted(str(json.loads(row["config"]).get("lr")) for row in facts),
        }
        ray.shutdown()
    print(json.dumps(answer))
"""


def test_parquet__read_by_ray_data__has_every_value_without_an_option(program: Program) -> None:
    """Types, odd names, the folders' columns as text, and JSON text."""
    export(odd_runs(program.folder / "runs"), "parquet", str(program.folder / "dataset"))
    answer = json.loads(program(READ, json.dumps(COLUMNS), limit=LIMIT).ok().stdout.splitlines()[-1])
    assert answer["rows"] == ROWS
    assert answer["losses"] == ["0.5", "1.0", "2.0", "inf", "nan"]
    assert answer["types"] == {
        "loss": "double", "count": "int64", "mixed": "string", "flag": "bool", "run_id": "string",
    }  # fmt: skip
    assert answer["chosen"] == ["1e5"] and answer["rates"] == ["0.1", "None"]
