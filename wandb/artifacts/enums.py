"""The words that describe an artifact, with the values that servers and run files use."""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Union


class ArtifactState(Enum):
    """Where an artifact is in its life; everything that is not at a server yet is PENDING."""

    PENDING = "PENDING"
    COMMITTED = "COMMITTED"
    DELETED = "DELETED"
    GARBAGE_COLLECTED = "GARBAGE_COLLECTED"
    PENDING_DELETION = "PENDING_DELETION"


class ArtifactTTL(Enum):
    """A time to live that is no duration: INHERIT is the one of the artifact's collection or team."""

    INHERIT = 0


FOREVER, INHERITED = -2, -1  # as seconds to live


def ttl_seconds(ttl: Union[timedelta, ArtifactTTL, None]) -> int:
    """A time to live as records and servers have it."""
    if ttl is None:
        return FOREVER
    return INHERITED if isinstance(ttl, ArtifactTTL) else int(ttl.total_seconds())


class DigestAlgorithm(Enum):
    """How files and the manifest are hashed."""

    MANIFEST_MD5 = "MANIFEST_MD5"
    MANIFEST_XXH128 = "MANIFEST_XXH128"
