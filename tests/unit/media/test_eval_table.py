"""`wandb.EvalTable`: the arguments of upstream's, recorded as a table."""

from __future__ import annotations

from typing import Any, Dict

import pytest

import wandb
from tests.conftest import Program


@pytest.mark.parametrize(
    "wrong", [{"backend": "models"}, {"unsupported_media_mode": "x"}, {"log_mode": "MUTABLE"}, {"log_mode": "INCREMENTAL"}]
)
def test_eval_table__with_a_wrong_argument__is_a_usage_error(wrong: Dict[str, Any]) -> None:
    """Those that upstream's client refuses."""
    with pytest.raises(wandb.UsageError):
        wandb.EvalTable(columns=["a"], data=[[1]], **wrong)


def test_eval_table__logged_offline__is_in_the_record_as_a_table(program: Program) -> None:
    """Upstream's client refuses it; a training does not end for that."""
    result = program(
        """
        import wandb
        table = wandb.EvalTable(columns=["q", "a", "s"], input_columns=["q"], output_columns=["a"], score_columns=["s"])
        table.add_data("2+2", "4", 1.0)
        with wandb.init() as run:
            run.log({"answers": table})
        """
    ).ok()
    row = result.run.rows()[0]
    assert isinstance(wandb.EvalTable(columns=["a"]), wandb.Table)
    assert "table-file" in str(row) and "run_table" in {record.artifact.type for record in result.run.records()}
