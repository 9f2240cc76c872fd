"""The service's end of the socket pair, with real sockets."""

from __future__ import annotations

import select
import socket
import threading

import pytest

from wandb.service.doorbell import Doorbell


def test_doorbell__told_to_look__wakes_and_promises_nothing() -> None:
    """Who logs an artifact does not wait for it; that the service is at its end is said to who waits for that."""
    theirs, ours = socket.socketpair()
    with theirs, ours:
        bell = Doorbell(ours.fileno())
        assert theirs.recv(1) == b"u"
        theirs.send(b"?")
        assert bell.wait(60)
        assert not select.select([theirs], [], [], 1.0)[0]  # twice as long as it would take to say that it is at it
        theirs.send(b"\n")
        assert bell.wait(60) and theirs.recv(1) == b"."
        theirs.shutdown(socket.SHUT_WR)
        assert bell.wait(60) and bell.abandoned


def test_doorbell__nobody_listens_any_more__still_says_that_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forked child keeps the creator's end open and never reads it: once that was full, the service hung for ever."""
    monkeypatch.setattr("wandb.service.doorbell._BEAT_SECONDS", 0.001)
    theirs, ours = socket.socketpair()
    with theirs, ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 0)  # as small as the kernel has it
        bell = Doorbell(ours.fileno())
        theirs.send(b"\n")
        assert bell.wait(60)
        select.select([], [], [], 0.2)  # two hundred beats; there is room for six
        saying = threading.Thread(target=bell.say_done, daemon=True)
        saying.start()
        saying.join(10)
        assert not saying.is_alive()
        theirs.setblocking(False)
        heard = theirs.recv(4096)
        assert heard.startswith(b"u.") and heard.endswith(b"done")
