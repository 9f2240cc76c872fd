"""Coverage-guided fuzzing (atheris) of all that reads a run folder: `python -m tests.faults.fuzz SECONDS [CORPUS]`.

An input is a choice of the log, then bytes that are put into it: as they are, or as payloads with right checksums, so
that what is behind the checksums is reached. An exception ends it, and atheris leaves the input behind.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["wandb"]):
    from wandb.apis.history import Rows
    from wandb.apis.record import RunRecord
    from wandb.credentials import read_netrc
    from wandb.errors import CorruptLog
    from wandb.runlog.layout import RunLayout
    from wandb.runlog.spool import frame
    from wandb.runlog.transaction_log import FILE_HEADER, TransactionLog
    from wandb.settings_files import read_file
    from wandb.sync.follower import Follower

_SEPARATOR = b"\xff\xfe"


def read(data: bytes) -> None:
    """Give the bytes to the readers that the first one chooses."""
    kind, data = data[:1] or b"\0", data[1:]
    with tempfile.TemporaryDirectory() as folder:
        if kind[0] % 5 == 4:
            path = Path(folder, "file")
            path.write_bytes(data)
            read_file(str(path))
            read_netrc(str(path), "api.wandb.ai")
            return
        layout = RunLayout(folder, "x")
        os.makedirs(layout.files_dir)
        os.makedirs(layout.logs_dir)
        _fill(layout, kind[0] % 5, data)
        try:
            RunRecord(layout).read()
            list(Rows(layout))
            follower = Follower(layout)
            follower.step()
            follower.finish()
            follower.close()
        except CorruptLog:
            return  # it is no log at all


def _fill(layout: RunLayout, kind: int, data: bytes) -> None:
    log = TransactionLog.create(layout.transaction_log)
    pieces = data.split(_SEPARATOR)
    if kind == 0:
        for payload in pieces:
            log.append(payload)
    log.close()
    if kind == 1:
        Path(layout.transaction_log).write_bytes(FILE_HEADER + data)
    elif kind == 2:
        Path(layout.spool("host")).write_bytes(data)
    elif kind == 3:
        frames = (frame(1 + piece[0] % 4, piece[1:]) for piece in pieces if piece)
        Path(layout.spool("host")).write_bytes(b"".join(frames))


def main() -> None:
    """Fuzz for so many seconds."""
    corpus = sys.argv[2:] or [tempfile.mkdtemp(prefix="corpus-")]
    atheris.Setup([sys.argv[0], f"-max_total_time={sys.argv[1]}", "-max_len=4096", "-timeout=20", *corpus], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
