"""Text and bytes, by each way that Python has."""

import sys

from support import begin

begin()
print("printed")
sys.stdout.write("written\n")
sys.stdout.writelines(["one of lines\n", "two of lines\n"])
sys.stdout.flush()
sys.stdout.buffer.write(b"as bytes\n")
sys.stdout.flush()
print("an error", file=sys.stderr)
sys.stderr.flush()
sys.stderr.buffer.write(b"error bytes\n")
print("no end", end="")
