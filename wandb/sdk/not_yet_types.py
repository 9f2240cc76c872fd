"""The data classes that later releases fill, with the class attributes that programs read or set before that.

One class each, in the public hierarchy. See `not_yet.Later` for what making an object does.
"""

from __future__ import annotations

from wandb.sdk.not_yet import Later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Type


def _make(cls: Type[Any], /, *args: object, **kwargs: object) -> Any:
    """Other ways to make an object end like the usual one."""
    return cls()


class Api(Later):
    """The server's data, to read and change."""


class Artifact(Later):
    """A versioned folder of files."""


class ArtifactManifest(Later):
    """What is in an artifact."""


class ArtifactManifestEntry(Later):
    """One file of an artifact."""


class ArtifactTTL(Later):
    """How long an artifact is kept."""

    INHERIT = 0


class WBValue(Later):
    """Anything with a representation of its own on the pages for people."""


class Histogram(WBValue):
    """Counts and edges of bins."""

    MAX_LENGTH = 512


class Media(WBValue):
    """A value that is kept as a file."""


class BatchableMedia(Media):
    """Media that can be logged as a list under one name."""


class Audio(BatchableMedia):
    """A sound."""


class Html(BatchableMedia):
    """A page."""


class Image(BatchableMedia):
    """A picture."""

    MAX_DIMENSION = 65500
    MAX_ITEMS = 108


class Molecule(BatchableMedia):
    """A molecule in 3D."""

    SUPPORTED_RDKIT_TYPES = frozenset(("mol", "sdf"))
    SUPPORTED_TYPES = frozenset(("cif", "gro", "mcif", "mmcif", "mmtf", "mol2", "pdb", "pqr", "sd", "sdf"))
    from_rdkit = from_smiles = classmethod(_make)


class Object3D(BatchableMedia):
    """A scene or a cloud of points in 3D."""

    SUPPORTED_POINT_CLOUD_TYPES = frozenset(("lidar/beta",))
    SUPPORTED_TYPES = frozenset(("babylon", "glb", "gltf", "obj", "pts.json", "stl"))
    from_file = from_numpy = from_point_cloud = classmethod(_make)


class Video(BatchableMedia):
    """A film."""

    EXTS = ("gif", "mp4", "webm", "ogg")


class Bokeh(Media):
    """A Bokeh document."""


class Classes(Media):
    """Names of the classes in a picture."""


class Graph(Media):
    """The layers of a model."""

    from_keras = classmethod(_make)


class ImageMask(Media):
    """An overlay of a picture."""


class JoinedTable(Media):
    """Two tables, joined by a key."""


class PartitionedTable(Media):
    """A table in several files."""


class Plotly(Media):
    """A Plotly figure."""

    make_plot_media = classmethod(_make)


class Table(Media):
    """Rows and columns."""

    MAX_ROWS = 10000
    MAX_ARTIFACT_ROWS = 200000


class EvalTable(Table):
    """A table of a model's answers."""


class WBTraceTree(Media):
    """Nested spans of calls."""


class _SavedModel(WBValue):
    pass


class BoundingBoxes2D(Later):
    """Boxes in a picture."""


class Box3D(Later):
    """A box in a scene."""


class Node(WBValue):
    """One layer of a graph."""

    from_keras = classmethod(_make)


class CustomChart(Later):
    """A chart of a table."""


class Visualize(Later):
    """A chart of a table, by the name of its kind."""
