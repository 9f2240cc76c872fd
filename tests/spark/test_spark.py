"""An exported dataset as Spark reads it; run by `tox -e spark`, which needs a Java (`apt-get install default-jre-headless`)."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from tests.conftest import Program
from tests.export.odd_runs import COLUMNS, ROWS, odd_runs
from wandb.export.dataset import export

pytest.importorskip("pyspark", reason="`tox -e spark` installs it")
pytest.importorskip("pyarrow", reason="`tox -e spark` installs it")

READ = """
    import json, math, os, sys
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    rows = session.read.parquet("dataset/history")
    found = sorted([row[name] for name in json.loads(sys.argv[1])] for row in rows.collect())
    facts = session.read.parquet("dataset/runs.parquet")
    answer = {
        "rows": found,
        "losses": sorted(str(row.loss) for row in rows.select("loss").collect()),
        "types": {name: kind for name, kind in rows.dtypes if name in ("loss", "count", "mixed", "flag")},
        "chosen": rows.where("project = 'q'").count(),
        "summed": [list(row) for row in rows.groupBy("_run_id").sum("count").orderBy("_run_id").collect()],
        "rates": [row[0] for row in facts.selectExpr("get_json_object(config, '$.lr')").collect()],
    }
    session.stop()
    print(json.dumps(answer))
"""


@pytest.mark.skipif(
    not (shutil.which("java") or os.environ.get("JAVA_HOME")), reason="Spark needs a Java, and there is none here"
)
def test_parquet__read_by_spark__has_every_value_without_an_option(program: Program) -> None:
    """Types, odd names, folders that choose, and JSON text."""
    export(odd_runs(program.folder / "runs"), "parquet", str(program.folder / "dataset"))
    answer = json.loads(program(READ, json.dumps(COLUMNS), limit=300).ok().stdout.splitlines()[-1])
    assert answer["rows"] == ROWS
    assert answer["losses"] == ["0.5", "1.0", "2.0", "inf", "nan"]
    assert answer["types"] == {"loss": "double", "count": "bigint", "mixed": "string", "flag": "boolean"}
    assert answer["chosen"] == 1 and answer["summed"] == [["007", 2**53 + 2], ["1e5", None]]
    assert sorted(answer["rates"], key=str) == ["0.1", None]
