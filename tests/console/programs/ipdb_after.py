"""ipdb, imported after init."""

from support import begin

begin()
import ipdb  # noqa: E402

value = 41
ipdb.set_trace()
print("after", value)
