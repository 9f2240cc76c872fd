"""The generated files against their source."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wandb.wire import schema
from wandb.wire.decode import message_class

ROOT = Path(__file__).resolve().parents[3]


def test_schema__every_number__is_the_descriptor_s() -> None:
    """schema.py and the descriptor come from one .proto; a stale one would write wrong fields."""
    for name, fields in schema.FIELDS.items():
        if name == "Timestamp":
            continue
        described = message_class(name).DESCRIPTOR.fields_by_name
        for field, (number, _, _, _) in fields.items():
            assert described[field].number == number


def test_generated_files__proto_unchanged__are_up_to_date() -> None:
    """Whoever edits the .proto must run the tool."""
    pytest.importorskip("grpc_tools")
    result = subprocess.run([sys.executable, str(ROOT / "tools" / "generate_wire.py"), "--check"], capture_output=True)
    assert result.returncode == 0, result.stderr.decode()
