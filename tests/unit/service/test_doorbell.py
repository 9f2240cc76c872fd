"""The service's end of the socket pair, with real sockets."""

from __future__ import annotations

import select
import socket

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
