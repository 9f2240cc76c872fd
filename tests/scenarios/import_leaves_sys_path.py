"""`import wandb` must not decide which copy of somebody else's package the program gets."""

import sys

before = list(sys.path)

import wandb  # noqa: E402, F401  after the snapshot

added = [path for path in sys.path if path not in before]
if added or sys.path != before:
    sys.exit(f"sys.path was changed; added: {added}")
