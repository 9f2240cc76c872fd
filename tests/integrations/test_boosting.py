"""XGBoost, LightGBM and CatBoost: each round's metrics, the best ones in the summary, the model's settings, its features, itself."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream

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
    same_with_upstream(ended.folder)


def test_xgboost__early_stopping_and_own_metrics__leave_what_upstream_does(program: Program) -> None:
    """The best round is a row; the best value is in the summary for the usual metrics only, else the last one."""
    pytest.importorskip("xgboost")
    ended = program(
        DATA
        + """
    import xgboost
    from wandb.integration.xgboost import WandbCallback
    data = xgboost.DMatrix(x, y)
    with wandb.init() as run:
        xgboost.train(
            {"objective": "binary:logistic", "max_depth": 2, "eval_metric": ["error@0.7", "error"]}, data, 20,
            evals=[(data, "val")], callbacks=[WandbCallback(importance_type="weight")], verbose_eval=False,
            custom_metric=lambda margins, data: ("own", float(len(margins))), early_stopping_rounds=2,
        )
    """
    ).ok()
    rows = ended.run.rows()
    assert set(rows[-1]) > {"best_score", "best_iteration"}
    summary = ended.run.summary()
    assert (summary["val-own"], set(summary["val-error"])) == (60, {"min"})
    assert summary["best_score"] == 60
    same_with_upstream(ended.folder)


def test_xgboost__cross_validation__has_mean_and_deviation(program: Program) -> None:
    """Of each metric; upstream's callback raises an AttributeError here."""
    pytest.importorskip("xgboost")
    ended = program(
        DATA
        + """
    import xgboost
    from wandb.integration.xgboost import WandbCallback
    with wandb.init() as run:
        xgboost.cv({"max_depth": 2}, xgboost.DMatrix(x, y), 3, nfold=2, callbacks=[WandbCallback(log_model=True)])
    """
    ).ok()
    assert [row["epoch"] for row in ended.run.rows()] == [0, 1, 2]
    assert {"train-rmse-mean", "train-rmse-std", "test-rmse-mean", "test-rmse-std"} <= set(ended.run.summary())


def test_lightgbm__trained_and_summed_up__leaves_the_same(program: Program) -> None:
    """Names, rules and artifacts are those of upstream's callback."""
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
    """
    ).ok()
    assert ended.stdout.splitlines()[0] == "refused"
    trained = ended.run
    rows = [row for row in trained.rows() if "iteration" in row]
    assert [row["iteration"] for row in rows] == [0, 1, 2, 3]
    summary = trained.summary()
    assert summary["val_binary_logloss"] == {"min": min(row["val_binary_logloss"] for row in rows)}
    assert summary["best_score"]["val"]["auc"] == rows[-1]["val_auc"]
    assert "min_data_in_leaf" in trained.file("config.yaml")
    models = [record.artifact for record in trained.records() if record.HasField("artifact")]
    assert any(artifact.type == "model" and list(artifact.aliases) == ["best", "latest"] for artifact in models)
    same_with_upstream(ended.folder)


def test_lightgbm__early_stopping_and_own_metrics__leave_what_upstream_does(program: Program) -> None:
    """The iteration at which the training stops is a row, too; of a metric of the program, the last value is in the summary."""
    pytest.importorskip("lightgbm")
    ended = program(
        DATA
        + """
    import lightgbm
    from wandb.integration.lightgbm import log_summary, wandb_callback
    data = lightgbm.Dataset(x[:40], y[:40])
    settings = {"objective": "binary", "metric": ["binary_logloss", "binary_error"], "verbose": -1, "num_threads": 1}
    with wandb.init() as run:
        val = lightgbm.Dataset(x[40:], y[40:], reference=data)
        model = lightgbm.train(
            settings, data, 20, valid_sets=[val], valid_names=["val"], feval=lambda values, data: ("own", 1.0, True),
            callbacks=[wandb_callback(), lightgbm.early_stopping(2, verbose=False)],
        )
        log_summary(model)
    """
    ).ok()
    assert [row["iteration"] for row in ended.run.rows() if "iteration" in row] == [0, 1, 2]
    summary = ended.run.summary()
    assert (summary["val_own"], set(summary["val_binary_logloss"])) == (1, {"min"})
    same_with_upstream(ended.folder)


def test_lightgbm__cross_validation__has_mean_and_deviation(program: Program) -> None:
    """Of each metric; upstream's callback raises a ValueError here, with LightGBM 4.7."""
    pytest.importorskip("lightgbm")
    ended = program(
        DATA
        + """
    import lightgbm
    from wandb.integration.lightgbm import wandb_callback
    settings = {"objective": "binary", "metric": ["auc", "binary_logloss"], "verbose": -1, "min_data_in_leaf": 2}
    with wandb.init() as run:
        lightgbm.cv(settings, lightgbm.Dataset(x, y), 2, nfold=2, callbacks=[wandb_callback()])
    """
    ).ok()
    summary = ended.run.summary()
    assert {name.rpartition("-")[2] for name in summary if name.startswith("valid_auc")} == {"mean", "stdv"}


def test_catboost__trained_and_summed_up__leaves_the_same(program: Program) -> None:
    """A row for each iteration that CatBoost evaluates; best of what it is given to evaluate on, last without."""
    pytest.importorskip("catboost")
    ended = program(
        DATA
        + """
    from catboost import CatBoostClassifier, CatBoostRanker, CatBoostRegressor, Pool
    from wandb.integration.catboost import WandbCallback, log_summary
    quiet = {"verbose": False, "allow_writing_files": False, "thread_count": 1}
    train, val = Pool(x[:40], y[:40]), Pool(x[40:], y[40:])
    with wandb.init():
        model = CatBoostClassifier(iterations=6, depth=2, eval_metric="AUC", metric_period=2, **quiet)
        model.fit(train, eval_set=val, callbacks=[WandbCallback(metric_period=2)])
        log_summary(model, save_model_checkpoint=True)
    with wandb.init():
        model = CatBoostRegressor(iterations=3, depth=2, custom_metric=["MAE"], **quiet)
        model.fit(train, callbacks=[WandbCallback()])
        log_summary(model, log_all_params=False, save_model_checkpoint=True, log_feature_importance=False)
        for other in (3, CatBoostRanker()):
            try:
                log_summary(other)
            except wandb.Error:
                print("refused")
    for call in (WandbCallback, lambda: log_summary(model)):
        try:
            call()
        except wandb.Error:
            print("refused")
    """
    ).ok()
    from tests.recorded import runs_in

    assert [line for line in ended.stdout.splitlines() if line == "refused"] == ["refused"] * 4
    with_data, without = sorted(runs_in(ended.folder), key=lambda run: -len(run.rows()))
    rows = with_data.rows()
    assert [row["iteration@metric-period-2"] for row in rows[:-1]] == [1, 3, 5, 6]
    assert with_data.summary()["best_iteration"] in range(6)
    assert with_data.summary()["best_score"]["validation"]["AUC"] == max(row["validation-AUC"] for row in rows[:-1])
    aliases = {
        run: [r.artifact.aliases for r in run.records() if r.artifact.type == "model"] for run in (with_data, without)
    }
    assert [list(names) for names in aliases[with_data]] == [["best", "latest"]]
    assert [list(names) for names in aliases[without]] == [["last", "latest"]]
    assert without.summary()["best_iteration"] is None and without.summary()["best_score"]["learn"]
    same_with_upstream(ended.folder)
