"""References to objects of an S3 store, on loopback: upstream's client and ours know them by the same digests."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.interop import upstream
from tests.server.object_store import ObjectStore

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

PROGRAM = textwrap.dedent(
    """
    import wandb
    for uri, name in (
        ("s3://bucket/key/x.bin", None), ("s3://bucket/key/x.bin", "q/w"), ("s3://bucket/dir", None),
        ("s3://bucket/dir/", "top"), ("s3://bucket/dir/a", "a"),
    ):
        artifact = wandb.Artifact("n", "t")
        entries = artifact.add_reference(uri, name=name)
        print(artifact.digest, sorted((e.path, e.digest, e.ref, e.size, sorted(e.extra.items())) for e in entries))
    """
)


def test_references__to_objects_and_folders__are_upstream_s(program: Program, tmp_path: Path) -> None:
    """With checksums, which are the store's tags: no object is read."""
    path = tmp_path / "refer.py"
    path.write_text(PROGRAM, encoding="utf-8")
    with ObjectStore({"key/x.bin": b"hello", "dir/a": b"1", "dir/sub/b": b"22"}) as store:
        theirs = upstream.call(tmp_path, str(path), **store.environment())
        assert theirs.returncode == 0, theirs.stderr.splitlines()[-1:]
        assert program(PROGRAM, env=store.environment()).ok().stdout == theirs.stdout


def test_object__that_is_gone_or_another_one__is_an_error(program: Program) -> None:
    """Upstream's client makes an artifact without entries of the first."""
    with ObjectStore({"x": b"hello"}) as store:
        program(
            """
            import wandb
            from wandb.artifacts.object_stores import fetch_object
            draft = wandb.Artifact("n", "t")
            try:
                draft.add_reference("s3://bucket/nowhere")
            except wandb.CommError as error:
                assert "is not there" in str(error)
            (entry,) = draft.add_reference("s3://bucket/x")
            fetch_object(entry, "got")
            assert open("got").read() == "hello"
            entry.digest = "another"
            try:
                fetch_object(entry, "got")
            except wandb.CommError as error:
                assert "has changed since" in str(error)
            else:
                raise SystemExit("no error")
            """,
            env=store.environment(),
        ).ok()
