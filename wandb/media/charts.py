"""Charts: a table, and what a viewer needs to know to draw it; `plots.py` has the ready-made ones.

The run logs the table under a name of its own and notes the rest in its config, under `_wandb`.
"""

from __future__ import annotations

from dataclasses import dataclass

from wandb.errors import Error
from wandb.media.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple, Union

_SPLIT_FOLDER = "Custom Chart Tables/"


@dataclass
class CustomChartSpec:
    """How a chart is drawn: the name of its Vega spec, which column is which field, and texts for it."""

    spec_name: str
    fields: Dict[str, Any]
    string_fields: Dict[str, Any]
    key: str = ""
    panel_type: str = "Vega2"
    split_table: bool = False

    @property
    def table_key(self) -> str:
        """The name that the table is logged under."""
        return f"{_SPLIT_FOLDER if self.split_table else ''}{self.key}_table"

    @property
    def config_path(self) -> Tuple[str, ...]:
        """Where in `_wandb` of the config its value is."""
        return ("visualize", self.key)

    @property
    def config_value(self) -> Dict[str, Any]:
        """What the config says of it, for the viewer."""
        return {
            "panel_type": self.panel_type,
            "panel_config": {
                "panelDefId": self.spec_name,
                "fieldSettings": self.fields,
                "stringSettings": self.string_fields,
                "transform": {"name": "tableWithLeafColNames"},
                "userQuery": {"queryFields": [_run_sets_query(self.table_key)]},
            },
        }


@dataclass
class VisualizeSpec:
    """A chart whose kind is known by name; its table is logged under the key of the chart itself."""

    name: str
    key: str = ""

    @property
    def table_key(self) -> str:
        """The name that the table is logged under."""
        return self.key

    @property
    def config_path(self) -> Tuple[str, ...]:
        """Where in `_wandb` of the config its value is."""
        return ("viz", self.key)

    @property
    def config_value(self) -> Dict[str, Any]:
        """What the config says of it, for the viewer."""
        return {"id": self.name, "historyFieldSettings": {"x-axis": "_step", "key": self.key}}


class Chart:
    """A table with a way to draw it."""

    def __init__(self, table: Table, spec: Union[CustomChartSpec, VisualizeSpec]) -> None:
        self.table = table
        self.spec: Any = spec

    def set_key(self, key: str) -> None:
        """Set the name that it is logged under."""
        self.spec.key = key


class CustomChart(Chart):
    """A chart of a table by a Vega spec."""


class Visualize(Chart):
    """A chart of a table, by the name of its kind."""


def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: Dict[str, Any],
    string_fields: Union[Dict[str, Any], None] = None,
    split_table: bool = False,
) -> CustomChart:
    """A chart by the name of a Vega spec ("entity/name"): `fields` says which column is which field of it.

    `string_fields` are texts of the spec; with `split_table` the table gets a section of its own. Raises an Error for
    data that is no `wandb.Table`.
    """
    _check(data_table, "data_table")
    return CustomChart(
        data_table, CustomChartSpec(vega_spec_name, fields, string_fields or {}, split_table=split_table)
    )


def visualize(id: str, value: Table) -> Visualize:
    """A chart of a table by the id of its kind. Raises an Error for data that is no `wandb.Table`."""
    _check(value, "value")
    return Visualize(value, VisualizeSpec(id))


def _check(table: object, name: str) -> None:
    if not isinstance(table, Table):
        raise Error(f"Expected `{name}` to be `wandb.Table` type, instead got {type(table).__name__}")


def _run_sets_query(table_key: str) -> Dict[str, Any]:
    """What a viewer asks the server for."""
    plain: List[Dict[str, Any]] = [{"name": name, "fields": []} for name in ("id", "name", "_defaultColorIndex")]
    table = {"name": "summaryTable", "args": [{"name": "tableKey", "value": table_key}], "fields": []}
    return {"name": "runSets", "args": [{"name": "runSets", "value": "${runSets}"}], "fields": [*plain, table]}
