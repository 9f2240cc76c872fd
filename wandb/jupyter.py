"""The magic command `%wandb`, for `%load_ext wandb.jupyter`; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.notebook_display import load_ipython_extension as load_ipython_extension
