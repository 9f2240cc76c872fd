"""Files that are too large for one request: sent in parts, proven by their digests, put together at the server."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Dict, List

from wandb.errors import CommError
from wandb.sync.artifact_queries import COMPLETE_PARTS

if TYPE_CHECKING:
    from typing import IO, Mapping, Protocol

    class Client(Protocol):
        """What is asked of a client; see `wandb/sync/client.py`."""

        def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
            """The data of the answer. Raises CommError."""

        def put(self, url: str, headers: Mapping[str, str], data: IO[bytes] | bytes) -> Mapping[str, str]:
            """Send a file to a signed address; the headers of the answer. Raises CommError."""

LEAST_SIZE = 2 << 30
_PART, _MOST_PARTS, _STEP = 100 << 20, 10_000, 4096
_TRANSFERS = 8
_READ = 1 << 20


class Slice(io.RawIOBase):
    """A part of a file, to be read: the file may grow meanwhile, and the part's length was told before."""

    def __init__(self, path: str, start: int, size: int) -> None:
        super().__init__()
        self._file = open(path, "rb")  # noqa: SIM115 (closed with the slice)
        self._start, self._size = start, size
        self._hash = hashlib.md5()
        self._file.seek(start)

    def __len__(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = 0) -> int:
        position = offset + (0, self.tell(), self._size)[whence]
        self._hash = hashlib.md5()  # it is sent again, from its beginning
        return self._file.seek(self._start + position) - self._start

    def readinto(self, buffer: Any) -> int:
        left = self._size - self.tell()
        data = self._file.read(min(len(buffer), left))
        if left > 0 and len(buffer) and not data:
            raise OSError("the file has become shorter")
        buffer[: len(data)] = data
        self._hash.update(data)
        return len(data)

    def digest(self) -> bytes:
        """The md5 of what was read."""
        return self._hash.digest()

    def close(self) -> None:
        self._file.close()
        super().close()


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
            with Slice(path, start, min(_part_size(size), size - start)) as part:
                while part.read(_READ):
                    pass
                return part.digest().hex()

        with ThreadPoolExecutor(_TRANSFERS, thread_name_prefix="digest") as pool:
            digests = list(pool.map(digest, starts))
        return [{"partNumber": number, "hexMD5": found} for number, found in enumerate(digests, 1)]

    def send(self, path: str, node: Dict[str, Any], artifact_id: str) -> None:
        """Send all parts to their addresses, and have them put together. Raises CommError and OSError."""
        upload, headers = node["uploadMultipartUrls"], headers_of(node)
        with open(path, "rb") as file:
            size = file.seek(0, io.SEEK_END)

        def send_part(part: Dict[str, Any]) -> Dict[str, Any]:
            start = (part["partNumber"] - 1) * _part_size(size)
            with Slice(path, start, min(_part_size(size), size - start)) as data:
                answer = self._client.put(part["uploadUrl"], headers, data)  # type: ignore[arg-type]
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
