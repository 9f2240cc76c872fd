"""What artifacts and media read back from disks and servers, holding anything: a value, or one of our errors."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wandb
from tests.damage import EXAMPLES, JSON_TEXTS, any_bytes, json_texts
from tests.server.artifacts import ArtifactServer, PlainClient
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.cache import Cache
from wandb.artifacts.download import fetch_manifest
from wandb.artifacts.entry import ArtifactManifestEntry
from wandb.artifacts.server import ArtifactServer as Server
from wandb.errors import Error
from wandb.sdk.interface.upload_watch import UploadWatch
from wandb.sdk.lib.progress import Progress

CONTENT = b"what was logged"
TABLE = {
    "_type": "table", "column_types": {"wb_type": "typedDict", "params": {"type_map": {}}}, "columns": ["a", "b"],
    "data": [[1, None], ["x", {"_type": "image-file", "path": "media/i.png"}]], "ncols": 2, "nrows": 2,
}  # fmt: skip
OTHERS = [
    {"_type": "image-file", "path": "p", "classes": {"path": "c"}, "masks": {"m": {"path": "p"}}, "boxes": {"b": [1]}},
    {"_type": "classes", "class_set": [{"id": 1, "name": "x"}]},
    {"_type": "joined-table", "table1": "o.json", "table2": "o.json", "join_key": "k"},
    {"_type": "partitioned-table", "parts_path": "."},
    {"_type": "html-file", "path": "p"},
]
MANIFEST = {
    "version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"},
    "contents": {"a": {"digest": "AAAAAAAAAAAAAAAAAAAAAA==", "size": 3, "birthArtifactID": "x", "extra": {}}},
}  # fmt: skip
STATUS = {"entity": "e", "left_bytes": 3, "left_files": 1, "files": {"wandb": 1}, "problem": "", "is_done": False}
any_time = settings(max_examples=2 * EXAMPLES, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def server() -> Iterator[ArtifactServer]:
    with ArtifactServer() as serving:
        yield serving


def places(value: Any, start: tuple = ()) -> List[tuple]:
    """The paths of all parts of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [start, *(place for key, part in items for place in places(part, (*start, key)))]


@st.composite
def lying(draw: Any, whole: Dict[str, Any]) -> bytes:
    """The text of a JSON value with one part replaced by anything, or taken away; or of anything."""
    other = draw(json_texts())
    place = draw(st.sampled_from(places(whole)))
    if not place:
        return bytes(other.encode("utf-8", "replace"))
    marked: Any = json.loads(json.dumps(whole))
    inner = marked
    for key in place[:-1]:
        inner = inner[key]
    if draw(st.booleans()) and isinstance(inner, dict):
        del inner[place[-1]]
    else:
        inner[place[-1]] = "<here>"
    return json.dumps(marked).replace('"<here>"', other).encode("utf-8", "replace")


@any_time
@given(any_bytes(CONTENT))
def test_cache__any_bytes_under_a_digest__is_the_content_or_not_used(data: bytes) -> None:
    """And removed, so that the next download heals it."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_CACHE_DIR", folder)
        digest = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
        entry = ArtifactManifestEntry("a", digest, size=len(CONTENT))
        place, target = Cache().place_of(entry), os.path.join(folder, "out")
        os.makedirs(os.path.dirname(place))
        Path(place).write_bytes(data)
        found = Cache().copy_out(entry, target)
        assert found is (data == CONTENT) is os.path.exists(place) is os.path.exists(target)


@any_time
@given(data=lying(MANIFEST) | any_bytes(json.dumps(MANIFEST).encode()))
def test_manifest__any_bytes__is_read_or_one_of_our_errors(server: ArtifactServer, data: bytes) -> None:
    """What it gives is entries that a download can work with."""
    artifact = server.put("manifest", {})
    server.storage.files[f"/{artifact.id}.manifest"] = data
    try:
        manifest = fetch_manifest(Server(lambda: PlainClient(server.url)), artifact.id)
    except Error:
        return
    manifest.digest(), manifest.size(), manifest.to_manifest_json()
    assert all(not os.path.isabs(path) and ".." not in path.split("/") for path in manifest.entries)
    for entry in manifest.entries.values():
        Cache().place_of(entry)


@any_time
@given(data=st.one_of(lying(TABLE), *map(lying, OTHERS), st.sampled_from(JSON_TEXTS).map(lambda text: text.encode("utf-8", "replace"))))
def test_stored_table_or_medium__any_json__is_a_value_or_one_of_our_errors(server: ArtifactServer, data: bytes) -> None:
    """Also one that is made of itself."""
    server.put("n", {"o.json": data, "p": b"no picture", "c": b'{"_type": "classes", "class_set": [{"id": 1, "name": "x"}]}'})
    door = Server(lambda: PlainClient(server.url))
    latest = server.artifacts[-1].version
    artifact = Artifact.from_server(door.by_name("somebody", "p", f"n:v{latest}"), door)
    try:
        found = artifact.get("o.json")
    except (Error, OSError):
        return
    assert found is None or isinstance(found, wandb.data_types.WBValue)


@any_time
@given(lying(STATUS) | any_bytes(json.dumps(STATUS).encode()))
def test_upload_status__any_bytes__is_what_the_service_writes_or_ignored(data: bytes) -> None:
    """The training process looks at it, and must not feel what a disk has made of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "status.json"
        path.write_bytes(data)
        heard: List[Dict[str, Any]] = []
        watch = UploadWatch(lambda: str(path), heard.append, Progress(lambda text: None))
        assert watch.extended(10.0, 5.0, 1.0) in (6.0, 10.0)
        assert isinstance(watch.gives_up_at(), float) and watch.is_sent() in (True, False)
        assert len(heard) <= 1
