"""The ready-made charts of `wandb.plot`: lines, points, bars, counts."""

from __future__ import annotations

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media.charts import CustomChart, plot_table
from wandb.media.table import Table
from wandb.media.values import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Set, Tuple, Union


def line(
    table: Table, x: str, y: str, stroke: Union[str, None] = None, title: str = "", split_table: bool = False
) -> CustomChart:
    """Lines through the columns `x` and `y`, one for each value of the column `stroke`."""
    return plot_table("wandb/line/v0", table, {"x": x, "y": y, "stroke": stroke}, {"title": title}, split_table)


def scatter(table: Table, x: str, y: str, title: str = "", split_table: bool = False) -> CustomChart:
    """Points at the columns `x` and `y`."""
    return plot_table("wandb/scatter/v0", table, {"x": x, "y": y}, {"title": title}, split_table)


def bar(table: Table, label: str, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """A bar for each row, as long as the column `value`, named by the column `label`."""
    return plot_table("wandb/bar/v0", table, {"label": label, "value": value}, {"title": title}, split_table)


def histogram(table: Table, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """How often the values of a column are in each range."""
    return plot_table("wandb/histogram/v0", table, {"value": value}, {"title": title}, split_table)


def line_series(
    xs: Iterable[Any],
    ys: Iterable[Iterable[Any]],
    keys: Union[Iterable[str], None] = None,
    title: str = "",
    xname: str = "x",
    split_table: bool = False,
) -> CustomChart:
    """Several lines: `ys` has one list a line; `xs` one list for all, or one each; `keys` their names.

    Raises UsageError if there is another number of them.
    """
    y_lists = [_listed(series, "ys") for series in _listed(ys, "ys")]
    x_lists = _listed(xs, "xs")
    if x_lists and _is_series(x_lists[0]):
        x_lists = [_listed(series, "xs") for series in x_lists]
        if len(x_lists) != len(y_lists):
            raise ArgumentValueError(f"Number of x-series ({len(x_lists)}) must match y-series ({len(y_lists)}).")
    else:
        x_lists = [x_lists] * len(y_lists)
    names = [f"line_{number}" for number in range(len(y_lists))] if keys is None else list(keys)
    if len(names) != len(y_lists):
        raise ArgumentValueError(f"Number of keys ({len(names)}) must match y-series ({len(y_lists)}).")
    rows = [[x, name, y] for x_list, y_list, name in zip(x_lists, y_lists, names) for x, y in zip(x_list, y_list)]
    fields = {"step": "step", "lineKey": "lineKey", "lineVal": "lineVal"}
    table = Table(["step", "lineKey", "lineVal"], rows)
    return plot_table("wandb/lineseries/v0", table, fields, {"title": title, "xname": xname}, split_table)


def _listed(values: Any, what: str) -> List[Any]:
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise ArgumentTypeError(f"`{what}` is a list, not {type(values).__name__}.")
    listed = plain(values if hasattr(values, "tolist") else list(values))
    if not isinstance(listed, list):
        raise ArgumentTypeError(f"`{what}` is a list, not a single {type(listed).__name__}.")
    return listed


def _is_series(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, (str, bytes))


def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Any = None,
    title: str = "Confusion Matrix Curve",
    split_table: bool = False,
) -> CustomChart:
    """How often each class was taken for which.

    `y_true`: the true classes. `preds`: the predicted ones; or `probs`: for each sample a list of the probabilities
    of all classes. `class_names`: names, in the order of the classes. Raises UsageError if these don't go together.
    """
    predicted = _predictions(probs, preds)
    if y_true is None:
        raise ArgumentValueError("confusion_matrix needs `y_true`, the true classes.")
    true = _listed(y_true, "y_true")
    for what, classes in (("y_true", true), ("preds", predicted)):
        if any(isinstance(value, (list, dict)) for value in classes):
            raise ArgumentValueError(f"`{what}` has one class for each sample, but some of them are lists.")
    if len(predicted) != len(true):
        raise ArgumentValueError("The number of predictions and true labels must be equal.")
    names, place = _named_places(_sorted({*true, *predicted}), class_names)
    counts = [[0.0] * len(names) for _ in names]
    for actual, guess in zip(true, predicted):
        counts[place[actual]][place[guess]] += 1
    rows = [[names[i], names[j], counts[i][j]] for i in range(len(names)) for j in range(len(names))]
    columns = ("Actual", "Predicted", "nPredictions")
    fields: Dict[str, Any] = {name: name for name in columns}
    return plot_table("wandb/confusion_matrix/v1", Table(list(columns), rows), fields, {"title": title}, split_table)


def _sorted(classes: Set[Any]) -> List[Any]:
    try:
        return sorted(classes)
    except TypeError as error:
        raise ArgumentTypeError(f"The classes are numbers, or texts, and all of one kind: {error}.") from error


def _named_places(seen: List[Any], class_names: Any) -> Tuple[List[Any], Dict[Any, int]]:
    """The names of the classes, and the place of each class that was seen: an index of the names, or a name itself."""
    if class_names is None:
        return [f"Class_{number}" for number in range(1, len(seen) + 1)], {value: n for n, value in enumerate(seen)}
    names = _listed(class_names, "class_names")
    if len(seen) > len(names):
        raise ArgumentValueError("The number of unique predicted classes exceeds the number of class names.")
    place = {value: number for number, value in enumerate(names)} if set(seen) <= set(names) else {}
    place.update({number: number for number in range(len(names)) if number not in place})
    for value in seen:
        if value not in place:
            raise ArgumentValueError(f"The class {value!r} is no index of the {len(names)} class names.")
    return names, place


def _predictions(probs: Any, preds: Any) -> List[Any]:
    if probs is not None and preds is not None:
        raise ArgumentValueError("Only one of `probs` or `preds` should be provided, not both.")
    if probs is None and preds is None:
        raise ArgumentValueError("confusion_matrix needs `preds`, the predicted classes, or `probs`.")
    if preds is not None:
        return _listed(preds, "preds")
    lists = [_listed(sample, "probs") for sample in _listed(probs, "probs")]
    try:
        return [max(range(len(sample)), key=sample.__getitem__) for sample in lists]
    except (TypeError, ValueError) as error:
        raise ArgumentValueError(f"`probs` has a list of probabilities for each sample: {error}.") from error
