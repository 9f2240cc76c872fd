"""pdb."""

import pdb

from support import begin

begin()
value = 41
pdb.set_trace()
print("after", value)
