"""A __str__ that prints, a signal handler, a logging handler, and a __del__ at the very end that do."""

import logging
import os
import signal

from support import begin


class Loud:
    def __str__(self):
        print("inside __str__")
        return "outside"


class Dying:
    def __del__(self):
        print("by __del__")


class Handler(logging.Handler):
    def emit(self, record):
        print("handled:", record.getMessage())


begin()
print(Loud())
signal.signal(signal.SIGUSR1, lambda *_: print("by a signal handler"))
os.kill(os.getpid(), signal.SIGUSR1)
logging.getLogger("app").addHandler(Handler())
logging.getLogger("app").warning("message")
dying = Dying()
del dying
at_the_end = Dying()
