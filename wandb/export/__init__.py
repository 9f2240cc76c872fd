"""Recorded runs as files that other tools read: Parquet, CSV, JSON lines, TensorBoard's event files."""
