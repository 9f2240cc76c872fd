"""console=redirect in the process that called `init`: its channels, the process that empties them, and the end of both.

The relay lives until no process has a captured descriptor any more, and ends by itself. Here it is started, looked
after when records are appended anyway, and at the end of the run waited for: what was written before is in the record
and on the original stream when `restore` returns.
"""

from __future__ import annotations

import json
import os
from time import monotonic, sleep

from wandb.descriptors import identity_of
from wandb.process import host_name, is_current
from wandb.relay.channel import Channel
from wandb.relay.pump import Pump
from wandb.sdk.interface.launcher import ServiceProcess, start_relay
from wandb.sdk.lib.descriptor_capture import STDERR, STDOUT, DescriptorCapture, flush_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List, Tuple

    from wandb.sdk.interface.interface import Interface

_RESTARTS = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0002, 0.01


_open: List[ConsoleRelay] = []  # the later ones stand on top of the earlier ones


class ConsoleRelay:
    """The captured descriptors of one run."""

    def __init__(self, interface: Interface, warn: Callable[[str], None]) -> None:
        """Make the channels, and start the process that empties them. Raises OSError if that can't be done."""
        self._layout = interface.layout
        self._pid = interface.creator_pid
        self._lifeline = interface.lifeline
        self._warn = warn
        self._channels: List[Channel] = []
        self._captures: List[DescriptorCapture] = []
        self._starts = 0
        self._ended = False
        nonce = f"{self._pid}-{os.urandom(6).hex()}"
        try:
            for numbers in _groups():
                channel, writing_end = Channel.create(numbers[0], f"descriptor{numbers[0]}-{nonce}")
                self._channels.append(channel)
                self._captures.append(DescriptorCapture(numbers, channel.original, writing_end))
            self._process = self._start()
        except BaseException:
            for channel, capture in zip(self._channels, self._captures):
                channel.close()
                capture.close()
            raise

    def _start(self) -> ServiceProcess:
        self._starts += 1
        described = json.dumps({"creator": self._pid, "channels": [channel.numbers() for channel in self._channels]})
        descriptors = [number for channel in self._channels for number in channel.descriptors()]
        descriptors += self._lifeline()  # what it appends after the run's end has to be folded, too
        arguments = [self._layout.spool(host_name()), described]
        return start_relay(arguments, descriptors, self._layout.run_dir, self._layout.helper_diary)

    def install(self) -> None:
        """Begin to capture."""
        for capture in self._captures:
            capture.install()
        _open.append(self)

    def look(self) -> None:
        """Start the relay again if all of it has been killed. Raises OSError if that can't be done."""
        if not is_current(self._pid) or self._process.is_running() or self._starts > _RESTARTS:
            return
        if not all(channel.is_open() for channel in self._channels):
            return
        self._process.disown()
        self._process = self._start()

    def restore(self, seconds: float) -> None:
        """Wait, within limits, until what was written is where it belongs, and give the descriptors back.

        Where that can't be done now - somebody has put his own on top of ours, or the original stream takes nothing -
        ours stays, and only leads on, as long as anybody can write to it: what comes later must not overtake what is
        on its way.
        """
        deadline = monotonic() + seconds
        self._ended = True
        above = _open[_open.index(self) + 1 :] if self in _open else []
        flush_streams()
        for relay in reversed(above):  # their text comes through here before it is shown
            relay._drain_all(deadline)
        if not self._drain_all(deadline):
            self._warn("Some console text is still on its way to the terminal and the record.")
        kept = []
        for channel, capture in zip(self._channels, self._captures):
            if not channel.is_open():
                channel.close()  # what is left of it; the text goes on through the relay
            elif channel.is_drained() and (capture.restore() or not channel.has_writers()):
                self._drain(channel, deadline)  # what other threads have written meanwhile
                channel.close()
            else:
                channel.positions.mute(channel.size())
                kept.append((channel, capture))
        self._channels, self._captures = [channel for channel, _ in kept], [capture for _, capture in kept]
        if not kept:
            self._process.disown()
            if self in _open:
                _open.remove(self)
                for relay in [relay for relay in reversed(_open) if relay._ended]:  # now perhaps on top
                    relay.restore(seconds)

    def _drain_all(self, deadline: float) -> bool:
        complete = [self._drain(channel, deadline) for channel in self._channels]  # also where the first is not
        return all(complete)

    def _drain(self, channel: Channel, deadline: float) -> bool:
        """Whether all that has been written so far is through; done here, if nobody else does it."""
        pump, pause = Pump(channel, self._layout.spool(host_name())), _FIRST_PAUSE
        if not channel.is_open():
            return True  # the relay does what is left
        while not channel.is_empty() and monotonic() < deadline:
            pause = self._help_or_wait(channel, pump, pause, deadline)
        target = channel.size()
        while not channel.has_brought(target) and monotonic() < deadline:
            pause = self._help_or_wait(channel, pump, pause, deadline)
        pump.close()
        return channel.has_brought(target)

    def _help_or_wait(self, channel: Channel, pump: Pump, pause: float, deadline: float) -> float:
        if not channel.lock():
            sleep(pause)
            return min(pause * 2, _LONGEST_PAUSE)
        try:
            pump.step(deadline - monotonic())
        except OSError:
            sleep(_LONGEST_PAUSE)  # the disk refuses
        finally:
            channel.unlock()
        return _FIRST_PAUSE


def _groups() -> List[Tuple[int, ...]]:
    """The open descriptors among 1 and 2; together if they lead to one file, so that the order of their texts stays."""
    out, error = identity_of(STDOUT), identity_of(STDERR)
    if out is not None and out == error:
        return [(STDOUT, STDERR)]
    return [(number,) for number, found in ((STDOUT, out), (STDERR, error)) if found is not None]
