"""What a program can see of its terminal."""

import os
import subprocess
import sys

from support import begin

begin()
print([stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)], os.get_terminal_size(), flush=True)
print(sys.stdout.encoding, sys.stdout.errors, sys.stdout.line_buffering, type(sys.stdout).__name__, sys.stdout.fileno())
subprocess.run([sys.executable, "-c", "import sys, os; print(sys.stdout.isatty(), os.get_terminal_size())"], check=True)
