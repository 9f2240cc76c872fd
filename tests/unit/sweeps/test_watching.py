"""What looks after a trial beside it."""

from __future__ import annotations

import errno
import threading
from typing import Any, Dict, List

import pytest

from wandb.sweeps.watching import beside_program


class _Watch:
    """Finds that the trial is to end, while `meanwhile` happens."""

    seconds = 0.001

    def __init__(self, meanwhile: Any) -> None:
        self._meanwhile = meanwhile

    def look(self) -> bool:
        self._meanwhile()
        return True

    def look_back(self) -> None:
        raise AssertionError("it has been looked at")

    def report(self) -> Dict[str, Any]:
        return {}


def test_watch__of_a_trial_that_is_to_end__stops_it_once() -> None:
    stops: List[bool] = []
    came = threading.Event()

    def stop() -> None:
        stops.append(True)
        came.set()

    with beside_program(_Watch(lambda: None), stop):
        assert came.wait(10.0)
    assert stops == [True]


def test_watch__of_a_trial_that_ends_during_the_last_look__interrupts_nobody() -> None:
    stops: List[bool] = []
    looking, is_over = threading.Event(), threading.Event()

    def meanwhile() -> None:
        looking.set()
        assert is_over.wait(10.0)

    entered = beside_program(_Watch(meanwhile), lambda: stops.append(True))
    entered.__enter__()
    assert looking.wait(10.0)
    threading.Timer(0.05, is_over.set).start()
    entered.__exit__(None, None, None)  # says that it is over, and waits for the look

    assert not stops


def test_watch__whose_disk_is_full__says_so_and_lets_the_trial_go_on(capfd: pytest.CaptureFixture[str]) -> None:
    """The values of other runs can't be noted any more; a traceback of a thread of ours says nothing to anybody."""
    looked = threading.Event()

    def meanwhile() -> None:
        looked.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    with beside_program(_Watch(meanwhile), lambda: pytest.fail("it is not to end")):
        assert looked.wait(10.0)
    told = capfd.readouterr().err
    assert "Nobody looks any more" in told and "Traceback" not in told
