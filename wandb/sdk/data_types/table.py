"""Older import path of tables."""

from wandb.media.joined_tables import JoinedTable as JoinedTable
from wandb.media.joined_tables import PartitionedTable as PartitionedTable
from wandb.media.table import Table as Table
from wandb.media.table_links import TableIndex as _TableIndex  # noqa: F401
from wandb.media.table_links import TableKey as _TableKey  # noqa: F401
