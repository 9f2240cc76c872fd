"""sys.exit with a text, in the run's own block."""

import sys

from support import begin

with begin():
    print("before")
    sys.exit("that was it")
