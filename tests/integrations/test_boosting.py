"""XGBoost and LightGBM: each round's metrics, the best ones in the summary, the model's settings, its features, itself."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Program

DATA = """
    import numpy, wandb
    numpy.random.seed(0)
    x = numpy.random.rand(60, 4)
    y = (x[:, 0] + x[:, 1] > 1).astype(int)
"""


def test_xgboost__trained__leaves_metrics_features_and_the_model(program: Program) -> None:
    """Names, rules and artifacts are those of upstream's callback."""
    pytest.importorskip("xgboost")
    ended = program(
        DATA
        + """
    import xgboost
    from wandb.integration.xgboost import WandbCallback
    train, val = xgboost.DMatrix(x[:40], y[:40]), xgboost.DMatrix(x[40:], y[40:])
    with wandb.init() as run:
        xgboost.train(
            {"objective": "binary:logistic", "max_depth": 2, "eval_metric": ["logloss", "auc"]}, train, 4,
            evals=[(train, "train"), (val, "val")], callbacks=[WandbCallback(log_model=True)], verbose_eval=False,
        )
    """
    ).ok()
    run = ended.run
    rows = [row for row in run.rows() if "epoch" in row]
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    summary = run.summary()
    assert summary["val-logloss"] == {"min": min(row["val-logloss"] for row in rows)}
    assert summary["train-auc"] == {"max": max(row["train-auc"] for row in rows)}
    assert "max_depth" in run.file("config.yaml")
    assert "Feature Importance_table" in summary
    artifacts = [record.artifact for record in run.records() if record.HasField("artifact")]
    models = [artifact for artifact in artifacts if artifact.type == "model"]
    assert [artifact.name for artifact in models] == [f"{run.layout.run_id}_model.json"]


def test_lightgbm__trained_and_summed_up__leaves_the_same(program: Program) -> None:
    """Cross validation has a mean and a deviation instead."""
    pytest.importorskip("lightgbm")
    ended = program(
        DATA
        + """
    import lightgbm
    from wandb.integration.lightgbm import log_summary, wandb_callback
    train = lightgbm.Dataset(x[:40], y[:40], free_raw_data=False)
    settings = {"objective": "binary", "metric": ["auc", "binary_logloss"], "verbose": -1, "min_data_in_leaf": 2}
    with wandb.init() as run:
        val = lightgbm.Dataset(x[40:], y[40:], reference=train)
        model = lightgbm.train(
            settings, train, 4, valid_sets=[train, val], valid_names=["train", "val"], callbacks=[wandb_callback()]
        )
        log_summary(model, save_model_checkpoint=True)
        try:
            log_summary(3)
        except wandb.Error:
            print("refused")
    with wandb.init() as run:
        lightgbm.cv(settings, lightgbm.Dataset(x, y), 2, nfold=2, callbacks=[wandb_callback()])
        print([name for name in dict(run.summary) if "stdv" in name])
    """
    ).ok()
    from tests.recorded import runs_in

    assert ended.stdout.splitlines()[0] == "refused"
    trained, validated = sorted(runs_in(ended.folder), key=lambda run: -len(run.records()))
    rows = [row for row in trained.rows() if "iteration" in row]
    assert [row["iteration"] for row in rows] == [0, 1, 2, 3]
    summary = trained.summary()
    assert summary["val_binary_logloss"] == {"min": min(row["val_binary_logloss"] for row in rows)}
    assert summary["best_score"]["val"]["auc"] == rows[-1]["val_auc"]
    assert "min_data_in_leaf" in trained.file("config.yaml")
    models = [record.artifact for record in trained.records() if record.HasField("artifact")]
    assert any(artifact.type == "model" and list(artifact.aliases) == ["best", "latest"] for artifact in models)
    assert any(name.endswith("-stdv") for name in json.loads(validated.file("wandb-summary.json")))
