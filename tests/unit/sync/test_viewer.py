"""Asking a server about a key: what counts as accepted, as rejected, and as not known; proxies and certificates."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import requests
import trustme

from tests.server.faults import HANG, Fault
from tests.server.server import ENTITY, KEY, OTHER_KEY, RecordingServer
from wandb.settings import Settings
from wandb.sync.viewer import ask

LIMIT = 30.0
# What a machine may say about proxies and certificates, and no test wants to hear.
NETWORK_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle")


@pytest.fixture(autouse=True)
def plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no certificates but those of the test."""
    for name in (*NETWORK_VARIABLES, "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("prefix", ["", "/some/path"])
def test_ask__key_of_an_account__accepted_and_named(prefix: str) -> None:
    """Servers may stand below a path, behind a gateway; the key goes as the password of Basic authentication."""
    with RecordingServer(path=prefix) as server:
        settings = Settings(base_url=server.url + "/", username="me", x_extra_http_headers={"X-Gate": "open"})
        answer = ask(settings, KEY, LIMIT)
    assert (answer.accepted, answer.user, answer.problem) == (True, ENTITY, "")
    assert answer.server_time.endswith("GMT")
    (request,) = server.asked
    assert (request.path, request.key, request.kind) == (f"{prefix}/graphql", KEY, "Viewer")
    assert (request.headers["X-WANDB-USERNAME"], request.headers["X-Gate"]) == ("me", "open")


@pytest.mark.parametrize(
    "answer", [None, (401, ""), (403, "{}"), (200, '{"data": {"viewer": null}}')], ids=["", "401", "403", "null"]
)
def test_ask__key_of_nobody__rejected(answer: Any) -> None:
    """Servers say it by a status, or by a viewer that is nobody."""
    with RecordingServer(fault=answer and Fault.answer(*answer)) as server:
        assert ask(Settings(base_url=server.url), OTHER_KEY, LIMIT).accepted is False


@pytest.mark.parametrize(
    "answer, problem",
    [
        ((500, "oops"), "500"),
        ((429, "{}"), "429"),
        ((404, "<html>no</html>"), "404"),
        ((404, '{"error": {"message": "no such page"}}'), "no such page"),
        ((200, "<html>log in to the hotel</html>"), "a W&B server?"),
        ((200, "[]"), "a W&B server?"),
        ((200, '{"data": null}'), "a W&B server?"),
        ((200, '{"data": null, "errors": [{"message": "a"}, {"message": "b"}]}'), "a; b"),
        ((400, '{"error": "what?"}'), "what?"),
    ],
)
def test_ask__strange_answer__not_known_and_said(answer: Any, problem: str) -> None:
    """None of these says anything about the key."""
    with RecordingServer(fault=Fault.answer(*answer)) as server:
        result = ask(Settings(base_url=server.url), KEY, LIMIT)
    assert result.accepted is None
    assert problem in result.problem


def test_ask__redirect__not_followed_and_its_target_named() -> None:
    """The key is for one server; the usual cause is http instead of https."""
    with RecordingServer() as other, RecordingServer(fault=Fault.answer(301, Location=f"{other.url}/graphql")) as server:
        result = ask(Settings(base_url=server.url), KEY, LIMIT)
    assert result.accepted is None and f"sends us to {other.url}/" in result.problem
    assert other.asked == []


def test_ask__server_says_nothing__ends_in_time() -> None:
    """A connection that is open and silent is what a broken firewall looks like."""
    with RecordingServer(fault=Fault(HANG, seconds=LIMIT)) as server:
        result = ask(Settings(base_url=server.url), KEY, 0.2)
        assert result == (None, "no answer within 0.2 seconds", "", "")


@pytest.mark.parametrize("url, problem", [("http://127.0.0.1:{}", "refused"), ("http://nosuch.invalid", "not known")])
def test_ask__nobody_there__not_known_in_plain_words(url: str, problem: str) -> None:
    """One reason a person can act on, not a chain of exceptions."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = ask(Settings(base_url=url.format(unused.getsockname()[1])), KEY, LIMIT)
    assert result.accepted is None
    assert problem in result.problem and "\n" not in result.problem and len(result.problem) < 100


@pytest.mark.parametrize("source", ["setting", "variable"])
def test_ask__proxy__used_for_the_server(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """On many clusters the only way out is a proxy; the setting is for this server and beats the variables."""
    with RecordingServer(path="/x") as proxy:
        settings = Settings(base_url="http://w.invalid:99/x")
        if source == "setting":
            settings.http_proxy = f"http://{proxy.host}"
            monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
            monkeypatch.setenv("NO_PROXY", "w.invalid")
        else:
            monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
        assert ask(settings, KEY, LIMIT).accepted is True
    assert [request.path for request in proxy.asked] == ["http://w.invalid:99/x/graphql"]


def test_ask__proxy_that_is_not_for_this_server__not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY names the servers inside the house."""
    with RecordingServer() as server, RecordingServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert ask(Settings(base_url=server.url), KEY, LIMIT).accepted is True
    assert len(server.asked) == 1 and proxy.asked == []


def test_ask__proxy_that_refuses__said_and_without_its_password() -> None:
    """The address of a proxy often holds a password."""
    with RecordingServer() as proxy:
        settings = Settings(base_url="https://w.invalid", https_proxy=f"http://me:word@{proxy.host}")
        result = ask(settings, KEY, LIMIT)
    assert result.accepted is None
    assert "proxy" in result.problem and "502" in result.problem and "word" not in result.problem
    assert [request.kind for request in proxy.asked] == ["CONNECT"]


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Dict[str, Any]]:
    """A server with a certificate of a private CA, and where the CA's own is kept: as a file, and in a folder."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    folder = tmp_path / "certificates"
    folder.mkdir()
    file = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    with RecordingServer(tls=context) as server:
        yield {"url": server.url, "file": str(file), "folder": str(folder), "server": server}


def _link_by_hash(folder: str, file: str) -> None:
    """What `c_rehash` does: OpenSSL finds a certificate in a folder by the hash of its subject."""
    if not shutil.which("openssl"):
        pytest.skip("needs the command openssl")
    done = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", file], stdout=subprocess.PIPE, check=True)
    Path(folder, f"{done.stdout.decode().strip()}.0").symlink_to(file)


@pytest.mark.parametrize(
    "variable, kind", [("REQUESTS_CA_BUNDLE", "file"), ("SSL_CERT_FILE", "file"), ("SSL_CERT_DIR", "folder")]
)
def test_ask__certificate_of_a_private_authority__trusted_where_named(
    monkeypatch: pytest.MonkeyPatch, authority: Dict[str, Any], variable: str, kind: str
) -> None:
    """Companies have CAs of their own; the first variable is Python's habit, the others are OpenSSL's and Go's."""
    if kind == "folder":
        _link_by_hash(authority["folder"], authority["file"])
    monkeypatch.setenv(variable, authority[kind])
    if variable != "REQUESTS_CA_BUNDLE":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())  # what many machines have anyway
    assert ask(Settings(base_url=authority["url"]), KEY, LIMIT).accepted is True


