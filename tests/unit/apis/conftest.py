"""The public API of the recording server."""

from __future__ import annotations

from typing import Any

import pytest

import wandb
from tests.server.server import KEY, RecordingServer


@pytest.fixture
def api(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`wandb.Api()` of a person who is logged in there; retries come fast."""
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    for kind in ("GRAPHQL", "FILE_TRANSFER"):
        monkeypatch.setenv(f"WANDB_X_{kind}_RETRY_WAIT_MIN_SECONDS", "0.01")
        monkeypatch.setenv(f"WANDB_X_{kind}_RETRY_WAIT_MAX_SECONDS", "0.05")
    return wandb.Api()
