"""faulthandler's last words."""

import faulthandler

from support import begin

begin()
faulthandler.enable()
print("before", flush=True)
faulthandler._sigsegv()
