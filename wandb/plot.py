"""Charts, where programs look for them; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

from wandb.media.charts import CustomChart as CustomChart
from wandb.media.charts import Visualize as Visualize
from wandb.media.charts import plot_table as plot_table
from wandb.media.charts import visualize as visualize
from wandb.media.curves import pr_curve as pr_curve
from wandb.media.curves import roc_curve as roc_curve
from wandb.media.plots import bar as bar
from wandb.media.plots import confusion_matrix as confusion_matrix
from wandb.media.plots import histogram as histogram
from wandb.media.plots import line as line
from wandb.media.plots import line_series as line_series
from wandb.media.plots import scatter as scatter
