"""Numbers of descriptors: never a standard stream's, never soon one that was there before."""

from __future__ import annotations

import os
from pathlib import Path

from wandb.descriptors import FIRST_FREE, close_if, identity_of, lifted, out_of_reach


def test_lifted__number_of_a_standard_stream__becomes_another() -> None:
    """A daemon without streams opens its first file under number 0."""
    before = os.dup(0) if identity_of(0) else -1
    os.close(0) if before >= 0 else None
    try:
        opened = os.open(os.devnull, os.O_RDONLY)
        assert opened == 0
        high = lifted(opened)
        assert high >= FIRST_FREE and identity_of(0) is None and not os.get_inheritable(high)
        os.close(high)
    finally:
        if before >= 0:
            os.dup2(before, 0)
            os.close(before)


def test_out_of_reach__again_and_again__gives_new_numbers_that_are_open() -> None:
    """A number that somebody closes must not stand for the next file of ours; and they never run out."""
    numbers = []
    for _ in range(3000):
        number = out_of_reach(os.open(os.devnull, os.O_RDONLY))
        assert identity_of(number) is not None
        os.close(number)
        numbers.append(number)
    assert min(numbers) >= FIRST_FREE and all(one != other for one, other in zip(numbers, numbers[1:]))


def test_close_if__another_file_by_now__is_left_open(tmp_path: Path) -> None:
    """It is the program's."""
    ours = os.open(tmp_path, os.O_RDONLY)
    identity = identity_of(ours)
    os.dup2(os.open(os.devnull, os.O_RDONLY), ours)
    close_if(ours, identity)
    assert identity_of(ours) is not None
    close_if(ours, identity_of(ours))
    assert identity_of(ours) is None
    close_if(ours, identity)
