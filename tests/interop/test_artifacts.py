"""Artifacts under both clients: the same digests and records, and upstream's client sends ours."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.conftest import Program
from tests.interop import upstream
from tests.recorded import RecordedRun
from tests.server.artifacts import ArtifactServer
from wandb.wire.decode import record_kind

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

# Different in each run, or in each artifact.
OWN = ("run_id", "client_id", "sequence_client_id", "_info")

PROGRAM = """
    import datetime, os, wandb
    os.makedirs("files/sub/deep", exist_ok=True)
    for name, text in (("a.txt", "a"), ("sub/b.txt", "bb"), ("sub/deep/c.txt", ""), (".hidden", "h"), ("\\u00fc n.txt", "u")):
        open(os.path.join("files", name), "w").write(text)
    if not os.path.islink("files/link"):
        os.symlink("sub", "files/link")
    uri = "file://" + os.path.abspath("files")

    run = wandb.init(project="interop", entity="somebody", group="together", config={"a": 1})
    artifact = wandb.Artifact(
        "all", "dataset", description="text", metadata={"x": 1, "list": (1, 2), "nan": float("nan"), "deep": {"y": None}}
    )
    artifact.add_dir("files", name="top")
    artifact.add_file("files/a.txt")
    artifact.add_file("files/sub/b.txt", name="./x//y", skip_cache=True)
    artifact.add_file("files/a.txt", name="q/temporary.txt", is_tmp=True)
    artifact.add_reference(uri, name="ref")
    artifact.add_reference(uri, name="unread", checksum=False)
    artifact.add_reference("https://127.0.0.1:1/a/b.bin?x=1", checksum=False)
    artifact.add_reference("gopher://a/b", name="unknown", checksum=False)
    with artifact.new_file("new/file.bin", mode="wb") as file:
        file.write(b"new")
    artifact.remove("q")
    artifact.ttl = datetime.timedelta(days=2, seconds=0.5)
    run.log_artifact(artifact, aliases=["best", "b"], tags=["t", "t", "u v"])
    for ttl in (None, wandb.ArtifactTTL.INHERIT):
        other = wandb.Artifact("ttl", "t", storage_region="eu", incremental=True)
        other.ttl = ttl
        run.log_artifact(other)
    xxh = wandb.Artifact("xxh", "t", digest_algorithm="XXH128")
    xxh.add_dir("files")
    run.log_artifact(xxh, aliases="one")
    run.log_artifact("files/a.txt", name="of-a-path")
    run.log_artifact("files", name="of-a-folder", type="kind")
    run.upsert_artifact(wandb.Artifact("part", "t"))
    run.finish_artifact(wandb.Artifact("part", "t"), distributed_id="own")
    run.log_model("files", name="model", aliases=["m"])
    run.log_code("files", name="code", include_fn=lambda path: path.endswith(".txt"))
    run.finish()
"""


def source(folder: Path) -> Path:
    path = folder / "train.py"
    path.write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    return path


def records_of(path: Path) -> List[Dict[str, Any]]:
    """The artifact records of a run, without what is each one's own; copies by what is in them."""
    from google.protobuf.json_format import MessageToDict

    found = []
    for record in RecordedRun(path).records():
        if record_kind(record) != "artifact":
            continue
        fields = MessageToDict(record.artifact, preserving_proto_field_name=True)
        fields["aliases"].sort()
        for entry in fields["manifest"].get("contents", []):
            if "local_path" in entry:
                entry["local_path"] = Path(entry["local_path"]).read_text()
            if "ref" in entry:
                entry["ref"] = entry["ref"].replace(str(path.parent.parent), "")
            if entry["path"].startswith("unread/"):  # made of the absolute path
                entry["digest"] = fields["digest"] = ""
        found.append({key: value for key, value in fields.items() if key not in OWN})
    return found


