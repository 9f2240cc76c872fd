"""The files of a run, append-only; knows how records are framed and where, not what they mean."""
