"""Older import path of graphs of models."""

from wandb.media.graph import Edge as Edge
from wandb.media.graph import Graph as Graph
from wandb.media.graph import Node as Node
