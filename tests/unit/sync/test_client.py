"""The HTTP client against a server that fails in every way it can be told to."""

from __future__ import annotations

import io
from typing import Any, Dict, List

import pytest

from tests.server.faults import CLOSE, HANG, RESET, SLOW, STATUS, Fault
from tests.server.server import KEY, RecordingServer
from wandb.errors import AuthenticationError, CommError
from wandb.sync.access import Access
from wandb.sync.client import Abandoned, Client, Unreachable
from wandb.sync.queries import CREATE_RUN_FILES, SERVER_FEATURES, UPSERT_BUCKET, VIEWER, upsert_variables

FAST: Dict[str, Any] = {
    f"x_{kind}_retry_{name}": value
    for kind in ("graphql", "file_stream", "file_transfer")
    for name, value in (("wait_min_seconds", 0.01), ("wait_max_seconds", 0.02), ("max", 5))
}


def client_of(server: RecordingServer, problems: List[str] | None = None, key: str = KEY, **settings: Any) -> Client:
    heard: List[str] = [] if problems is None else problems
    return Client(Access({**FAST, "base_url": server.url, **settings}, key), heard.append)


def registered(client: Client) -> None:
    client.graphql("UpsertBucket", UPSERT_BUCKET, upsert_variables(name="r", project="p", config="{}"))


def address(client: Client) -> str:
    """A signed address for a file of the run."""
    variables = {"entity": "somebody", "project": "p", "run": "r", "files": ["a/b.txt"]}
    created = client.graphql("CreateRunFiles", CREATE_RUN_FILES, variables)["createRunFiles"]
    return str(created["files"][0]["uploadUrl"])


def put(client: Client, data: Any) -> None:
    client.put(address(client), {"X-Storage-Class": "test"}, data)


def test_viewer__asked__is_the_owner_of_the_key(server: RecordingServer) -> None:
    """The base of `wandb login --verify`."""
    assert client_of(server).graphql("Viewer", VIEWER, {})["viewer"]["entity"] == "somebody"


def test_base_url__with_a_path__is_kept_in_every_address() -> None:
    """Servers behind a company's proxy have one."""
    with RecordingServer(path="/wandb/api") as server:
        client = client_of(server)
        registered(client)
        assert client.file_stream("somebody", "p", "r", {}) == {"exitcode": None, "limits": {}}
        assert server.unexpected == []


RETRIED = {
    "UpsertBucket": (408, 409, 429, 500, 502, 503, 504),
    "ServerFeaturesQuery": (408, 429, 500, 502, 503, 504),
    "file_stream": (408, 429, 500, 502, 503, 504, 418),
    "put": (429, 500, 502, 503, 504),
}
FINAL = {
    "UpsertBucket": (400, 401, 403, 404, 410, 413, 422, 501),
    "ServerFeaturesQuery": (400, 401, 403, 404, 409, 410, 413, 422, 501),
    "file_stream": (400, 401, 403, 404, 409, 410, 413, 422, 501),
    "put": (400, 401, 403, 404, 408, 409, 410, 413, 422, 501),
}


def call(client: Client, kind: str) -> None:
    if kind == "UpsertBucket":
        registered(client)
    elif kind == "put":
        put(client, b"x")
    elif kind == "file_stream":
        client.file_stream("somebody", "p", "r", {})
    else:
        client.graphql(kind, SERVER_FEATURES, {})


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind, found in RETRIED.items() for status in found])
def test_status__that_may_heal__is_tried_again(server: RecordingServer, kind: str, status: int) -> None:
    """The protocol's table of retries, the first half."""
    problems: List[str] = []
    client = client_of(server, problems)
    registered(client)
    server.faults.plan(kind, Fault(STATUS, status=status), 2)
    call(client, kind)
    assert problems.count(f"{server.host} answers with status {status}") == 2
    assert problems[-1] == ""


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind, found in FINAL.items() for status in found])
def test_status__that_can_not_heal__is_an_error_at_once(server: RecordingServer, kind: str, status: int) -> None:
    """The second half; the error names the host and what the server says."""
    client = client_of(server)
    registered(client)
    before = server.requests.count(kind)
    server.faults.plan(kind, Fault(STATUS, status=status), 9)
    with pytest.raises(CommError) as caught:
        call(client, kind)
    assert not isinstance(caught.value, Unreachable)
    assert server.host in str(caught.value) and str(status) in str(caught.value)
    assert isinstance(caught.value, AuthenticationError) == (status == 401 and kind != "put")
    assert server.requests.count(kind) == before + 1


