"""Scenarios of console capture, for any tracker with the same interface."""
