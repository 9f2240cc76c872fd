"""Other libraries, run for real, and what their integrations leave in the run."""
