"""A shell command and another Python."""

import subprocess
import sys

from support import begin

begin()
print("before", flush=True)
subprocess.run("echo by the shell; echo to its stderr >&2", shell=True, check=True)
subprocess.run([sys.executable, "-c", "print('by another Python')"], check=True)
print("after")
