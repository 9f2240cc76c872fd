"""Whether a run goes on, where nobody follows it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.written_run import WrittenRun
from wandb.process import ProcessIdentity
from wandb.sync.completion import LIVE, WHOLE, complete


@pytest.mark.parametrize("silent, state", [(5, LIVE), (700, WHOLE)])
def test_complete__creator_in_a_container_with_the_host_s_name__is_alive_as_long_as_it_says_something(
    tmp_path: Path, silent: int, state: str
) -> None:
    """Its pid means another process here, or none: a run that went on was given an end, with exit code 1."""
    own = ProcessIdentity.current()
    creator = {**own.to_json(), "pid": 1, "start_time": "1@boot:1"}
    run = WrittenRun(tmp_path, start=int(time.time()) - 1000, settings={"_creator": creator})
    run.row({"x": 1, "_step": 0, "_timestamp": time.time() - silent})
    assert complete(run.layout) == state
