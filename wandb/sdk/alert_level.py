"""How urgent an alert is."""

from enum import Enum


class AlertLevel(Enum):
    """The levels that `Run.alert` takes; their values are what the record holds."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
