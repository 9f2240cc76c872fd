"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from json import dump as dump
from json import dumps as dumps
from json import load as load
from json import loads as loads
