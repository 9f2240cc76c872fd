"""The version of this package: the public interface it follows, and which patched fork of it this is."""

from __future__ import annotations

__version__ = "0.31.0+fork.1"

# What every version of this fork has in its name: readers tell our logs from upstream's by it.
FORK_MARK = "+fork."
