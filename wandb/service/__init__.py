"""The helper process of a run: `python -m wandb.service RUN_DIR`."""
