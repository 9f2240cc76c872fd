"""Older import paths of the bases of media."""
