"""Streams that can only write, or that are None or closed."""

import sys

from support import begin


class WriteOnly:
    def __init__(self, stream):
        self.write = stream.write


original = sys.stdout
sys.stdout, sys.stderr = WriteOnly(sys.stdout), None
run = begin()
print("write only")
run.finish()
sys.stdout = original
closed = open("/dev/null", "w")  # noqa: SIM115
closed.close()
sys.stderr = closed
run = begin()
run.finish()
print("end")
