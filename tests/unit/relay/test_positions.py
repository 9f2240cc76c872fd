"""wandb/relay/positions.py: how far the bytes of a captured descriptor have got."""

from __future__ import annotations

import os
from typing import Iterator

import pytest

from wandb.relay import positions


@pytest.fixture
def numbers() -> Iterator[positions.Positions]:
    """Those of a channel through which nothing has gone."""
    descriptor = positions.create()
    yield positions.Positions(descriptor)
    os.close(descriptor)


def test_mute__second_time__moves_the_end_of_the_record_no_more(numbers: positions.Positions) -> None:
    """A run that stood under another one is ended twice: what came meanwhile is the other one's."""
    numbers.mute(9)
    numbers.mute(13)
    assert numbers.record_end(13) == 9
    assert not numbers.is_muted
    numbers.begin_frame(9)
    numbers.end_frame()
    assert numbers.is_muted


def test_mute__before_anything_came__lets_nothing_into_the_record(numbers: positions.Positions) -> None:
    """Position 0 is one, too."""
    numbers.mute(0)
    numbers.mute(4)
    assert numbers.is_muted and numbers.record_end(4) == 0
