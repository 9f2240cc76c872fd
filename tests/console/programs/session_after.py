"""A prompt_toolkit session and patch_stdout after init."""

from support import begin

begin()
from prompt_toolkit import PromptSession  # noqa: E402
from prompt_toolkit.patch_stdout import patch_stdout  # noqa: E402

session = PromptSession()
with patch_stdout():
    print("inside")
    print("got", session.prompt("one> "))
print("outside")
