"""WANDB_CA_BUNDLE: whose certificates are trusted, against a server with TLS whose authority nobody knows."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Iterator

import pytest
import requests
import trustme

from tests.conftest import Program
from tests.online.test_sync_command import sync
from tests.server.server import KEY, RecordingServer
from wandb.artifacts.transfer import Transfers
from wandb.errors import CommError
from wandb.patience import Patience
from wandb.settings import Settings
from wandb.sync.viewer import ask

RUN = """
    import wandb
    with wandb.init(project="p", id="one") as run:
        run.log({"x": 1})
        open("kept.txt", "w").write("kept")
        run.save("kept.txt")
    print("behind finish")
"""
READ = """
    import wandb
    run = wandb.Api().run("somebody/p/one")
    run.file("kept.txt").download("copy")
    print(run.summary["x"], open("copy/kept.txt").read())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RecordingServer]:
    """Its authority's certificate is in ca.pem; other.pem is that of another one."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    with RecordingServer(tls=context) as recording:
        yield recording
    assert recording.unexpected == []


def test_run__bundle_named_from_its_folder__is_sent_and_read(program: Program, server: RecordingServer) -> None:
    """GraphQL, the file stream, storage and downloads, though the helper has another working folder."""
    environment = server.environment(WANDB_CA_BUNDLE="ca.pem")
    result = program(RUN, env=environment).ok()
    assert server.run.complete and server.run.files["kept.txt"] == b"kept", result.stderr
    assert program(READ, env=environment).ok().stdout == "1 kept\n"


@pytest.mark.parametrize(
    ("bundle", "others", "is_trusted"),
    [("ca.pem", "other.pem", True), ("ca.pem", "missing.pem", True), ("other.pem", "ca.pem", False)],
)
def test_bundle__beside_the_variables_of_others__wins(
    server: RecordingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str, others: str, is_trusted: bool
) -> None:
    """What others trust, or fail to find, does not matter: for requests to the server, and for downloads."""
    monkeypatch.setenv("WANDB_CA_BUNDLE", str(tmp_path / bundle))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / others))
    answer = ask(Settings(base_url=server.url), KEY, 10.0)
    assert answer.accepted is (True if is_trusted else None), answer.problem
    with pytest.raises(CommError) as caught:
        Transfers(Patience(0, 0.0, 0.0, 10.0)).fetch(f"{server.url}/none", str(tmp_path / "got"))
    assert ("status 401" in str(caught.value)) is is_trusted, caught.value
    assert is_trusted or "not trusted" in answer.problem


def test_download__authority_of_the_system__is_trusted(
    server: RecordingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is for requests to the server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())
    with pytest.raises(CommError, match="status 401"):
        Transfers(Patience(0, 0.0, 0.0, 10.0)).fetch(f"{server.url}/none", str(tmp_path / "got"))


@pytest.mark.parametrize(
    ("name", "reason"), [("missing.pem", "can't be read: No such file"), ("empty.pem", "holds no certificate")]
)
def test_run__bundle_that_is_none__goes_on_offline_and_says_so(
    program: Program, server: RecordingServer, name: str, reason: str
) -> None:
    """A typo must not stop a training, nor look like a server that is down; mended, it is sent."""
    (program.folder / "empty.pem").write_text("no certificate\n")
    environment = {**server.environment(), "WANDB_CA_BUNDLE": str(program.folder / name)}
    result = program(RUN, env=environment).ok()
    assert result.stdout == "behind finish\n" and server.asked == []
    assert f"WANDB_CA_BUNDLE names {program.folder / name}, which {reason}" in result.stderr
    assert sync(program, server, str(result.run.path), WANDB_CA_BUNDLE=environment["WANDB_CA_BUNDLE"]).returncode == 1
    assert sync(program, server, str(result.run.path), WANDB_CA_BUNDLE="ca.pem").returncode == 0
    assert server.run.complete


def test_bundle__folder_of_certificates__is_taken_as_one(
    server: RecordingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a certificate of that authority in it, nothing is trusted."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("WANDB_CA_BUNDLE", str(tmp_path / "empty"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert "not trusted" in ask(Settings(base_url=server.url), KEY, 10.0).problem
