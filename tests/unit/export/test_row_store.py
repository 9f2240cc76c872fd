"""Rows on their way through a file."""

from __future__ import annotations

from pathlib import Path

from wandb.export.row_store import RowStore


def test_rows__of_any_values__come_back_as_they_were_each_time(tmp_path: Path) -> None:
    """Any JSON value, huge integers and halves of surrogates among them; the file goes when it is told to."""
    store = RowStore(str(tmp_path / "rows"))
    rows = [{"n": n, "f": n / 3, "big": 2**200 + n, "odd": "\ud800", "deep": [{"x": None}]} for n in range(2500)]
    for row in rows:
        store.append(row)
    store.close()
    assert list(store) == rows == list(store) and store.count == 2500 and store.mean_size() > 100
    store.remove()
    assert list(tmp_path.iterdir()) == []


def test_rows__none_at_all__are_an_empty_store(tmp_path: Path) -> None:
    """A run may log nothing."""
    store = RowStore(str(tmp_path / "rows"))
    store.close()
    assert list(store) == [] and store.count == 0
