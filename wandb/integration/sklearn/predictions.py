"""Charts of what a classifier has predicted: ROC, precision and recall, confusions, proportions of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

import wandb
from wandb.integration.sklearn.logged import are_there, library, log_chart, numbers

_MOST_POINTS = 1000


def plot_roc(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Any = None,
    plot_micro: bool = True,
    plot_macro: bool = True,
    classes_to_plot: Any = None,
) -> None:
    """Log the ROC curves of the classes, as `roc`; see `wandb.plot.roc_curve`."""
    if are_there(y_true=y_true, y_probas=y_probas):
        wandb.log({"roc": wandb.plot.roc_curve(y_true, y_probas, labels, classes_to_plot)})


def plot_precision_recall(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Any = None,
    plot_micro: bool = True,
    classes_to_plot: Any = None,
) -> None:
    """Log precision over recall of the classes, as `precision_recall`; see `wandb.plot.pr_curve`."""
    if are_there(y_true=y_true, y_probas=y_probas):
        wandb.log({"precision_recall": wandb.plot.pr_curve(y_true, y_probas, labels, classes_to_plot)})


def plot_confusion_matrix(
    y_true: Any = None,
    y_pred: Any = None,
    labels: Any = None,
    true_labels: Any = None,
    pred_labels: Any = None,
    normalize: Any = False,
) -> None:
    """Log how often each class was taken for which, as `confusion_matrix`; `normalize`: as shares of the true ones.

    `labels` are the names of the classes; `true_labels` and `pred_labels` choose classes. Upstream's chart takes the
    true class from the column that it calls "Predicted".
    """
    if not are_there(y_true=y_true, y_pred=y_pred):
        return
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    classes = library("utils.multiclass").unique_labels(true, predicted)
    counts = library("metrics").confusion_matrix(true, predicted, labels=classes)
    if normalize:
        with np.errstate(all="ignore"):
            counts = np.nan_to_num(np.around(counts / counts.sum(axis=1, keepdims=True), decimals=2))
    names = numbers(classes if labels is None else labels)
    chosen = [_chosen(classes, wanted) for wanted in (true_labels, pred_labels)]
    rows = [[names[i], names[j], counts[i, j].item()] for i in chosen[0] for j in chosen[1]][:_MOST_POINTS]
    log_chart("confusion_matrix", "confusion_matrix/v1", ["Predicted", "Actual", "Count"], rows)


def _chosen(classes: Any, wanted: Any) -> Any:
    if wanted is None:
        return range(len(classes))
    return [place for place, value in enumerate(classes) if value in set(wanted)]


def plot_class_proportions(y_train: Any = None, y_test: Any = None, labels: Any = None) -> None:
    """Log how often each class is in the data for training and for tests, as `class_proportions`."""
    if not are_there(y_train=y_train, y_test=y_test):
        return
    train, test = np.asarray(y_train), np.asarray(y_test)
    classes = library("utils.multiclass").unique_labels(train, test)
    rows = []
    for place, value in enumerate(classes):
        name = labels[place] if labels is not None and place < len(labels) else value
        plain = name.item() if hasattr(name, "item") else name
        rows += [[plain, part, int((data == value).sum())] for part, data in (("train", train), ("test", test))]
    columns = ["class", "dataset", "count"]
    log_chart("class_proportions", "class_proportions/v1", columns, rows[:_MOST_POINTS])
