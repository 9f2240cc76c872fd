"""Callbacks for other libraries, one file each; they use `wandb` as any program does."""
