"""The same faults with this package, upstream's release, trackio and mlflow: what is readable afterwards."""
