"""The door from a run to its logs and its service."""
