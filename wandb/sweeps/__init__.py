"""Sweeps: runs whose configuration is drawn from a space of parameters. `wandb.sweep` and `wandb.agent` lead here."""
