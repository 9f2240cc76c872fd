"""Run folders written record by record, for tests of what reads them: any order, any writer, any damage."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterable

from wandb.process import ProcessIdentity
from wandb.runlog.layout import RunLayout
from wandb.runlog.spool import RECORD, Spool
from wandb.runlog.transaction_log import TransactionLog
from wandb.wire.decode import message_class


class WrittenRun:
    """A run folder below `parent`, and its two logs, open."""

    def __init__(self, parent: Path, run_id: str = "run1", name: str = "", **fields: Any) -> None:
        """`fields` of the run record; `config` as a dict, `settings` as a dict, `start` in seconds."""
        self.path = parent / (name or f"offline-run-20260101_000000-{run_id}")
        self.layout = RunLayout(str(self.path), run_id)
        os.makedirs(self.layout.files_dir)
        self.log = TransactionLog.create(self.layout.transaction_log)
        self._num = 0
        record = message_class("Record")()
        record.run.run_id = run_id
        record.run.start_time.seconds = fields.pop("start", 1000)
        for key, value in fields.pop("config", {}).items():
            record.run.config.update.add(key=key, value_json=json.dumps(value))
        for key, value in fields.pop("settings", {}).items():
            record.run.settings.item.add(key=key, value_json=json.dumps(value))
        record.run.tags.extend(fields.pop("tags", ()))
        for key, value in fields.items():
            setattr(record.run, key, value)
        self.append(record)

    def append(self, record: Any) -> None:
        """One record of the creator."""
        self._num += 1
        record.num = self._num
        self.log.append(record.SerializeToString())

    def row(self, values: Dict[Any, Any], writer: str = "") -> None:
        """A row; keys are names or paths. Of another process, if there is a `writer` such as "1/2/3#7"."""
        record = message_class("Record")()
        for key, value in values.items():
            path = key if isinstance(key, tuple) else (key,)
            record.history.item.add(nested_key=path, value_json=json.dumps(value))
        if not writer:
            self.append(record)
            return
        record.uuid = writer
        self.spooled(record)

    def spooled(self, record: Any, kind: int = RECORD, host: str = "elsewhere") -> None:
        """One frame in the spool of a host."""
        spool = Spool(self.layout.spool(host))
        spool.append(kind, record.SerializeToString())
        spool.close()

    def rows(self, rows: Iterable[Dict[Any, Any]]) -> None:
        """Rows with the steps 0, 1, 2, …"""
        for step, row in enumerate(rows):
            self.row({**row, "_step": step})

    def text(self, text: str) -> None:
        """Console text of the creator."""
        record = message_class("Record")()
        record.output_raw.output_type = 1
        record.output_raw.line = text
        self.append(record)

    def exit(self, code: int = 0) -> None:
        """The end."""
        record = message_class("Record")()
        record.exit.exit_code = code
        self.append(record)
        self.log.close()


def creator(process: ProcessIdentity) -> Dict[str, Any]:
    """The settings that name the process that called `init`."""
    return {"_creator": process.to_json()}
