"""Processes are killed at random moments; nothing that a call has returned for may be missing."""