@pytest.mark.parametrize("kind", ["UpsertBucket", "file_stream", "put"])
@pytest.mark.parametrize("fault", [Fault(CLOSE), Fault(RESET), Fault.lost_reply(), Fault(SLOW, seconds=0.2)])
def test_connection__that_breaks__is_tried_again(server: RecordingServer, kind: str, fault: Fault) -> None:
    """Before an answer, in the middle of it, and after the request was carried out."""
    client = client_of(server)
    registered(client)
    server.faults.plan(kind, fault, 2)
    call(client, kind)


def test_server__that_is_gone__is_unreachable_with_the_reason(server: RecordingServer) -> None:
    """After all tries; the caller may try again another time."""
    client = client_of(server, x_graphql_retry_max=2)
    server.stop()
    with pytest.raises(Unreachable, match=f"{server.host} can't be reached .*refused"):
        registered(client)


def test_server__that_hangs__is_given_up_after_the_timeout(server: RecordingServer) -> None:
    """A hanging connection costs as long as the setting says."""
    client = client_of(server, x_graphql_timeout_seconds=0.1, x_graphql_retry_max=1)
    server.faults.plan("graphql", Fault(HANG, seconds=20), 9)
    with pytest.raises(Unreachable, match="can't be reached"):
        registered(client)
    server.faults.clear()


def test_retry_after__in_an_answer__replaces_the_wait(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server knows better, also if it asks for more than we would wait."""
    client = client_of(server)
    waits: List[float] = []
    monkeypatch.setattr(client, "_pause", lambda seconds, is_asked=False: waits.append(seconds))
    server.faults.plan("UpsertBucket", Fault(STATUS, status=429, headers={"Retry-After": "4000"}))
    server.faults.plan("UpsertBucket", Fault(STATUS, status=503))
    registered(client)
    assert waits[0] == 4000 and waits[1] <= 0.02


def test_abandon__while_it_waits__ends_the_waiting(server: RecordingServer) -> None:
    """The end of a run never waits for the end of a back-off."""
    client = client_of(server, x_graphql_retry_wait_min_seconds=1000.0, x_graphql_retry_wait_max_seconds=1000.0)
    server.faults.plan("UpsertBucket", Fault(STATUS), 9)
    client._report = lambda problem: client.abandon()  # with the first failure
    with pytest.raises(Abandoned):
        registered(client)


def test_key__in_no_request_to_a_signed_address__and_in_no_error(
    server: RecordingServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storage belongs to somebody else; requests would add a key from the netrc file by itself."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1\n  login user\n  password {KEY}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client = client_of(server)
    registered(client)
    put(client, io.BytesIO(b"contents"))  # the server refuses one with Authorization
    assert server.run.files == {"a/b.txt": b"contents"}
    with pytest.raises(AuthenticationError) as caught:
        registered(client_of(server, key="local-" + "f" * 40))
    assert "f" * 40 not in repr(caught.value) + repr(client.access)


def test_file__sent_again_after_a_failure__is_whole(server: RecordingServer) -> None:
    """It is read from its start for each try."""
    client = client_of(server)
    registered(client)
    server.faults.plan("put", Fault(STATUS, status=503))
    server.faults.plan("put", Fault.lost_reply())
    data = bytes(range(256)) * 4096
    put(client, io.BytesIO(data))
    assert server.run.files["a/b.txt"] == data
    assert client.sent_bytes in (2 * len(data), 3 * len(data)), "with every try; one may have ended before its body"


def test_errors__in_a_200__are_joined_and_final(server: RecordingServer) -> None:
    """GraphQL's way to refuse; no status tells."""
    with pytest.raises(CommError, match="refuses Broken: Cannot query field 'nothing'.*Cannot query field 'other'"):
        client_of(server).graphql("Broken", "query Broken { nothing other }", {})
    server.unexpected.clear()
    assert server.requests == ["Broken"]


def test_rate_limit__in_an_answer__spreads_the_posts(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many requests are left for so many seconds."""
    client = client_of(server)
    registered(client)
    server.headers = {"RateLimit-Remaining": "5", "RateLimit-Reset": "10"}
    client.file_stream("somebody", "p", "r", {})
    assert client.least_interval == 2.0
