"""Charts of scikit-learn's models that upstream's release does not record with this version of the library."""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple

import pytest

import wandb
from tests.conftest import Finished, Program

pytest.importorskip("sklearn")

PREPARED = """
import warnings; warnings.filterwarnings("ignore")
import numpy, wandb, wandb.sklearn
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.datasets import make_blobs, make_classification, make_regression
from sklearn.linear_model import LogisticRegression, Ridge
data, true = make_regression(60, 3, noise=2, random_state=0)
points, _ = make_blobs(60, 2, centers=3, random_state=0)
ridge, kmeans = Ridge().fit(data[:40], true[:40]), KMeans(3, n_init=2, random_state=0).fit(points)
run = wandb.init()
"""


def test_regressor__all_its_charts__are_recorded(program: Program) -> None:
    """Metrics, learning curve, outliers, residuals."""
    result = program(
        PREPARED + "wandb.sklearn.plot_regressor(ridge, data[:40], data[40:], true[:40], true[40:])\nrun.finish()\n"
    ).ok()
    keys = {key[0] if isinstance(key, tuple) else key for row in result.run.rows() for key in row}
    assert {"summary_metrics", "learning_curve", "outlier_candidates", "residuals"} <= keys


def test_outliers__of_a_regressor__are_in_upstreams_columns_with_their_threshold(program: Program) -> None:
    """The chart is that of upstream; the distances differ from its in their last digits, so the case is no comparison."""
    source = "data[7] *= 9\nwandb.sklearn.plot_outlier_candidates(ridge, data, true)\nrun.finish()\n"
    content, config = recorded(program(PREPARED + source).ok(), "outlier_candidates")
    assert content["columns"] == ["distance", "instance_indicies", "outlier_percentage", "influence_threshold"]
    assert max(content["data"])[1] == 7
    above = sum(row[0] > 4 / 60 for row in content["data"])
    assert {tuple(row[2:]) for row in content["data"]} == {(round(100 * above / 60, 3), 4 / 60)}
    assert "wandb/outliers/v1" in config


def recorded(ended: Finished, key: str) -> Tuple[Dict[str, Any], str]:
    """The table of a chart, and the run's config."""
    run = ended.run
    table = wandb.Api(local=str(run.path)).run(run.layout.run_id).summary[key]
    return json.loads(run.file(table["path"])), run.file("config.yaml")


def test_residuals__of_a_regressor__have_the_scores_of_both_parts_and_leave_the_model_as_it_is(program: Program) -> None:
    """The chart is that of upstream, which chooses the parts by chance, and fits the program's own model to one."""
    source = "before = ridge.coef_.copy()\nwandb.sklearn.plot_residuals(ridge, data, true)\nrun.finish()\n"
    result = program(PREPARED + source + "print((ridge.coef_ == before).all())").ok()
    content, config = recorded(result, "residuals")
    assert content["columns"] == ["dataset", "y_pred", "residuals", "train_score", "test_score"]
    assert [row[0] for row in content["data"]] == ["train"] * 48 + ["test"] * 12
    assert len({tuple(row[3:]) for row in content["data"]}) == 1
    assert "wandb/residuals_plot/v1" in config
    assert result.stdout.splitlines()[-1] == "True"


def test_clusterer__all_its_charts__are_recorded(program: Program) -> None:
    """Elbow curve and silhouettes: a row for each sample."""
    result = program(PREPARED + "wandb.sklearn.plot_clusterer(kmeans, points, kmeans.labels_)\nrun.finish()\n").ok()
    rows = result.run.rows()
    assert next(row["silhouette_plot", "nrows"] for row in rows if ("silhouette_plot", "nrows") in row) == 60
    assert next(row["elbow_curve", "nrows"] for row in rows if ("elbow_curve", "nrows") in row) == 5


def test_classifier__all_its_charts__are_recorded(program: Program) -> None:
    """Of two classes, with the calibration curve; of three, without."""
    source = """
for classes in (2, 3):
    X, y = make_classification(80, 4, n_informative=3, n_redundant=0, n_classes=classes, n_clusters_per_class=1, random_state=0)
    model = LogisticRegression().fit(X[:60], y[:60])
    guess, chances = model.predict(X[60:]), model.predict_proba(X[60:])
    wandb.sklearn.plot_classifier(model, X[:60], X[60:], y[:60], y[60:], guess, chances, None, is_binary=classes == 2)
run.finish()
"""
    result = program(PREPARED + source).ok()
    keys = [
        key[0] if isinstance(key, tuple) else key
        for row in result.run.rows()
        for key in {k[0] if isinstance(k, tuple) else k for k in row}
    ]
    wanted = (
        "feature_importances",
        "confusion_matrix",
        "summary_metrics",
        "class_proportions",
        "roc_table",
        "precision_recall_table",
    )
    assert all(keys.count(key) == 2 for key in wanted), keys
    assert keys.count("calibration_curve") == 1


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("plot_residuals(Ridge(), data, true)", "Please fit the model"),
        ("plot_residuals(kmeans, points, points)", "not a regressor"),
        ("plot_silhouette(ridge, data)", "not a clusterer"),
        ("plot_roc(None, None)", "y_true is None"),
        ("plot_feature_importances(kmeans)", "not a classifier or regressor"),
        ("plot_residuals(ridge, data * numpy.nan, true)", "No residuals of this model"),
        ("plot_outlier_candidates(ridge, data * numpy.nan, true)", "No outlier candidates of this model"),
        ("plot_summary_metrics(ridge, data, true[:5], data, true)", "No summary metrics of this model"),
        ("plot_silhouette(kmeans, points * numpy.nan)", "No silhouette plot of this model"),
        ("plot_elbow_curve(AgglomerativeClustering(), points)", "no score"),
        ("plot_confusion_matrix([0, 1], [1, 0], ['only one'])", "No confusion matrix of this model"),
        ("plot_feature_importances(ridge, ['only one'])", "No feature importances of this model"),
        ("plot_roc([0, 1], [0.1, 0.9])", "No ROC curve of this model"),
        ("plot_precision_recall([[0], [1]], [[1, 0], [0, 1]])", "No precision-recall curve of this model"),
        ("plot_class_proportions(['a'], [1])", "No class proportions of this model"),
    ],
)
def test_plot__of_another_model_or_without_an_argument__says_so_and_goes_on(
    program: Program, call: str, text: str
) -> None:
    """A chart is no reason to lose a training."""
    result = program(PREPARED + f"wandb.sklearn.{call}\nrun.log({{'loss': 1}})\nrun.finish()\n").ok()
    assert text in result.stderr
    assert [set(row) & {"loss"} for row in result.run.rows()] == [{"loss"}]
