"""Who writes: the process, its rank and name, and the thread, as they go into a record of console text.

The main thread of the process that called `init` is the usual one and needs no words; what is to be known of it stands
in the run record.
"""

from __future__ import annotations

import os
import sys
import threading

from wandb.wire.encode import info_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

# Set by torchrun and most launchers; by launchers of one machine; by SLURM.
_RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
_MOST_THREADS = 1000  # whose words are remembered: a server may have a thread with a name of its own for each request


def rank() -> int | None:
    """The number of this process among those that train together; None if no launcher has given one."""
    for name in _RANKS:
        value = os.environ.get(name, "")
        if value.isdigit():
            return int(value)
    return None


class Source:
    """What this process is called; made once in each process."""

    def __init__(self, pid: int, is_creator: bool, kept: str) -> None:
        """`kept` is the setting `console_processes`: whose console text is recorded."""
        self._main_thread = threading.main_thread().ident
        self._pid = pid
        self._of_main_thread = b"" if is_creator else None
        self._of_threads: Dict[str, bytes] = {}  # by name
        self.is_silent = (kept == "creator" and not is_creator) or (kept == "rank0" and bool(rank()))

    def usual_thread(self) -> int:
        """The thread whose text is recorded and needs no words; 0 if there is none."""
        return self._main_thread or 0 if self._of_main_thread == b"" and not self.is_silent else 0

    def of_this_thread(self) -> bytes:
        """A JSON object with `pid` and, where they say something, `rank`, `process` and `thread`, encoded; or b""."""
        ident = threading.get_ident()
        if ident == self._main_thread:
            if self._of_main_thread is None:  # not before: a spawned process gets its name when it is under way
                self._of_main_thread = self._encoded(self._process())
            return self._of_main_thread
        # Not `current_thread()`: it would register threads that Python's `threading` does not know.
        known = getattr(threading, "_active", {}).get(ident)
        name = known.name if known else str(ident)
        encoded = self._of_threads.get(name)
        if encoded is None:
            if len(self._of_threads) >= _MOST_THREADS:
                self._of_threads.clear()
            encoded = self._of_threads[name] = self._encoded({**self._process(), "thread": name})
        return encoded

    def _process(self) -> Dict[str, Any]:
        number, name = rank(), _process_name()
        found: Dict[str, Any] = {"pid": self._pid}
        if number is not None:
            found["rank"] = number
        if name:
            found["process"] = name
        return found

    def _encoded(self, values: Dict[str, Any]) -> bytes:
        from wandb.sdk.lib.json_values import dumps

        return info_field(dumps(values))


def _process_name() -> str:
    """The name that multiprocessing has given to this process; "" for a main process."""
    module = sys.modules.get("multiprocessing.process")
    name = str(module.current_process().name) if module is not None else ""
    return "" if name == "MainProcess" else name
