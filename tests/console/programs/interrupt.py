"""Ctrl-C on a terminal."""

import time

from support import begin

begin()
print("training", flush=True)
try:
    time.sleep(30)
except KeyboardInterrupt:
    print("interrupted")
raise SystemExit(7)
