"""ROC and precision-recall curves of classifiers, over scikit-learn's own functions."""

from __future__ import annotations

from wandb.errors import ArgumentValueError
from wandb.media.charts import CustomChart, plot_table
from wandb.media.pixels import array_from
from wandb.media.table import Table
from wandb.media.values import need
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Union

_DIGITS = 3


def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Union[List[str], None] = None,
    classes_to_plot: Union[List[Any], None] = None,
    interp_size: int = 21,
    title: str = "Precision-Recall Curve",
    split_table: bool = False,
) -> CustomChart:
    """Precision over recall, for each class against all others, at `interp_size` values of recall.

    `y_true`: true classes; `y_probas`: probabilities [sample, class]; `labels`: names of the classes. Needs
    scikit-learn. Raises UsageError for arguments that don't go together.
    """
    numpy = need("numpy", "wandb.plot.pr_curve")
    metrics = need("sklearn.metrics", "wandb.plot.pr_curve", "scikit-learn")
    # Counted from 0 upwards, as upstream does: 0.6 is then a trifle above 3/5, and so the next greater recall counts.
    recalls = numpy.linspace(0, 1, interp_size)[::-1]
    rows = []
    for number, name, true, scores in _classes(numpy, y_true, y_probas, labels, classes_to_plot):
        precision, recall, _ = metrics.precision_recall_curve(true, scores, pos_label=number)
        # Recall falls from 1 to 0; the precision at a recall is the best one of this recall or a greater one.
        best = numpy.maximum.accumulate(precision)[::-1]
        interpolated = best[numpy.searchsorted(recall[::-1], recalls, side="left")]
        rows += [[name, round(float(p), _DIGITS), round(float(r), _DIGITS)] for p, r in zip(interpolated, recalls)]
    axes = {"x-axis-title": "Recall", "y-axis-title": "Precision"}
    return _area(rows, "recall", "precision", {"title": title, **axes}, split_table)


def roc_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Union[List[str], None] = None,
    classes_to_plot: Union[List[Any], None] = None,
    title: str = "ROC Curve",
    split_table: bool = False,
) -> CustomChart:
    """True positive rate over false positive rate, for each class against all others.

    Arguments as of `pr_curve`. Needs scikit-learn. Raises UsageError for arguments that don't go together.
    """
    numpy = need("numpy", "wandb.plot.roc_curve")
    metrics = need("sklearn.metrics", "wandb.plot.roc_curve", "scikit-learn")
    rows = []
    for number, name, true, scores in _classes(numpy, y_true, y_probas, labels, classes_to_plot):
        false_rate, true_rate, _ = metrics.roc_curve(true, scores, pos_label=number)
        rows += [[name, round(float(f), _DIGITS), round(float(t), _DIGITS)] for f, t in zip(false_rate, true_rate)]
    axes = {"x-axis-title": "False positive rate", "y-axis-title": "True positive rate"}
    return _area(rows, "fpr", "tpr", {"title": title, **axes}, split_table)


def _classes(numpy: Any, y_true: Any, y_probas: Any, labels: Any, wanted: Any) -> Iterable[Any]:
    """(class, its name, true classes, scores for it) of each class that is wanted."""
    if y_true is None or y_probas is None:
        raise ArgumentValueError("A curve needs `y_true`, the true classes, and `y_probas`, the probabilities.")
    true, probabilities = array_from(y_true), array_from(y_probas)
    if true.ndim != 1:
        raise ArgumentValueError(f"`y_true` has one class for each sample; its shape is {list(true.shape)}.")
    if probabilities.ndim != 2 or len(probabilities) != len(true):
        raise ArgumentValueError(
            f"`y_probas` has a list of probabilities for each of the {len(true)} samples, one a class; "
            f"its shape is {list(probabilities.shape)}."
        )
    classes = numpy.unique(true)
    if len(classes) > probabilities.shape[1]:
        raise ArgumentValueError(f"There are {len(classes)} classes, and probabilities of {probabilities.shape[1]}.")
    for number, value in enumerate(classes):
        if wanted is not None and value not in wanted:
            continue
        plain = value.item() if hasattr(value, "item") else value
        name = labels[number] if labels is not None and number < len(labels) else plain
        yield value, name, true, probabilities[:, number]


def _area(rows: List[Any], x: str, y: str, texts: Any, split_table: bool) -> CustomChart:
    columns = ("class", "precision", "recall") if x == "recall" else ("class", "fpr", "tpr")
    if len(rows) > Table.MAX_ROWS:
        termwarn(f"wandb uses only {Table.MAX_ROWS} data points of a curve.", repeat=False)
        rows = _sampled(rows)
    fields = {"x": x, "y": y, "class": "class"}
    return plot_table("wandb/area-under-curve/v0", Table(list(columns), rows), fields, texts, split_table)


def _sampled(rows: List[Any]) -> List[Any]:
    """As many points as a table shows, chosen as upstream does: the same share of each class."""
    resample = need("sklearn.utils", "A curve", "scikit-learn").resample
    classes = [row[0] for row in rows]
    chosen = resample(rows, replace=False, n_samples=Table.MAX_ROWS, random_state=42, stratify=classes)
    return sorted(chosen, key=lambda row: (row[1], row[2], row[0]))
