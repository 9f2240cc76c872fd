"""input() with readline: arrows, beginning of line, history."""

import readline  # noqa: F401

from support import begin

begin()
print("got", input("first? "))
print("got", input("second? "))
