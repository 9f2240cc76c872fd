"""IPython's shell."""

import IPython
from support import begin

begin()
IPython.start_ipython(["--no-banner", "--colors=NoColor", "--HistoryManager.enabled=False", "--no-confirm-exit"])
print("after")
