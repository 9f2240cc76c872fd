"""The version of this package: the public interface it follows, and which patched fork of it this is."""

from __future__ import annotations

__version__ = "0.31.0+fork.1"
