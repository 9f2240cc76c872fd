"""The data classes, where programs look for them; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

from wandb.media.audio import Audio as Audio
from wandb.media.bokeh import Bokeh as Bokeh
from wandb.media.boxes import BoundingBoxes2D as BoundingBoxes2D
from wandb.media.classes import Classes as Classes
from wandb.media.eval_table import EvalTable as EvalTable
from wandb.media.graph import Edge as Edge
from wandb.media.graph import Graph as Graph
from wandb.media.graph import Node as Node
from wandb.media.histogram import Histogram as Histogram
from wandb.media.html import Html as Html
from wandb.media.image import Image as Image
from wandb.media.joined_tables import JoinedTable as JoinedTable
from wandb.media.joined_tables import PartitionedTable as PartitionedTable
from wandb.media.mask import ImageMask as ImageMask
from wandb.media.molecule import Molecule as Molecule
from wandb.media.object3d import Object3D as Object3D
from wandb.media.object3d import box3d as box3d
from wandb.media.plotly import Plotly as Plotly
from wandb.media.table import Table as Table
from wandb.media.trace_tree import WBTraceTree as WBTraceTree
from wandb.media.values import BatchableMedia as BatchableMedia
from wandb.media.values import Media as Media
from wandb.media.values import WBValue as WBValue
from wandb.media.video import Video as Video
from wandb.sdk.not_yet import fill

fill(__name__)
