"""Older import path of objects in 3D."""

from wandb.media.object3d import Object3D as Object3D
from wandb.media.object3d import box3d as box3d
