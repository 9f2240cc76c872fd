"""`wandb.sagemaker_auth`: the key, for training jobs of SageMaker, which get it as a file beside their code."""

from __future__ import annotations

import os
import re

from wandb.credentials import find_key
from wandb.errors import ArgumentValueError
from wandb.sdk import session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Union

_FILE = "secrets.env"
_KEY = "WANDB_API_KEY"
_NAME = re.compile(r"[^\s=]+")


def sagemaker_auth(
    overrides: Union[Dict[str, Any], None] = None, path: str = ".", api_key: Union[str, None] = None
) -> None:
    """Write `secrets.env` into the folder `path`: one `NAME=value` a line, `overrides` and the API key.

    The key is that of `overrides`, else `api_key`, else the one that `wandb login` keeps. Only you may read the file.
    Raises UsageError (a ValueError) if no key is known, for a value with more than one line, or for a name that
    no variable can have.
    """
    values = {str(name): str(value) for name, value in (overrides or {}).items()}
    if _KEY not in values:
        found = find_key(session.settings(), os.environ)
        key = api_key or (found[0] if found else None)
        if key is None:
            raise ArgumentValueError(f"There is no API key: set {_KEY}, give `api_key`, or run `wandb login`.")
        values[_KEY] = key
    for name, value in values.items():
        if not _NAME.fullmatch(name):
            raise ArgumentValueError(f"{name!r} can't be the name of a variable in {_FILE}.")
        if "\n" in value:
            raise ArgumentValueError(f"The value of {name} has more than one line, which {_FILE} can't hold.")
    descriptor = os.open(os.path.join(path, _FILE), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)  # also one that was there
        file.write("".join(f"{name}={value}\n" for name, value in values.items()))
