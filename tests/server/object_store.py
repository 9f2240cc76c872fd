"""The part of an S3 store that references need: a storage whose objects have tags, one by one and in lists."""

from __future__ import annotations

from typing import Dict
from urllib.parse import parse_qs

from tests.server.storage import Storage

BUCKET = "/bucket/"


class ObjectStore(Storage):
    """Serves from `with` on; `objects` by their key in the bucket `bucket`."""

    def __init__(self, objects: Dict[str, bytes]) -> None:
        super().__init__()
        self.files = {BUCKET + key: content for key, content in objects.items()}

    def environment(self) -> Dict[str, str]:
        """Where the tools of the store look for it."""
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": self.url}
        return {**keys, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}

    def headers_of(self, path: str) -> Dict[str, str]:
        """The tag of an object and what else tells of it."""
        time = "Thu, 01 Jan 2026 00:00:00 GMT"
        return {"ETag": self._tag(path), "Last-Modified": time, "Content-Type": "binary/octet-stream"}

    def page(self, path: str, query: str) -> bytes | None:
        """The XML of the objects below a prefix, and of the folders in it."""
        if path.rstrip("/") != BUCKET.rstrip("/"):
            return None
        asked = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        keys = [path[len(BUCKET) :] for path in sorted(self.files)]
        below = [key for key in keys if key.startswith(prefix)]
        files = [key for key in below if not delimiter or delimiter not in key[len(prefix) :]]
        folders = sorted({prefix + key[len(prefix) :].split("/")[0] + "/" for key in below if key not in files})
        contents = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{self._tag(BUCKET + key)}"
            f"</ETag><Size>{len(self.files[BUCKET + key])}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for key in files
        )
        common = "".join(f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>" for folder in folders)
        head = f"<Name>bucket</Name><Prefix>{prefix}</Prefix><KeyCount>{len(files)}</KeyCount><MaxKeys>1000</MaxKeys>"
        start = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        return f"{start}{head}<IsTruncated>false</IsTruncated>{contents}{common}</ListBucketResult>".encode()

    def _tag(self, path: str) -> str:
        return f'"tag-of-{len(self.files[path])}"'
