"""What a run folder holds, as the behaviour tests judge it: by its files, never by what the program says."""

from __future__ import annotations

import json
import os
import platform
import re
from pathlib import Path
from typing import Any, Dict, List

from wandb.runlog.layout import RunLayout
from wandb.runlog.log_reader import LogReader
from wandb.runlog.tail import Tail
from wandb.wire.decode import decode, item_path, record_kind


def told(exit_code: int) -> int:
    """What is recorded of a process that ended without a word, if it is known how it ended; 1 on an older system."""
    numbers = [int(number) for number in re.findall(r"\d+", platform.release())[:2]]
    return exit_code if numbers >= [6, 15] and hasattr(os, "pidfd_open") else 1


class RecordedRun:
    """One run folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        layout = RunLayout.find(str(path))
        assert layout is not None, f"no run in {path}: {list(path.iterdir())}"
        self.layout = layout

    def records(self) -> List[Any]:
        """The records of the transaction log, as any tool that knows the format sees them."""
        return [decode(payload) for payload in LogReader(self.layout.transaction_log).records()]

    def kinds(self) -> List[str]:
        return [record_kind(record) for record in self.records()]

    def entries(self) -> List[Any]:
        """The entries of all logs, each once: the record of a run that may not be folded yet."""
        return list(Tail(self.layout).step())

    def console(self) -> str:
        """All raw console text of the transaction log."""
        return "".join(record.output_raw.line for record in self.records() if record_kind(record) == "output_raw")

    def rows(self) -> List[Dict[Any, Any]]:
        """The rows of the transaction log; keys of nested values are tuples."""
        rows = []
        for record in self.records():
            if record_kind(record) == "history":
                items = ((item_path(item), json.loads(item.value_json)) for item in record.history.item)
                rows.append({path[0] if len(path) == 1 else path: value for path, value in items})
        return rows

    def exit_code(self) -> int:
        last = self.records()[-1]
        assert record_kind(last) == "exit", f"the log ends with {record_kind(last)}"
        return int(last.exit.exit_code)

    def file(self, name: str) -> str:
        """The text of a file below files/."""
        return (self.path / "files" / name).read_text(encoding="utf-8")

    def output(self) -> List[str]:
        """The lines of output.log."""
        return self.file("output.log").splitlines()

    def summary(self) -> Dict[str, Any]:
        return dict(json.loads(self.file("wandb-summary.json")))


def runs_in(folder: Path) -> List[RecordedRun]:
    """All runs below `folder`/wandb, oldest first."""
    return [RecordedRun(path) for path in sorted(folder.glob("wandb/*run-[0-9]*"))]
