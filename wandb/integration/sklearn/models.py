"""Charts of a model itself: importances, learning curve, metrics, calibration, residuals, outliers."""

from __future__ import annotations

from typing import Any, List, Sequence

import numpy as np

import wandb
from wandb.integration.sklearn.logged import are_there, is_kind, library, log_chart, numbers


def plot_feature_importances(
    model: Any = None,
    feature_names: Sequence[str] | None = None,
    title: str = "Feature Importance",
    max_num_features: int = 50,
) -> None:
    """Log what the features are worth to a model, as `feature_importances`: its importances, or its coefficients.

    Of a model with coefficients for several classes it is the mean of their sizes.
    """
    if not are_there(model=model) or not is_kind(model, "classifier", "regressor"):
        return
    values = getattr(model, "feature_importances_", None)
    if values is None:
        values = getattr(model, "coef_", None)
    if values is None:
        wandb.termwarn("The model has neither feature_importances_ nor coef_: there is nothing to plot.")
        return
    values = np.asarray(values)
    if values.ndim > 1:
        values = values[0] if len(values) == 1 else np.abs(values).mean(axis=0)
    order = np.argsort(values)[::-1][:max_num_features]
    names = range(len(values)) if feature_names is None else list(feature_names)
    rows = [[names[place], values[place].item()] for place in order]
    log_chart("feature_importances", "feature_importances/v1", ["feature_names", "importances"], rows)


def plot_learning_curve(
    model: Any = None,
    X: Any = None,
    y: Any = None,
    cv: Any = None,
    shuffle: bool = False,
    random_state: Any = None,
    train_sizes: Any = None,
    n_jobs: int = 1,
    scoring: Any = None,
) -> None:
    """Log the scores of copies of the model that see more and more of the data, as `learning_curve`."""
    if not are_there(model=model, X=X, y=y) or not is_kind(model, "classifier", "regressor"):
        return
    sizes, train_scores, test_scores = library("model_selection").learning_curve(
        model,
        X,
        y,
        cv=cv,
        n_jobs=n_jobs,
        train_sizes=np.linspace(0.1, 1.0, 5) if train_sizes is None else train_sizes,
        scoring=scoring,
        shuffle=shuffle,
        random_state=random_state,
    )
    rows = []
    for size, train, test in zip(sizes.tolist(), train_scores.mean(axis=1), test_scores.mean(axis=1)):
        rows += [["train", round(float(train), 2), size], ["test", round(float(test), 2), size]]
    log_chart("learning_curve", "learning_curve/v1", ["dataset", "score", "train_size"], rows)


def plot_summary_metrics(
    model: Any = None, X: Any = None, y: Any = None, X_test: Any = None, y_test: Any = None
) -> None:
    """Fit the model, and log the usual metrics of what it predicts for the test data, as `summary_metrics`."""
    if not are_there(model=model, X=X, y=y, X_test=X_test, y_test=y_test):
        return
    if not is_kind(model, "classifier", "regressor"):
        return
    metrics = library("metrics")
    model.fit(X, y)
    predicted = model.predict(X_test)
    if library("base").is_regressor(model):
        found = {
            "mae": metrics.mean_absolute_error(y_test, predicted),
            "mse": metrics.mean_squared_error(y_test, predicted),
            "r2_score": metrics.r2_score(y_test, predicted),
        }
    else:
        found = {
            "accuracy_score": metrics.accuracy_score(y_test, predicted),
            "precision": metrics.precision_score(y_test, predicted, average="weighted"),
            "recall": metrics.recall_score(y_test, predicted, average="weighted"),
            "f1_score": metrics.f1_score(y_test, predicted, average="weighted"),
        }
    kind = type(model).__name__
    rows = [[name, round(float(value), 2), kind] for name, value in found.items()]
    log_chart("summary_metrics", "metrics/v1", ["metric_name", "metric_value", "model_name"], rows)


