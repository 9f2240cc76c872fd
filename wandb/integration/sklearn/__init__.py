"""`wandb.sklearn`: charts of models of scikit-learn, logged to the current run, over the library's own functions.

A call that lacks an argument, or gets a model of another kind or data that the model can't take, says so on the
console and logs nothing.
"""

from __future__ import annotations

from typing import Any, Sequence

import wandb
from wandb.integration.sklearn import clusters, models, predictions
from wandb.integration.sklearn.logged import attempt, is_kind, refusals_shown

__all__ = [
    "plot_calibration_curve",
    "plot_class_proportions",
    "plot_classifier",
    "plot_clusterer",
    "plot_confusion_matrix",
    "plot_elbow_curve",
    "plot_feature_importances",
    "plot_learning_curve",
    "plot_outlier_candidates",
    "plot_precision_recall",
    "plot_regressor",
    "plot_residuals",
    "plot_roc",
    "plot_silhouette",
    "plot_summary_metrics",
]

plot_calibration_curve = refusals_shown("calibration curve", models.plot_calibration_curve)
plot_class_proportions = refusals_shown("class proportions", predictions.plot_class_proportions)
plot_confusion_matrix = refusals_shown("confusion matrix", predictions.plot_confusion_matrix)
plot_elbow_curve = refusals_shown("elbow curve", clusters.plot_elbow_curve)
plot_feature_importances = refusals_shown("feature importances", models.plot_feature_importances)
plot_learning_curve = refusals_shown("learning curve", models.plot_learning_curve)
plot_outlier_candidates = refusals_shown("outlier candidates", models.plot_outlier_candidates)
plot_precision_recall = refusals_shown("precision-recall curve", predictions.plot_precision_recall)
plot_residuals = refusals_shown("residuals", models.plot_residuals)
plot_roc = refusals_shown("ROC curve", predictions.plot_roc)
plot_silhouette = refusals_shown("silhouette plot", clusters.plot_silhouette)
plot_summary_metrics = refusals_shown("summary metrics", models.plot_summary_metrics)


def plot_classifier(
    model: Any,
    X_train: Any,
    X_test: Any,
    y_train: Any,
    y_test: Any,
    y_pred: Any,
    y_probas: Any,
    labels: Any,
    is_binary: bool = False,
    model_name: str = "Classifier",
    feature_names: Sequence[str] | None = None,
    log_learning_curve: bool = False,
) -> None:
    """All charts of a classifier: importances, confusion matrix, metrics, proportions, calibration, ROC, precision."""
    wandb.termlog(f"\nPlotting {model_name}.")
    attempt("feature importances", lambda: models.plot_feature_importances(model, feature_names))
    if log_learning_curve:
        attempt("learning curve", lambda: models.plot_learning_curve(model, X_train, y_train))
    attempt("confusion matrix", lambda: predictions.plot_confusion_matrix(y_test, y_pred, labels))
    attempt("summary metrics", lambda: models.plot_summary_metrics(model, X_train, y_train, X_test, y_test))
    attempt("class proportions", lambda: predictions.plot_class_proportions(y_train, y_test, labels))
    if is_binary:
        attempt("calibration curve", lambda: models.plot_calibration_curve(model, X_train, y_train, model_name))
    attempt("roc curve", lambda: predictions.plot_roc(y_test, y_probas, labels))
    attempt("precision-recall curve", lambda: predictions.plot_precision_recall(y_test, y_probas, labels))


def plot_regressor(
    model: Any, X_train: Any, X_test: Any, y_train: Any, y_test: Any, model_name: str = "Regressor"
) -> None:
    """All charts of a regressor: metrics, learning curve, outliers, residuals."""
    wandb.termlog(f"\nPlotting {model_name}.")
    attempt("summary metrics", lambda: models.plot_summary_metrics(model, X_train, y_train, X_test, y_test))
    attempt("learning curve", lambda: models.plot_learning_curve(model, X_train, y_train))
    attempt("outlier candidates", lambda: models.plot_outlier_candidates(model, X_train, y_train))
    attempt("residuals", lambda: models.plot_residuals(model, X_train, y_train))


def plot_clusterer(
    model: Any, X_train: Any, cluster_labels: Any, labels: Any = None, model_name: str = "Clusterer"
) -> None:
    """All charts of a clusterer: elbow curve and silhouettes of one that counts its clusters, as KMeans does."""
    wandb.termlog(f"\nPlotting {model_name}.")
    if is_kind(model, "clusterer"):
        if hasattr(model, "n_clusters"):
            attempt("elbow curve", lambda: clusters.plot_elbow_curve(model, X_train))
        attempt("silhouette plot", lambda: clusters.plot_silhouette(model, X_train, cluster_labels, labels=labels))
