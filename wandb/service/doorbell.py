"""The service's end of the socket pair that its creator and the creator's forked children hold the other end of.

A line's end that comes means "hurry": there is a last word to read. From then on the service says twice a second that
it is at it, so that nobody waits for one that is stopped. Any other byte means "look": there is something that shall
not wait. The end of the other side means that no process of the run is left.
"""

from __future__ import annotations

import os
import select
import stat
import threading

from wandb.descriptors import is_ready

_UP, _AT_IT, _DONE = b"u", b".", b"done"
_HURRY = b"\n"
_BEAT_SECONDS = 0.5


class Doorbell:
    """Listens in a thread. Where there is no such socket (a person started the service), nobody rings."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._silent = self._is_at_it = False
        self.is_stuck = False  # the disk refuses: nobody shall wait for us until it does no more
        self.abandoned = not _is_socket(descriptor)
        if not self.abandoned:
            self._say(_UP)
            threading.Thread(target=self._listen, name="doorbell", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, or for so long; whether it rang."""
        rang = self._rung.wait(seconds)
        self._rung.clear()
        return rang

    def say_done(self) -> None:
        """The run is complete; the last thing that is said."""
        self._say(_DONE)
        self._silent = True

    def _listen(self) -> None:
        poller = select.poll()
        poller.register(self._descriptor, select.POLLIN)
        while not self.abandoned:
            if poller.poll(_BEAT_SECONDS * 1000 if self._is_at_it else None):
                heard = self._heard()
                self.abandoned = not heard
                self._is_at_it = self._is_at_it or self.abandoned or _HURRY in heard
                self._rung.set()
            elif self._is_at_it and not self.is_stuck and is_ready(self._descriptor, 0.0, to_write=True):
                self._say(_AT_IT)  # never the last word that there is room for: perhaps nobody reads

    def _heard(self) -> bytes:
        try:
            return os.read(self._descriptor, 4096)
        except OSError:
            return b""

    def _say(self, word: bytes) -> None:
        with self._lock:
            if not self.abandoned and not self._silent:
                try:
                    os.write(self._descriptor, word)
                except OSError:
                    return  # nobody listens any more


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False
