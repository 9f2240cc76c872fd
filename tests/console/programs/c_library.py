"""What C code and os.write write."""

import ctypes
import os

from support import begin

begin()
print("by Python", flush=True)
os.write(1, b"by os.write\n")
libc = ctypes.CDLL(None)
libc.puts(b"by C")
libc.fflush(None)
