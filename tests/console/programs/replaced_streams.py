"""Streams that the program replaces while the run goes on."""

import contextlib
import io
import sys

from support import begin


class Tee:
    def __init__(self, stream):
        self.stream, self.copy = stream, []

    def write(self, text):
        self.copy.append(text)
        return self.stream.write(text)

    def flush(self):
        self.stream.flush()


run = begin()
with contextlib.redirect_stdout(io.StringIO()) as caught:
    print("caught")
assert caught.getvalue() == "caught\n"
sys.stdout = tee = Tee(sys.stdout)
print("through the tee")
run.finish()
print("after finish")
assert sys.stdout is tee and "".join(tee.copy) == "through the tee\nafter finish\n"
