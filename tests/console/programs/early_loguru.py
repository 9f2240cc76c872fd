"""A loguru sink that is older than the run."""

import sys

from loguru import logger
from support import begin

logger.remove()
logger.add(sys.stderr, format="{message}")
begin()
logger.info("by loguru")
