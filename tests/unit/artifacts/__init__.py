"""Artifacts, without a run."""
