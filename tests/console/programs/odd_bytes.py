"""Bytes that are no UTF-8, a character in two writes, a very long line."""

import sys

from support import begin

begin()
sys.stdout.buffer.write(b"bad \xff byte\n")
sys.stdout.flush()
print("caf\u00e9 \u6f22\u5b57 \U0001f40d")
print("x" * 100_000 + "end")