def test_ask__certificate_nobody_vouches_for__not_known_and_no_key_sent(authority: Dict[str, Any]) -> None:
    """Whoever stands in between must not get the key, and the way out is named."""
    result = ask(Settings(base_url=authority["url"]), KEY, LIMIT)
    assert result.accepted is None
    assert "not trusted" in result.problem and "SSL_CERT_FILE" in result.problem
    assert authority["server"].asked == []


def test_ask__checks_switched_off__accepted_also_beside_a_bundle(
    monkeypatch: pytest.MonkeyPatch, authority: Dict[str, Any], recwarn: pytest.WarningsRecorder
) -> None:
    """The setting says what it does; a variable for other programs does not switch the checks on again."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.path.dirname(authority["file"]))
    assert ask(Settings(base_url=authority["url"], insecure_disable_ssl=True), KEY, LIMIT).accepted is True
    assert [str(warning.message) for warning in recwarn] == []


def test_ask__bundle_that_is_not_there__said(monkeypatch: pytest.MonkeyPatch, authority: Dict[str, Any]) -> None:
    """A typo in the variable must not look like a server that is down."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    result = ask(Settings(base_url=authority["url"]), KEY, LIMIT)
    assert result.accepted is None and "/no/such/file" in result.problem


def test_ask__server_without_tls_asked_by_https__said() -> None:
    """A wrong scheme is the commonest slip in the address of one's own server."""
    with RecordingServer() as server:
        result = ask(Settings(base_url=server.url.replace("http:", "https:")), KEY, LIMIT)
    assert result.accepted is None and "http://" in result.problem

