"""A logging handler, a stream reference and a bound method that are older than the run."""

import logging
import sys

from support import begin

handler = logging.StreamHandler(sys.stdout)
logger = logging.getLogger("app")
logger.addHandler(handler)
stream, write = sys.stderr, sys.stdout.write
begin()
logger.warning("by the handler")
print("by the reference", file=stream, flush=True)
