"""The bar chart of what a boosted model's features are worth, as the callbacks for such models log it."""

from __future__ import annotations

from typing import Iterable, Tuple

import wandb

TITLE = "Feature Importance"


def log_importance(importance: Iterable[Tuple[str, float]]) -> None:
    """Log it to the current run, as a chart with its table; nothing if the model has used no feature."""
    rows = [[name, value] for name, value in importance]
    if rows:
        table = wandb.Table(data=rows, columns=["Feature", "Importance"])
        wandb.log({TITLE: wandb.plot.bar(table, "Feature", "Importance", title=TITLE)})
