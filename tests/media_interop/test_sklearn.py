"""Charts of scikit-learn's models that upstream's release does not record with this version of the library."""

from __future__ import annotations

import pytest

from tests.conftest import Program

pytest.importorskip("sklearn")

PREPARED = """
import warnings; warnings.filterwarnings("ignore")
import numpy, wandb, wandb.sklearn
from sklearn.cluster import KMeans
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
    assert {"summary_metrics", "learning_curve", "outlier_candidates_table", "residuals_table"} <= keys


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
    ],
)
def test_plot__of_another_model_or_without_an_argument__says_so_and_goes_on(
    program: Program, call: str, text: str
) -> None:
    """A chart is no reason to lose a training."""
    result = program(PREPARED + f"wandb.sklearn.{call}\nrun.log({{'loss': 1}})\nrun.finish()\n").ok()
    assert text in result.stderr
    assert [set(row) & {"loss"} for row in result.run.rows()] == [{"loss"}]
