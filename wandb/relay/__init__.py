"""The way of what is written to a descriptor: into the run's record, and on to where it would have gone without us."""
