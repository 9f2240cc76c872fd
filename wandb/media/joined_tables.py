"""Tables that are made of others: two that are joined by a key, and one that is kept in parts."""

from __future__ import annotations

from wandb.errors import ArgumentValueError
from wandb.media.table import Table
from wandb.media.values import Media, is_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Tuple

    from wandb.media.values import Target


class _MadeOfTables(Media):
    """A table without a file of its own in the run: what it is made of is in an artifact."""

    def __init__(self) -> None:
        super().__init__()
        self._kept_elsewhere: Dict[str, Any] = {}

    def bind_to_run(
        self, run: Target, key: Any, step: Any, id_: Any = None, ignore_copy_err: bool | None = None
    ) -> None:
        """Let the run keep it."""
        self._placed = (run, "", None)
        self._kept_elsewhere = run._table_logged(self, str(key))

    def to_json(self, artifact_or_run: Any) -> Dict[str, Any]:
        """In a run, where it is kept; in an artifact, what it is made of."""
        if is_artifact(artifact_or_run):
            return self.artifact_json(artifact_or_run)
        place = {key: value for key, value in self._kept_elsewhere.items() if key == "artifact_path"}
        return {"_type": self._log_type, **place}

    def artifact_json(self, artifact: Any) -> Dict[str, Any]:
        """What an artifact's entry holds."""
        raise NotImplementedError


class JoinedTable(_MadeOfTables):
    """Two tables, joined by a key."""

    _log_type = "joined-table"

    def __init__(self, table1: Any, table2: Any, join_key: Any) -> None:
        """`table1` and `table2`: tables, or paths of their entries in artifacts; `join_key`: a column of both, or the
        names of the columns in the first and the second.
        """
        super().__init__()
        if not isinstance(join_key, str) and not (isinstance(join_key, (list, tuple)) and len(join_key) == 2):
            raise ArgumentValueError("JoinedTable join_key should be a string or a list of two strings")
        for table in (table1, table2):
            if not (isinstance(table, (Table, PartitionedTable)) or _is_path(table) or hasattr(table, "ref_url")):
                raise ArgumentValueError(
                    f"A joined table is made of tables or the paths of their entries, not {table!r:.200}."
                )
        self._table1 = table1
        self._table2 = table2
        self._join_key = join_key

    def artifact_json(self, artifact: Any) -> Dict[str, Any]:
        """The entries of both tables, which are added to the artifact, and the key."""
        names = [self._entry(artifact, table, f"t{number}_{id(self)}") for number, table in self._numbered()]
        return {"_type": self._log_type, "table1": names[0], "table2": names[1], "join_key": self._join_key}

    def _numbered(self) -> List[Tuple[int, Any]]:
        return [(1, self._table1), (2, self._table2)]

    def _entry(self, artifact: Any, table: Any, name: str) -> str:
        if isinstance(table, str):
            return table
        if hasattr(table, "ref_url"):
            return str(table.ref_url())
        return str(artifact.add(table, name).path)

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> JoinedTable:
        """The joined table back from an artifact's JSON."""
        tables = [source_artifact.get(json_obj[name]) or json_obj[name] for name in ("table1", "table2")]
        return cls(tables[0], tables[1], json_obj["join_key"])

    def __eq__(self, other: object) -> bool:
        mine = (self._table1, self._table2, self._join_key)
        return isinstance(other, JoinedTable) and mine == (other._table1, other._table2, other._join_key)

    __hash__ = None  # type: ignore[assignment]  # as with lists: what compares by content is no key


def _is_path(table: Any) -> bool:
    return isinstance(table, str) and table.endswith((".table.json", ".partitioned-table.json"))


class PartitionedTable(_MadeOfTables):
    """A table whose rows are in several entries of an artifact, all below one path."""

    _log_type = "partitioned-table"

    def __init__(self, parts_path: str) -> None:
        """`parts_path`: the folder of the parts in the artifact."""
        super().__init__()
        self.parts_path = parts_path
        self._parts: List[Table] = []

    def artifact_json(self, artifact: Any) -> Dict[str, Any]:
        """The folder of the parts."""
        return {"_type": self._log_type, "parts_path": self.parts_path}

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> PartitionedTable:
        """The table back from an artifact's JSON, with the parts that the artifact has."""
        found = cls(json_obj["parts_path"])
        prefix = found.parts_path.rstrip("/") + "/"
        for path in sorted(source_artifact.manifest.entries):
            if path.startswith(prefix):
                part = source_artifact.get(path)
                if isinstance(part, Table):
                    found._parts.append(part)
        return found

    def iterrows(self) -> Iterator[Tuple[int, List[Any]]]:
        """(index, row) of each row of all parts, counted through."""
        number = 0
        for part in self._parts:
            for _, row in part.iterrows():
                yield number, row
                number += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartitionedTable) and self.parts_path == other.parts_path

    __hash__ = None  # type: ignore[assignment]  # as with lists: what compares by content is no key
