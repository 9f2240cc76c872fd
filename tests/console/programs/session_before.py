"""A prompt_toolkit session with completion that is older than the run."""

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from support import begin

session = PromptSession(completer=WordCompleter(["alpha", "beta"]), complete_while_typing=False)
begin()
print("got", session.prompt("one> "))
print("got", session.prompt("two> "))