def plot_calibration_curve(clf: Any = None, X: Any = None, y: Any = None, clf_name: str = "Classifier") -> None:
    """Log how well the probabilities of a classifier of two classes are calibrated, as `calibration_curve`.

    A logistic regression, and the classifier calibrated in two ways, are fitted to a tenth of the data and shown for
    the rest.
    """
    if not are_there(clf=clf, X=X, y=y) or not is_kind(clf, "classifier"):
        return
    split = library("model_selection").train_test_split
    calibration = library("calibration")
    train_x, test_x, train_y, test_y = split(X, y, test_size=0.9, random_state=42)
    models = (
        (library("linear_model").LogisticRegression(C=1.0), "Logistic"),
        (calibration.CalibratedClassifierCV(clf, cv=2, method="isotonic"), f"{clf_name} Isotonic"),
        (calibration.CalibratedClassifierCV(clf, cv=2, method="sigmoid"), f"{clf_name} Sigmoid"),
    )
    rows: List[List[Any]] = [["Perfectly calibrated", end, end, 0, 0] for end in (0, 1)]
    for model, name in models:
        model.fit(train_x, train_y)
        probabilities = model.predict_proba(test_x)[:, 1]
        shares, means = calibration.calibration_curve(test_y, probabilities, n_bins=10)
        counts, edges = np.histogram(probabilities, bins=10)
        for share, mean, count, edge in zip(numbers(shares), numbers(means), numbers(counts), numbers(edges)):
            rows.append([name, round(share, 3), round(mean, 3), count, edge])
    columns = ["model", "fraction_of_positives", "mean_predicted_value", "hist_dict", "edge_dict"]
    log_chart("calibration_curve", "calibration/v1", columns, rows)


def plot_residuals(regressor: Any = None, X: Any = None, y: Any = None) -> None:
    """Log by how much a regressor's predictions are off, as points over the predictions, as `residuals`.

    A copy of it is fitted to four fifths of the data; each row has its scores for these and for the rest.
    """
    if not are_there(regressor=regressor, X=X, y=y) or not is_kind(regressor, "regressor"):
        return
    split = library("model_selection").train_test_split
    train_x, test_x, train_y, test_y = split(np.asarray(X), np.asarray(y), test_size=0.2, random_state=0)
    model = library("base").clone(regressor).fit(train_x, train_y)
    scores = [float(model.score(train_x, train_y)), float(model.score(test_x, test_y))]
    rows = []
    for part, data, true in (("train", train_x, train_y), ("test", test_x, test_y)):
        predicted = model.predict(data)
        rows += [[part, guess, off, *scores] for guess, off in zip(numbers(predicted), numbers(predicted - true))]
    columns = ["dataset", "y_pred", "residuals", "train_score", "test_score"]
    log_chart("residuals", "residuals_plot/v1", columns, rows[: wandb.Table.MAX_ROWS])


def plot_outlier_candidates(regressor: Any = None, X: Any = None, y: Any = None) -> None:
    """Log how much each sample moves a linear fit (Cook's distance), as `outlier_candidates`.

    Those above `influence_threshold` are candidates, `outlier_percentage` of all.
    """
    if not are_there(regressor=regressor, X=X, y=y) or not is_kind(regressor, "regressor"):
        return
    data, true = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    samples, features = data.shape
    leverage = (data * np.linalg.pinv(data).T).sum(axis=1)
    off = true - library("base").clone(regressor).fit(data, true).predict(data)
    error = (off @ off) / max(1, samples - features)
    with np.errstate(all="ignore"):
        distances = np.nan_to_num(off**2 / (features * error) * leverage / (1.0 - leverage) ** 2)
    threshold = 4.0 / samples
    share = round(100.0 * float((distances > threshold).mean()), 3)
    rows = [[distance, place, share, threshold] for place, distance in enumerate(numbers(distances))]
    columns = ["distance", "instance_indicies", "outlier_percentage", "influence_threshold"]
    log_chart("outlier_candidates", "outliers/v1", columns, rows[: wandb.Table.MAX_ROWS])
