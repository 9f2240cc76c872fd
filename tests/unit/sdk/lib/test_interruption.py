"""Whose exception is it: that of a signal handler of the program, or of what we do?"""

from __future__ import annotations

import functools
import os
import signal
from typing import Any, Callable, Iterator

import pytest

from wandb.sdk.lib.interruption import is_from_signal_handler, is_interruption


@pytest.fixture(autouse=True)
def handler_of_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def function(*_: object) -> None:
    raise TimeoutError


class Limit:
    def __call__(self, *_: object) -> None:
        raise TimeoutError

    def method(self, *_: object) -> None:
        function()


@pytest.mark.parametrize("handler", [function, functools.partial(function, 1), Limit(), Limit().method])
def test_exception__of_a_signal_handler_of_any_form__is_known(handler: Callable[..., Any]) -> None:
    """Functions, partial functions, objects, methods that call further."""
    signal.signal(signal.SIGUSR1, handler)
    with pytest.raises(TimeoutError) as caught:
        os.kill(os.getpid(), signal.SIGUSR1)
    assert is_from_signal_handler(caught.value) and is_interruption(caught.value)


def test_exception__of_the_disk__is_ours() -> None:
    """The fallbacks for a full disk go on."""
    signal.signal(signal.SIGUSR1, function)
    with pytest.raises(OSError) as caught:
        os.write(-1, b"x")
    assert not is_interruption(caught.value)


def test_exception__set_by_another_thread__is_known_by_its_class() -> None:
    """No frame tells of it: time limits for threads work so."""

    class Stopped(Exception):
        pass

    assert is_interruption(Stopped()) and not is_from_signal_handler(Stopped())
