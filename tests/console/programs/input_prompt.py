"""input() with the terminal's own editing."""

from support import begin

begin()
print("before")
print("got", input("name? "))
