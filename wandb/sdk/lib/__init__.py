"""Parts that know only their callbacks: console, exit, terminal, values; plus a name that programs import."""

from __future__ import annotations


class RunDisabled:
    """Kept for `isinstance` checks of libraries: nothing is ever one; a disabled run is a `Run`."""
