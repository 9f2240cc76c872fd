"""One captured descriptor: writers -> (pty ->) pipe -> store -> the spool, and the original stream.

The store is a file in memory to which every byte is moved by the kernel, so that no killed process takes any with it.
How far the bytes have got stands in memory that the creator and the relay share (`positions`); whoever holds its
record lock moves them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import termios

from wandb.descriptors import close_if, has_hung_up, identity_of, is_ready, out_of_reach
from wandb.relay import kernel, positions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Tuple

_GONE = (errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO, errno.ECONNRESET)
_PIPE_SIZE = 1 << 20
_MOST_AT_ONCE = 65536
_MOST_NOT_SHOWN = 4 << 20
_LEAST_TO_FREE = 1 << 20


class Channel:
    """The descriptors of one stream in this process; positions are bytes since the beginning."""

    def __init__(self, numbers: Dict[str, Any]) -> None:
        """From what `numbers` gives in the creator; the descriptors must be open here under the same numbers."""
        self.name = str(numbers["name"])
        self.is_stdout = bool(numbers["is_stdout"])
        self.source, self.sink, self.master = (int(numbers[key]) for key in ("source", "sink", "master"))
        self.store, self.state, self.original = (int(numbers[key]) for key in ("store", "state", "original"))
        self.positions = positions.Positions(self.state)
        self._identities = {number: identity_of(number) for number in self.descriptors()}
        self._splices = True

    @classmethod
    def create(cls, descriptor: int, name: str) -> Tuple[Channel, int]:
        """A channel that leads on to what `descriptor` is now, and the end that writers get. Raises OSError."""
        if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
            raise OSError(errno.EFBIG, "files of this process may not grow without a limit, and the store is one")
        opened = []

        def kept(number: int) -> int:
            opened.append(number)
            return number

        try:
            original = kept(out_of_reach(os.dup(descriptor)))
            source, sink = (kept(out_of_reach(number)) for number in os.pipe())
            kernel.widen_pipe(source, _PIPE_SIZE)
            os.set_blocking(source, False)
            master = -1
            if os.isatty(original):
                master, slave = (kept(out_of_reach(number)) for number in os.openpty())
                os.set_blocking(master, False)
                _make_alike(original, slave)
            store = kept(out_of_reach(kernel.memory_file("console")))
            state = kept(out_of_reach(positions.create()))
            numbers = {
                "name": name, "is_stdout": descriptor == 1, "source": source, "sink": sink if master >= 0 else -1,
                "master": master, "store": store, "state": state, "original": original,
            }  # fmt: skip
            return cls(numbers), slave if master >= 0 else sink
        except BaseException:
            for number in opened:
                os.close(number)
            raise

    def numbers(self) -> Dict[str, Any]:
        """What another process needs besides the descriptors."""
        names = ("name", "is_stdout", "source", "sink", "master", "store", "state", "original")
        return {name: getattr(self, name) for name in names}

    def descriptors(self) -> Tuple[int, ...]:
        """Those that are open in this process."""
        every = (self.source, self.sink, self.master, self.store, self.state, self.original)
        return tuple(number for number in every if number >= 0)

    def is_open(self) -> bool:
        """Whether the descriptors still are what they were: a program may have closed all that it did not know."""
        return all(identity_of(number) == self._identities[number] is not None for number in self.descriptors())

    def close(self) -> None:
        """Let go of all descriptors in this process; a second call does nothing."""
        if self.state < 0:
            return
        for number in self.descriptors():
            close_if(number, self._identities[number])
        self.source = self.sink = self.master = self.store = self.state = self.original = -1

    # ---- from the writers to the store

    def wait(self, seconds: float) -> None:
        """Wait until there is something to take, or for so long."""
        poller = select.poll()
        poller.register(self.source, select.POLLIN)
        if self.master >= 0:
            poller.register(self.master, select.POLLIN)
        poller.poll(seconds * 1000)

    def take(self) -> bool:
        """Move what is there to the store; whether the end has come: no process has a writing end any more."""
        ended = self._take_from_terminal() if self.master >= 0 else False
        while self.has_room():
            try:
                moved = self._move(self.source, self.store, self.size())
            except BlockingIOError:
                return ended
            if moved == 0:
                return True
        return False

    def _take_from_terminal(self) -> bool:
        while True:
            try:
                if self._move(self.master, self.sink, None) == 0:
                    return True
            except BlockingIOError:
                return False
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                return True  # that is how a pty says that its other end is closed

    def _move(self, source: int, target: int, offset: int | None) -> int:
        if self._splices:
            try:
                return kernel.splice(source, target, _PIPE_SIZE, offset)
            except BlockingIOError:
                raise
            except OSError as error:
                if error.errno == errno.EIO:
                    raise
                self._splices = False
        data = os.read(source, _MOST_AT_ONCE)
        if offset is None:
            target, offset = self.store, self.size()
        return os.pwrite(target, data, offset) if data else 0

    def is_empty(self) -> bool:
        """Whether all that was written so far is in the store."""
        # The kernel brings a pty's bytes over when it is polled, so this is no guess. Its end counts as ready, too.
        if self.master >= 0 and is_ready(self.master, 0.0) and kernel.waiting_bytes(self.master):
            return False
        return not kernel.waiting_bytes(self.source)

    def has_writers(self) -> bool:
        """Whether any process can still write to it."""
        return not has_hung_up(self.master if self.master >= 0 else self.source)

    def is_drained(self) -> bool:
        """Whether all that was written so far is where it belongs."""
        return self.is_empty() and self.has_brought(self.size())

    def has_brought(self, target: int) -> bool:
        """Whether the first `target` bytes are in the record and on the original stream."""
        return min(self.positions.shown, self.positions.framed) >= target

    # ---- from the store

    def size(self) -> int:
        """How many bytes have come to the store."""
        return os.fstat(self.store).st_size

    def has_room(self) -> bool:
        """False while the original stream takes nothing: then its writers wait, as they would without us."""
        return self.size() - self.positions.shown < _MOST_NOT_SHOWN

    def read(self, start: int, most: int) -> bytes:
        """Bytes of the store."""
        return os.pread(self.store, most, start)

    def show(self, seconds: float | None = None) -> None:
        """Write to the original stream what comes next, as it takes it. Waits where it has to, or so long at most."""
        data = self.read(self.positions.shown, _MOST_AT_ONCE if seconds is None else select.PIPE_BUF)
        if data and not self.positions.is_broken:
            if seconds is not None and not self._is_writable(seconds):
                return
            try:
                data = data[: os.write(self.original, data)]
            except BlockingIOError:  # somebody has made the terminal so
                self._is_writable(1.0)
                return
            except OSError as error:
                if error.errno in _GONE:
                    self.positions.break_off()  # the program goes on, and so does the record
                # Else a full disk, perhaps for a while: this is lost there, as it would be without us.
        self.positions.show(len(data))
        self.free()

    def _is_writable(self, seconds: float) -> bool:
        return is_ready(self.original, seconds, to_write=True)

    def free(self) -> None:
        """Give back the memory of what nobody needs any more."""
        start, end = self.positions.to_free(_LEAST_TO_FREE)
        if end:
            kernel.give_back(self.store, start, end)

    def leave_out(self, most: int) -> None:
        """Keep no more than `most` bytes for the record, the oldest; for a disk that takes nothing."""
        start, end = self.positions.leave_out(self.size(), most)
        if end > start:
            kernel.give_back(self.store, start, end)

    # ---- who moves them, and the terminal

    def lock(self) -> bool:
        """Become the process that moves the bytes; False if another one is. Until `unlock`, or its end."""
        try:
            fcntl.lockf(self.state, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def unlock(self) -> None:
        """Let others move them."""
        fcntl.lockf(self.state, fcntl.LOCK_UN)

    def follow_window(self) -> bool:
        """Give the pty the size of the original terminal's window; whether it has changed."""
        if self.master < 0:
            return False
        try:
            size = fcntl.ioctl(self.original, termios.TIOCGWINSZ, bytes(8))
            if size == fcntl.ioctl(self.master, termios.TIOCGWINSZ, bytes(8)):
                return False
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)
        except OSError:
            return False  # the terminal is gone
        return True


def _make_alike(original: int, slave: int) -> None:
    """Give a new pty the settings of the original terminal, which does all that is to be done to the text."""
    attributes = termios.tcgetattr(original)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    size = fcntl.ioctl(original, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
