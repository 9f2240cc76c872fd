"""Logs that are made to take time or memory: what docs/DURABILITY.md states, measured in a process of its own."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from tests.conftest import ROOT
from wandb.runlog import spool
from wandb.runlog.layout import RunLayout
from wandb.runlog.spool import MARK, RECORD
from wandb.runlog.transaction_log import TransactionLog
from wandb.wire.decode import message_class

COUNT = 100_000
# Completes the run in the given folder, and tells by how many megabytes its memory has grown at most. The limits end
# what hangs, or asks for gigabytes.
READER = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
import wandb.service.service, yaml, psutil, requests
from wandb.wire.decode import decode
decode(b"")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
told = wandb.service.service.finalize(sys.argv[1])
print(told, file=sys.stderr)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def printed(text: str) -> List[bytes]:
    record = message_class("Record")()
    record.output_raw.line = text
    record.output_raw.output_type = 1
    return [record.SerializeToString()]


def colored(text: str) -> List[bytes]:
    record = message_class("Record")()
    record.run.settings.item.add(key="console_colors", value_json="true")
    return [record.SerializeToString(), *printed(text)]


def items(kind: str, *keys: Callable[[int], str]) -> List[bytes]:
    record = message_class("Record")()
    held = record.history.item if kind == "history" else getattr(record, kind).update
    for number in range(COUNT):
        held.add(nested_key=[key(number) for key in keys], value_json="1")
    return [record.SerializeToString()]


def name(number: int) -> str:
    return f"k{number}"


def definitions() -> List[bytes]:
    records = []
    for number in range(COUNT // 10):
        record = message_class("Record")()
        record.metric.glob_name = f"z{number}*"
        records.append(record.SerializeToString())
    return records + items("history", name)


# What stands in the log, and the megabytes that reading it may take.
LOGS: Dict[str, Callable[[], List[bytes]]] = {
    "nothing but line ends": lambda: printed("\n" * 20 * COUNT),
    "cursor moves to the far right": lambda: printed("\x1b[999999999Cx\n" * COUNT),
    "cursor moves to far corners": lambda: printed("\x1b[999999999;999999999Hx" * COUNT),
    "screens cleared and filled": lambda: printed("\x1b[2J\x1b[999999999Bx\x1b[9999Ax\n" * COUNT),
    "one sequence with numbers without end": lambda: colored("\x1b[" + "38;5;1;" * COUNT + "m"),
    "sequences that never end": lambda: printed(("\x1b[" + "0" * 100) * COUNT),
    "titles that never end": lambda: printed("\x1b]0;" * COUNT),
    "marks on one letter": lambda: printed("a\r" + "\u0301" * COUNT),
    "colours for each letter": lambda: colored("".join(f"\x1b[38;5;{n % 256}mx" for n in range(COUNT)) + "\n"),
    "rows with many metrics": lambda: items("history", name),
    "a summary with many keys": lambda: items("summary", name),
    "a summary with many keys below one": lambda: items("summary", lambda _: "a", name),
    "a config with many keys": lambda: items("config", name)[:1],
    "many definitions and many metrics": definitions,
    "one print of 50 MB, of many lines": lambda: printed(("x" * 99 + "\n") * 500_000),
    "one print of 50 MB, of one line": lambda: printed("x" * 50_000_000),
    "one print of 50 MB, of one line of pictures": lambda: printed("\U0001f600" * 12_500_000),
}
# YAML's writer takes most of these.
MEGABYTES = {"a config with many keys": 1200}


def completed(folder: Path) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", READER, str(folder)]
    result = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0 and not result.stderr.strip(), result.stderr
    return int(result.stdout)


def new_run(folder: Path) -> RunLayout:
    layout = RunLayout(str(folder), "x")
    os.makedirs(layout.files_dir)
    os.makedirs(layout.logs_dir)
    return layout


@pytest.mark.parametrize("case", LOGS)
def test_log__made_to_take_memory_or_time__is_read_within_the_stated_bound(tmp_path: Path, case: str) -> None:
    """Work grows with the log; what is held grows with the values of the run, not with its console text."""
    layout = new_run(tmp_path)
    log = TransactionLog.create(layout.transaction_log)
    for payload in LOGS[case]():
        log.append(payload)
    log.close()
    assert completed(tmp_path) < MEGABYTES.get(case, 200)
    assert json.loads(Path(layout.files_dir, "wandb-summary.json").read_text(encoding="utf-8"))["_runtime"] == 0


@pytest.mark.parametrize("length", [0xFFFFFFFF, 1 << 30, 600 << 20])
def test_spool__claims_of_gigabytes__allocate_nothing(tmp_path: Path, length: int) -> None:
    """Neither one beyond the end of the file, nor one within a sparse file of that size."""
    layout = new_run(tmp_path)
    TransactionLog.create(layout.transaction_log).close()
    path = Path(layout.spool("host"))
    path.write_bytes(MARK + struct.pack("<BI", RECORD, length) + b"crc!" + spool.frame(RECORD, b"\x92\x01\x00"))
    assert completed(tmp_path) < 50


def test_logs__zeros_for_a_quarter_gigabyte__are_passed_over(tmp_path: Path) -> None:
    """After a power loss a file may have its length, and none of its bytes."""
    layout = new_run(tmp_path)
    TransactionLog.create(layout.transaction_log).close()
    Path(layout.spool("host")).touch()
    for path in (layout.transaction_log, layout.spool("host")):
        os.truncate(path, 1 << 28)
    assert completed(tmp_path) < 50
