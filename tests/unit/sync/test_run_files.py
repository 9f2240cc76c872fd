"""The files of a run on their way to a server; the whole way is in `tests/online`."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Mapping

from wandb.sync.run_files import RunFiles

COUNT = 30


class HeldServer:
    """What `RunFiles` asks of a client; it takes files, but none before `release`."""

    def __init__(self) -> None:
        self.asked: List[str] = []
        self.release = threading.Event()

    def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
        files = [{"name": name, "uploadUrl": f"http://127.0.0.1/{name}"} for name in variables["files"]]
        return {"createRunFiles": {"uploadHeaders": ["A: b:c", "none"], "files": files}}

    def put(self, url: str, headers: Mapping[str, str], data: Any) -> Mapping[str, str]:
        assert headers == {"A": "b:c"}
        self.asked.append(url)
        assert self.release.wait(60)
        return {}


def test_close__with_more_files_than_transfers__begins_none_of_the_others(tmp_path: Path) -> None:
    """A store that hangs holds each of them for minutes, and the process waits for all that are begun."""
    for number in range(COUNT):
        (tmp_path / f"{number}.txt").write_text("text")
    server: Any = HeldServer()
    files = RunFiles(str(tmp_path), server, {}, [])
    files.add([SimpleNamespace(path=f"{number}.txt", policy=0, type=0) for number in range(COUNT)])
    files.start("entity", "project", "run", at_end=False)
    assert files.waiting == COUNT
    files.close()
    server.release.set()
    files._pool.shutdown(wait=True)
    assert 0 < len(server.asked) < COUNT
