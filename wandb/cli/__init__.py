"""The command `wandb`; see `main.py`."""
