"""code.interact."""

import code

from support import begin

begin()
code.interact(banner="hello", local={"value": 41})
print("after")
