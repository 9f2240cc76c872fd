"""Columns of numpy arrays of one shape: in an artifact a compressed file (.npz) beside the table, whose cells are null.

That is the public format's way with all arrays but short ones of one axis, which are lists. What numpy makes arrays of
objects of is lists, too: it would pickle them, and nobody should load pickles of strangers.
"""

from __future__ import annotations

import io
import zipfile
from hashlib import md5

from wandb.media.column_types import ColumnType, ListType, UnionType
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Tuple

_MOST_LISTED = 150  # elements of an array that is a list in the table itself
_NAME_DIGITS = 20


class ArrayType(ColumnType):
    """Arrays of one shape; `place`: where their file is in an artifact."""

    name = "ndarray"

    def __init__(self, shape: Tuple[int, ...], lists: ColumnType, place: Dict[str, str] | None = None) -> None:
        """`lists` is the type of the same values as lists, for columns that hold something else, too."""
        super().__init__()
        self.shape = shape
        self.plain: ColumnType = lists
        self.place = place

    def joined(self, other: ColumnType) -> ColumnType:
        """Arrays and lists of the same shape are added; with others all of them are lists."""
        if other.name == "none":
            return super().joined(other)
        if isinstance(other, ListType) and not other.alone and other.shape == self.shape:
            return self
        if isinstance(other, ArrayType):
            return self if other.shape == self.shape else self.plain.joined(other.plain)
        return self.plain.joined(other)

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {"wb_type": self.name, "params": {"shape": list(self.shape), "serialization_path": self.place}}

    def __repr__(self) -> str:
        return f"Ndarray{list(self.shape)}"


def array_type(value: Any, lists: ColumnType, is_cell: bool) -> ColumnType:
    """The type of an array of numpy whose type as lists is known; `is_cell`: it is not part of another value."""
    is_short = is_cell and value.ndim == 1 and value.size <= _MOST_LISTED
    return lists if is_short else ArrayType(value.shape, lists)


def packed(artifact: Any, column: Any, kind: ColumnType, cells: List[Any]) -> Tuple[ColumnType, bool]:
    """The column's type for the artifact, and whether its arrays have become a file there instead of cells."""
    found = _array_type_in(kind)
    if found is None:
        return kind, False
    together = _together(cells, found.shape)
    if together is None:
        return _with(kind, lambda arrays: arrays.plain), False
    from numpy.lib.format import write_array

    file = io.BytesIO()
    # Byte by byte as numpy's savez_compressed, which takes columns of some names for its own arguments.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(
        f"{column}.npy", "w", force_zip64=True
    ) as member:
        write_array(member, together, allow_pickle=False)
    data = file.getvalue()
    path = f"media/serialized_data/{md5(data).hexdigest()[:_NAME_DIGITS]}.npz"
    artifact._add_bytes(data, path, overwrite=True)
    place = {"key": str(column), "path": path}
    return _with(kind, lambda arrays: ArrayType(arrays.shape, arrays.plain, place)), True


def _together(cells: List[Any], shape: Tuple[int, ...]) -> Any:
    """All cells as one array; None if there is none, or only one of objects, such as one of moments and numbers."""
    if not cells or any(cell is None for cell in cells):
        return None
    import numpy

    try:
        found = numpy.array(cells)
    except (TypeError, ValueError):  # types that don't go together; lists of several lengths
        return None
    return found if found.shape == (len(cells), *shape) and not found.dtype.hasobject else None


def unpacked(artifact: Any, column: Any, kind: ColumnType) -> Any:
    """The arrays of a column, one a row; None if they are not in a file, or in one that can't be read."""
    found = _array_type_in(kind)
    if found is None or found.place is None:
        return None
    from wandb.media.values import need

    numpy = need("numpy", "A column of arrays")
    try:
        path = artifact.get_entry(found.place["path"]).download()
        with zipfile.ZipFile(path) as archive, archive.open(f"{found.place['key']}.npy") as member:
            # Never pickled objects, which would run code of whoever has made the artifact.
            return numpy.lib.format.read_array(member, allow_pickle=False)
    except (LookupError, OSError, ValueError, zipfile.BadZipFile) as error:
        termwarn(f"The arrays of the column {column!r} can't be read ({error}); its cells are None.")
        return None


def _array_type_in(kind: ColumnType) -> ArrayType | None:
    kinds = kind.allowed if isinstance(kind, UnionType) else [kind]
    return next((found for found in kinds if isinstance(found, ArrayType)), None)


def _with(kind: ColumnType, change: Callable[[ArrayType], ColumnType]) -> ColumnType:
    if isinstance(kind, ArrayType):
        return change(kind)
    if isinstance(kind, UnionType):
        return UnionType([_with(part, change) for part in kind.allowed])
    return kind
