"""`wandb.integration.lightning.fabric` has a logger for Lightning Fabric; Lightning's trainer brings its own."""
