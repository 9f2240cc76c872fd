"""A pytest session with capsys and capfd."""

import sys

import pytest

TEST = '''
import os
from support import begin

def test_capsys(capsys):
    run = begin()
    print("by print")
    assert capsys.readouterr().out == "by print\\n"
    run.finish()

def test_capfd(capfd):
    run = begin()
    print("by print, too", flush=True)
    os.write(1, b"by os.write\\n")
    if os.environ["SCENARIO_MODE"] == "redirect":
        run.finish()
    assert capfd.readouterr().out == "by print, too\\nby os.write\\n"
    run.finish()
'''
with open("test_it.py", "w") as file:
    file.write(TEST)
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--no-header", "--no-summary", "test_it.py"]))
