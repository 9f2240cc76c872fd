"""Moves the bytes of a channel, while this process holds its lock: to the store, to the original stream, to the spool.

In the relay each of the three has a thread, so that a terminal that is held (Ctrl-S) or a disk that hangs stops none
of the others. The creator, at the end of a run whose relay is gone, does the same by steps (`drain`).
"""

from __future__ import annotations

import codecs
import os
import threading
from time import monotonic, time_ns

from wandb.runlog.layout import is_gone
from wandb.runlog.spool import RECORD, Spool
from wandb.wire.encode import MOMENT_BITS, info_field, moment_field, named, output_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wandb.relay.channel import Channel

# What a disk that takes nothing may make us hold for the record, and how often it is tried again.
KEPT_BYTES = 16 << 20
_RETRY_SECONDS = 1.0
# How long the end of a run waits for such a disk.
_PATIENCE_SECONDS = 60.0
_FRAME_BYTES = 65536
# How long the first bytes of a character wait for the others.
_HALF_CHARACTER_SECONDS = 1.0
_LOOK_SECONDS = 0.25
# Any process may have written it: a descriptor does not tell.
_SOURCE = info_field('{"descriptor":true}')

MISSING = "\n[{} bytes of console text are missing here: the run's folder could not be written]\n"


class Pump:
    """The three movements of one channel. The caller holds the channel's lock."""

    def __init__(self, channel: Channel, spool_path: str) -> None:
        self._channel = channel
        self._spool_path = spool_path
        self._spool: Spool | None = None
        self._moved = threading.Condition()
        self._ended = False
        self._half_since = 0.0

    def close(self) -> None:
        """Let go of the spool."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    # ---- one step each

    def _frame(self, final: bool) -> int:
        """Append to the spool what comes next; how many bytes. Raises OSError if the disk refuses."""
        channel, positions = self._channel, self._channel.positions
        size = channel.size()
        if positions.is_muted or is_gone(os.path.dirname(self._spool_path)):
            positions.skip_to(size)
            return 0
        length = positions.begun_frame()
        if not length:
            end = positions.record_end(size)
            start = positions.framed
            data = channel.read(start, min(_FRAME_BYTES, end - start))
            is_last = final and start + len(data) == size
            length = len(data) if is_last else self._whole_characters(data)
            if not length:
                return 0
        start, end = positions.begin_frame(length)
        data = channel.read(start, end - start).decode("utf-8", "replace").encode()
        if positions.missing:
            data = MISSING.format(positions.missing).encode() + data
        if self._spool is None:
            self._spool = Spool(self._spool_path)
        record = output_body(channel.is_stdout, moment_field(time_ns() >> MOMENT_BITS), data, _SOURCE)
        self._spool.append(RECORD, named(f"{channel.name}#{end}", record))
        positions.end_frame()
        channel.free()
        return end - start

    def _whole_characters(self, data: bytes) -> int:
        """How many of these bytes end with a whole character; all, if the rest of one does not come."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        decoder.decode(data)
        half = len(decoder.getstate()[0])
        if half < len(data) or not half:
            self._half_since = 0.0
            return len(data) - half
        now = monotonic()
        self._half_since = self._half_since or now
        return len(data) if now - self._half_since > _HALF_CHARACTER_SECONDS else 0

    def _is_recorded(self) -> bool:
        return self._channel.positions.framed >= self._channel.size()

    def _is_shown(self) -> bool:
        return self._channel.positions.shown >= self._channel.size()

    # ---- in the relay

    def run(self) -> None:
        """Move until no process can write to the channel any more, and all of it is where it belongs."""
        threads = [threading.Thread(target=part, daemon=True) for part in (self._keep_showing, self._keep_framing)]
        for thread in threads:
            thread.start()
        while not self._ended:
            if self._channel.has_room():
                self._channel.wait(_LOOK_SECONDS)
            else:
                with self._moved:
                    self._moved.wait(_LOOK_SECONDS)
            before = self._channel.size()
            self._ended = self._channel.take()
            if self._ended or self._channel.size() > before:
                self._tell()
        for thread in threads:
            thread.join()
        self._channel.positions.finish()
        self.close()

    def _tell(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _keep_showing(self) -> None:
        while True:
            with self._moved:
                while True:
                    ended = self._ended  # looked at first: what comes with the end is in the store by then
                    if not self._is_shown():
                        break
                    if ended:
                        return
                    self._moved.wait(_LOOK_SECONDS)
            had_room = self._channel.has_room()
            self._channel.show()
            if not had_room:
                self._tell()

    def _keep_framing(self) -> None:
        refused_since = 0.0
        while not (self._ended and self._is_recorded()):
            try:
                count = self._frame(final=self._ended)
                refused_since = 0.0
            except OSError:
                # Full, gone, or refusing: what was written meanwhile is kept within bounds, and tried again.
                count, now = 0, monotonic()
                refused_since = refused_since or now
                self._channel.leave_out(KEPT_BYTES)
                if self._ended and now - refused_since > _PATIENCE_SECONDS:
                    return
            if not count:
                with self._moved:
                    self._moved.wait(_RETRY_SECONDS if refused_since else _LOOK_SECONDS)

    # ---- in the creator, at the end

    def step(self, seconds: float) -> None:
        """Move what is there, as far as the original stream takes it in this time. Raises OSError for the disk."""
        self._channel.take()
        while self._frame(final=True):
            continue
        deadline = monotonic() + seconds
        while not self._is_shown() and monotonic() < deadline:
            self._channel.show(max(0.0, deadline - monotonic()))
