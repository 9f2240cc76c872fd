"""A child that prints and is killed, and one that ends by os._exit."""

import os
import signal

from support import begin

begin()
for last in ("killed", "gone"):
    pid = os.fork()
    if pid == 0:
        print("last words of the one that is", last, flush=True)
        if last == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(0)
    os.waitpid(pid, 0)
