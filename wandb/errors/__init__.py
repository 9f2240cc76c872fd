"""The errors a caller can meet; the tree is in `errors.errors`, and `errors.term` is an older path of the terminal."""

from __future__ import annotations

from wandb.errors.errors import ApiTypeError as ApiTypeError
from wandb.errors.errors import ApiValueError as ApiValueError
from wandb.errors.errors import ArgumentTypeError as ArgumentTypeError
from wandb.errors.errors import ArgumentValueError as ArgumentValueError
from wandb.errors.errors import AuthenticationError as AuthenticationError
from wandb.errors.errors import CommError as CommError
from wandb.errors.errors import ConfigError as ConfigError
from wandb.errors.errors import CorruptLog as CorruptLog
from wandb.errors.errors import Error as Error
from wandb.errors.errors import IncompleteFrame as IncompleteFrame
from wandb.errors.errors import LogError as LogError
from wandb.errors.errors import MissingAttributeError as MissingAttributeError
from wandb.errors.errors import MissingModuleError as MissingModuleError
from wandb.errors.errors import NoSuchKey as NoSuchKey
from wandb.errors.errors import NotYetError as NotYetError
from wandb.errors.errors import UnsupportedError as UnsupportedError
from wandb.errors.errors import UsageError as UsageError
from wandb.errors.errors import WandbCoreNotAvailableError as WandbCoreNotAvailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wandb.errors import term as term


def __getattr__(name: str) -> object:
    # Programs write `wandb.errors.term` after a plain `import wandb`.
    if name != "term":
        raise AttributeError(f"module 'wandb.errors' has no attribute {name!r}")
    from importlib import import_module

    return import_module("wandb.errors.term")
