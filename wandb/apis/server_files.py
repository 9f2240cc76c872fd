"""The files of a run at a server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, List
from urllib.parse import unquote, urlsplit

from wandb.apis import run_queries
from wandb.apis.files import File, Files
from wandb.apis.pages import Pages

if TYPE_CHECKING:
    from wandb.apis.run_at_server import RunAtServer

_S3 = re.compile(r"(?P<bucket>.+)\.s3[.-].*amazonaws\.com")


class ServerFile(File):
    """One file of a run."""

    run: RunAtServer

    def __init__(self, run: RunAtServer, node: Dict[str, Any], project_id: Any) -> None:
        self.run = run
        self._connection = run._connection
        self._project_id = project_id
        self.id = str(node["id"])
        self.name = str(node["name"])
        self.url = str(node.get("url") or node.get("directUrl") or "")
        self.direct_url = str(node.get("directUrl") or "")
        self.updated_at = str(node.get("updatedAt") or "")
        self.md5 = str(node.get("md5") or "")
        self._size = int(node.get("sizeBytes") or 0)
        self._mimetype = str(node.get("mimetype") or "")

    @property
    def size(self) -> int:
        """Bytes."""
        return self._size

    @property
    def mimetype(self) -> str:
        """As the server knows it."""
        return self._mimetype

    @property
    def path_uri(self) -> str:
        """`s3://bucket/key` of a file that lies in Amazon's S3; "" of any other."""
        address = urlsplit(self.direct_url)
        found = _S3.fullmatch(address.hostname or "")
        return f"s3://{found['bucket']}{unquote(address.path)}" if found else ""

    def _bring(self, path: str) -> None:
        access = self._connection.access
        url = self.url if access.api_key else self.direct_url or self.url  # signed, for who has an access token only
        self._connection.transfers().fetch(access.base_url + url if url.startswith("/") else url, path)

    def delete(self) -> None:
        """Remove it from the server."""
        number = int(self._project_id) if str(self._project_id or "").isdigit() else None
        variables = {"files": [self.id], "projectId": number}
        self._connection.graphql("DeleteFiles", run_queries.DELETE_FILES, variables)


class ServerFiles(Files, Pages[ServerFile]):
    """The files of a run, some of them at a time."""

    run: RunAtServer

    def __init__(self, run: RunAtServer, names: List[str] | None, pattern: str | None, per_page: int) -> None:
        super().__init__(per_page)
        self.run = run
        self._asked = {**run._place(), "names": list(names or ()), "pattern": pattern}
        self._project_id: Any = None

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        project = self.run._connection.ask(
            "RunFiles", run_queries.FILES, "project", **self._asked, cursor=cursor, perPage=self.per_page
        )
        self._project_id = (project or {}).get("internalId")
        run = (project or {}).get("run") or {}
        chosen = self._asked["names"] or self._asked["pattern"]
        return {**(run.get("files") or {"edges": []}), "totalCount": None if chosen else run.get("fileCount")}

    def _item(self, node: Dict[str, Any]) -> ServerFile:
        return ServerFile(self.run, node, self._project_id)
