"""A child that prints after the parent's finish."""

import os

from support import begin

run = begin()
reader, writer = os.pipe()
pid = os.fork()
if pid == 0:
    os.read(reader, 1)
    print("late", flush=True)
    os._exit(0)
print("early", flush=True)
run.finish()
os.write(writer, b"x")
os.waitpid(pid, 0)
