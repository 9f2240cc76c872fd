"""Finalizers that print as the interpreter ends, when no module can be loaded any more."""

import builtins
import sys

from support import begin


class Dying:
    def __init__(self, name, stream):
        self.name = name
        self.stream = stream

    def __del__(self):
        print("the end of", self.name, file=self.stream, flush=True)


begin()
print("training", flush=True)
model = Dying("a model", sys.stdout)
builtins.cache = Dying("a cache", sys.stderr)
