"""The cells of one line: counts, blocks, and what an edit leaves."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wandb.sync.terminal_line import Line, cell_width


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(0, 9_000), st.integers(0, 5_000)),
            st.tuples(st.integers(4_090, 4_100), st.integers(0, 5)),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_line__edits_across_blocks__like_edits_of_a_list(edits: list[tuple[int, int]], truncate: bool) -> None:
    """Long lines are stored in blocks; an edit at a block's edge must neither lose nor shift a cell."""
    line, expected = Line("x" * 8_192), list("x" * 8_192)
    for number, (column, length) in enumerate(edits):
        if number % 3 == 2:
            line.erase(column, None if truncate else column + length)
            end = len(expected) if truncate else min(column + length, len(expected))
            if end == len(expected):
                del expected[column:]
            else:
                expected[column:end] = " " * (end - column)
        else:
            assert line.write(column, "y" * length) == column + length
            expected += " " * (column - len(expected))
            expected[column : column + length] = "y" * length
    assert line.text().rstrip(" ") == "".join(expected).rstrip(" ")


def test_cell_width__one_of_each_kind__as_terminals_count() -> None:
    """The counts that all positions stand on."""
    assert [cell_width(character) for character in "aé█好👍\u0301\u200d\ufe0f\u00ad"] == [1, 1, 1, 2, 2, 0, 0, 0, 1]
