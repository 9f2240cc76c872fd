"""The errors a caller can meet, and nothing else; every room may import this one.

Error
├── UsageError                    the call was wrong: fix the program
│   ├── UnsupportedError          the call is right, but this build cannot do it
│   │   └── NotYetError           ... because a later release brings it; names what is missing
│   │       ├── MissingModuleError    ... when it is imported; an ImportError too
│   │       └── MissingAttributeError ... when it is looked up; an AttributeError too
│   ├── ArgumentTypeError         an argument has the wrong type; a TypeError too, for programs that catch that
│   ├── ArgumentValueError        an argument or a setting has a wrong value; a ValueError too
│   └── ConfigError               a config value is locked or cannot be merged
├── CommError                     the server could not be reached, or refused
│   ├── AuthenticationError       ... because of the API key
│   ├── ApiTypeError              a call of the public API got an argument of the wrong type; an ArgumentTypeError too
│   └── ApiValueError             ... or of a wrong value; an ArgumentValueError too
├── WandbCoreNotAvailableError    kept for programs that catch it; never raised here
└── LogError                      a file of a run cannot be read as it should
    ├── IncompleteFrame           the end is not written yet: come back later
    └── CorruptLog                the bytes are damaged: never come back

`NoSuchKey` stands beside the tree: what a summary raises for a value that it lacks is a KeyError and an AttributeError.
The recording side raises `UsageError` only, and only from calls that the user made.
"""

from __future__ import annotations


class Error(Exception):
    """Base of all errors raised by this package."""

    def __init__(self, message: str = "", context: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.context = context or {}


class UsageError(Error):
    """A call, an argument or a setting is wrong."""


class UnsupportedError(UsageError):
    """The call is understood, but can't be done here."""


class NotYetError(UnsupportedError):
    """A part of the public interface that this build does not have yet."""

    def __init__(self, what: str, instead: str = "") -> None:
        """`instead` is a sentence on what to do, where there is something."""
        super().__init__(f"{what} is not part of this build yet (see the table in the README). {instead}".rstrip())


class MissingModuleError(NotYetError, ImportError):
    """A module that a later release brings; an ImportError too, for programs that can do without it."""


class MissingAttributeError(NotYetError, AttributeError):
    """A name that a later release brings; an AttributeError too, for `hasattr` and `getattr` with a default."""


class ArgumentTypeError(UsageError, TypeError):
    """An argument of a public call has the wrong type."""


class ArgumentValueError(UsageError, ValueError):
    """An argument of a public call, or a setting, has a value that it can't have."""


class ConfigError(UsageError):
    """A config key is locked, or its value can't be merged."""


class CommError(Error):
    """The server could not be reached, or refused the request; `exc` is the cause."""

    def __init__(self, msg: str = "", exc: Exception | None = None) -> None:
        super().__init__(msg)
        self.exc = exc


class AuthenticationError(CommError):
    """The API key is missing, malformed or refused, or may not do what was asked."""


class ApiTypeError(CommError, ArgumentTypeError):
    """An argument of a call of `wandb.Api`, or of its objects, has the wrong type; programs catch a CommError."""


class ApiValueError(CommError, ArgumentValueError):
    """An argument of a call of `wandb.Api`, or of its objects, has a value that it can't have, or that nothing has."""


class WandbCoreNotAvailableError(Error):
    """Kept by name for programs that catch it; this package needs no such binary."""


class NoSuchKey(KeyError, AttributeError):
    """A summary has no such value: for attributes too, so that `hasattr` works, and who expects a KeyError goes on."""


class LogError(Error):
    """A file of a run can't be read as it should."""


class IncompleteFrame(LogError):
    """The end of the log is not written yet: not a fault, ask again later."""


class CorruptLog(LogError):
    """The bytes at this place of a log are damaged and will stay so."""
