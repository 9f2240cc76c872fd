"""Older import path of molecules."""

from wandb.media.molecule import Molecule as Molecule