def test_artifact_records__of_one_program__are_upstream_s(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Field for field, so that whoever reads the log can't tell who wrote it."""
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    program.environment["WANDB_DATA_DIR"] = str(tmp_path / "data")
    result = upstream.run_offline(source(tmp_path), tmp_path / "theirs")
    assert result.returncode == 0, result.stderr.splitlines()[-1:]
    theirs = records_of(next((tmp_path / "theirs").glob("wandb/offline-run-*")))
    ours = records_of(program(PROGRAM).ok().run.path)
    assert [record["name"] for record in ours] == [record["name"] for record in theirs] and len(ours) == 10
    for our, their in zip(ours, theirs):
        assert our == their


def test_digest__with_the_same_absolute_paths__is_upstream_s(program: Program, tmp_path: Path) -> None:
    """What the comparison above leaves out: files that are referred to and not read."""
    lines = "artifact.add_reference(uri, checksum=False); artifact.add_dir('files', name='d'); print(artifact.digest)"
    start = PROGRAM[: PROGRAM.index("    run = ")]
    text = textwrap.dedent(start) + f"artifact = wandb.Artifact('n', 't'); {lines}\n"
    (tmp_path / "digest.py").write_text(text, encoding="utf-8")
    theirs = upstream.run_offline(tmp_path / "digest.py", tmp_path)
    assert theirs.returncode == 0, theirs.stderr.splitlines()[-1:]
    assert program(text).ok().stdout == theirs.stdout


def test_upstream_sync__our_run_with_artifacts__sends_them(program: Program, tmp_path: Path) -> None:
    """The copies must be where the record says, from whatever folder the command is called."""
    program.environment["WANDB_DATA_DIR"] = str(tmp_path / "data")
    run = program(
        """
        import os, wandb
        os.makedirs("d")
        for name in ("a", "b"):
            open(f"d/{name}", "w").write(name)
        artifact = wandb.Artifact("n", "t", metadata={"x": 1})
        artifact.add_dir("d")
        artifact.add_file("d/b", name="fixed", policy="immutable")
        artifact.add_reference("file://" + os.path.abspath("d/a"), name="ref")
        used = wandb.Artifact("used", "t")
        with used.new_file("x") as file:
            file.write("x")
        run = wandb.init(project="p", id="r")
        run.log_artifact(artifact, aliases=["best"], tags=["tag"])
        run.use_artifact(used)
        """
    ).ok().run
    with ArtifactServer() as server:
        upstream.sync_to(server, run.path)
    artifact, used = sorted(server.artifacts, key=lambda artifact: artifact.collection)
    assert {path: server.content(artifact, path) for path in artifact.files} == {"a": b"a", "b": b"b", "fixed": b"b"}
    contents = server.manifest(artifact)["contents"]
    assert sorted(contents) == ["a", "b", "fixed", "ref"] and contents["ref"]["ref"].endswith("/d/a")
    assert (artifact.state, used.state) == ("COMMITTED", "COMMITTED")
    assert (artifact.aliases, artifact.tags) == ({"best", "latest"}, {"tag"})
    assert json.loads(artifact.fields["metadata"]) == {"x": 1}
    assert (artifact.used_by, used.used_by) == ([], ["r"])


def test_upstream_sync__our_run_that_used_an_artifact__is_sent(program: Program) -> None:
    """Its client says at once what a run uses, and passes over the record; so sent by it, that is left out."""
    with ArtifactServer() as server:
        data = server.put("data", {"a": b"1"}, aliases=[{"alias": "latest"}])
        run = program(
            "import wandb\nrun = wandb.init(project='p', id='r')\nrun.use_artifact('data')\n",
            env=server.environment(WANDB_X_DISABLE_STATS="true"),
        ).ok().run
        assert data.used_by == ["r"]
        (used,) = [record.use_artifact for record in run.records() if record_kind(record) == "use_artifact"]
        assert (used.id, used.type, used.name) == (data.id, "dataset", "data:latest")
    with ArtifactServer() as server:
        assert upstream.sync_to(server, run.path).complete
