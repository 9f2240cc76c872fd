"""Files that are too large for one request: sent in parts, proven by their digests, put together at the server."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Dict, List

from wandb.errors import CommError
from wandb.sync.artifact_queries import COMPLETE_PARTS
from wandb.sync.file_part import FilePart, digest_of_part

if TYPE_CHECKING:
    from typing import IO, Mapping, Protocol

    class Client(Protocol):
        """What is asked of a client; see `wandb/sync/client.py`."""

        def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
            """The data of the answer. Raises CommError."""

        def put(self, url: str, headers: Mapping[str, str], data: IO[bytes] | FilePart | bytes) -> Mapping[str, str]:
            """Send a file to a signed address; the headers of the answer. Raises CommError."""


LEAST_SIZE = 2 << 30
_PART, _MOST_PARTS, _STEP = 100 << 20, 10_000, 4096
_TRANSFERS = 8


class BigFiles:
    """Sends large files by a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def parts_of(self, path: str, size: int) -> List[Dict[str, Any]] | None:
        """What the server is told of the parts; None for a file that goes in one piece. Raises OSError."""
        if size < LEAST_SIZE:
            return None
        starts = range(0, size, _part_size(size))

        def digest(start: int) -> str:
            return digest_of_part(path, start, min(_part_size(size), size - start)).hex()

        with ThreadPoolExecutor(_TRANSFERS, thread_name_prefix="digest") as pool:
            digests = list(pool.map(digest, starts))
        return [{"partNumber": number, "hexMD5": found} for number, found in enumerate(digests, 1)]

    def send(self, path: str, node: Dict[str, Any], artifact_id: str) -> None:
        """Send all parts to their addresses, and have them put together. Raises CommError and OSError."""
        upload, headers = node["uploadMultipartUrls"], headers_of(node)
        size = os.path.getsize(path)

        def send_part(part: Dict[str, Any]) -> Dict[str, Any]:
            start = (part["partNumber"] - 1) * _part_size(size)
            with FilePart(path, start, min(_part_size(size), size - start)) as data:
                answer = self._client.put(part["uploadUrl"], headers, data)
            tag = answer.get("ETag")
            if not tag:
                raise CommError("the storage gives no tag for a part of a file")
            return {"partNumber": part["partNumber"], "hexMD5": tag.strip('"')}

        with ThreadPoolExecutor(_TRANSFERS, thread_name_prefix="part") as pool:
            done = list(pool.map(send_part, upload["uploadUrlParts"]))
        asked = {"completeMultipartAction": "Complete", "completedParts": done, "artifactID": artifact_id}
        asked.update(storagePath=node["storagePath"], uploadID=upload["uploadID"])
        self._client.graphql("CompleteMultipartUploadArtifact", COMPLETE_PARTS, {"input": asked})


def _part_size(size: int) -> int:
    """Bytes of each part but the last."""
    if size <= _PART * _MOST_PARTS:
        return _PART
    return -(-size // _MOST_PARTS // _STEP) * _STEP


def headers_of(file: Dict[str, Any]) -> Dict[str, str]:
    """The headers that the server wants with an upload; what is none is passed over."""
    pairs = (text.partition(":") for text in file.get("uploadHeaders") or () if ":" in text)
    return {name.strip(): value.strip() for name, _, value in pairs}
