"""`python -m wandb` is the command `wandb`."""

from __future__ import annotations

from wandb.cli.main import main

if __name__ == "__main__":
    main(prog_name="wandb")
