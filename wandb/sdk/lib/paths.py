"""Older import path; see ARCHITECTURE.md, "Aliases"."""

import os
from typing import Union

StrPath = Union[str, "os.PathLike[str]"]
