"""How often and for how long a request to a server is tried: by the helper of a run, and by downloads."""

from __future__ import annotations

import random
from typing import NamedTuple

_JITTER = 0.25
MOST_ASKED = 21600.0  # seconds that a server may ask to be left alone: none means more than a quarter of a day


class Patience(NamedTuple):
    """How long one kind of request is tried."""

    retries: int
    least: float  # seconds between the first two tries; doubled each time
    most: float
    timeout: float  # seconds without an answer

    def wait(self, tries: int) -> float:
        """Seconds to wait after so many tries that failed, 1 or more; a quarter of it is left to chance."""
        usual = self.least * 2.0 ** min(tries - 1, 30)
        return min(usual * (1 + random.uniform(0, _JITTER)), self.most)
