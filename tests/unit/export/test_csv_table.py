"""The CSV of a table: what it costs, and columns that no row of a run has."""

from __future__ import annotations

import csv
import gc
import sys
from pathlib import Path

from wandb.export.columns import FLOAT, TEXT
from wandb.export.csv_table import Writer


def calls_of_a_file(path: Path, columns: int) -> int:
    """How many functions are called to write a row with values in two of so many columns."""
    writer = Writer(dict.fromkeys((f"c{number}" for number in range(columns)), FLOAT))
    called = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    gc.disable()  # Hypothesis is called back by it
    sys.setprofile(count)
    writer.write(str(path), [{"c1": 1.5, "c7": 2}], 1000)
    sys.setprofile(None)
    gc.enable()
    return called


def test_csv__columns_of_other_runs__cost_a_file_nothing_but_their_commas(tmp_path: Path) -> None:
    """300 runs with 300 metrics each have 90,000 columns together, in each of 300 files."""
    few, many = calls_of_a_file(tmp_path / "few.csv", 10), calls_of_a_file(tmp_path / "many.csv", 10_000)
    assert many == few
    with open(tmp_path / "many.csv", newline="") as file:
        header, row = csv.reader(file)
    assert len(header) == len(row) == 10_000 and dict(zip(header, row))["c7"] == "2.0"
    assert sum(map(bool, row)) == 2


def test_csv__columns_without_values_at_any_place__are_empty(tmp_path: Path) -> None:
    """In front, between, at the end; and a row without any."""
    path = tmp_path / "x.csv"
    writer = Writer(dict.fromkeys("abcdefg", TEXT))
    writer.write(str(path), [{"c": "x", "f": "y"}, {}, {"c": "", "d": None}], 1000)
    assert path.read_text() == '"a","b","c","d","e","f","g"\n,,"x",,,"y",\n,,,,,,\n,,"",,,,\n'
    for name, line in (("a", '"1",,,,,,\n'), ("g", ',,,,,,"1"\n')):
        writer.write(str(path), [{name: "1"}], 1000)
        assert path.read_text().endswith(f"\n{line}")
