"""An exception that nobody catches."""

from support import begin

begin()
print("before")
raise ValueError("boom")
