"""Older import paths of parts of images."""
