"""ipdb, imported before the tracker."""

import ipdb
from support import begin

begin()
value = 41
ipdb.set_trace()
print("after", value)
