"""The HTTP client against a server that fails in every way it can be told to."""

from __future__ import annotations

import io
from email.utils import formatdate
from time import time
from typing import Any, Dict, List

import pytest

from tests.server.faults import CLOSE, DRIP, ENDLESS, GARBAGE, HANG, RESET, SLOW, STATUS, Fault
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
    assert isinstance(caught.value, AuthenticationError) == (status in (401, 403) and kind != "put")
    assert ("refuses the API key" in str(caught.value)) == (status == 401 and kind != "put")
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


def test_server__that_speaks_something_else__is_not_quoted_at_length(server: RecordingServer) -> None:
    """A port of a database or of an SSH server: its bytes belong on no terminal."""
    client = client_of(server, x_graphql_retry_max=1)
    server.faults.plan("graphql", Fault(GARBAGE), 9)
    with pytest.raises(Unreachable) as caught:
        registered(client)
    assert len(str(caught.value)) < 300


def test_server__that_hangs__is_given_up_after_the_timeout(server: RecordingServer) -> None:
    """A hanging connection costs as long as the setting says."""
    client = client_of(server, x_graphql_timeout_seconds=0.1, x_graphql_retry_max=1)
    server.faults.plan("graphql", Fault(HANG, seconds=20), 9)
    with pytest.raises(Unreachable, match="can't be reached"):
        registered(client)
    server.faults.clear()


@pytest.mark.parametrize("kind", ["UpsertBucket", "file_stream", "put"])
@pytest.mark.parametrize(("fault", "reason"), [(ENDLESS, "more than 67108864 bytes"), (DRIP, "too slowly")])
def test_answer__that_does_not_end__is_given_up(server: RecordingServer, kind: str, fault: str, reason: str) -> None:
    """A stream of events in the place of a server: the helper would hang for ever, or take the machine's memory."""
    patience = {f"x_{name}_timeout_seconds": 0.3 for name in ("graphql", "file_stream", "file_transfer")}
    problems: List[str] = []
    client = client_of(server, problems, **(patience if fault == DRIP else {}))
    registered(client)
    server.faults.plan(kind, Fault(fault))
    call(client, kind)
    assert reason in problems[-2] and problems[-1] == ""


def test_retry_after__in_an_answer__replaces_the_wait(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server knows better, also if it asks for more than we would wait."""
    waits = waits_of(monkeypatch)
    server.faults.plan("UpsertBucket", Fault(STATUS, status=429, headers={"Retry-After": "4000"}))
    server.faults.plan("UpsertBucket", Fault(STATUS, status=503))
    registered(client_of(server))
    assert waits[0] == 4000 and waits[1] <= 0.02


def waits_of(monkeypatch: pytest.MonkeyPatch) -> List[float]:
    """The waits of the clients that are made from now on, which take no time."""
    waits: List[float] = []
    monkeypatch.setattr(Client, "_pause", lambda self, seconds, is_asked=False: waits.append(seconds))
    return waits


@pytest.mark.parametrize("kind", ["UpsertBucket", "file_stream", "put"])
@pytest.mark.parametrize("value", ["1.5", "-5", "soon", "", "1e3", "Mon, 99 Foo 2026 99:99:99 GMT", "Wed"])
def test_retry_after__malformed__is_passed_over(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, kind: str, value: str
) -> None:
    """The usual back-off is always right; a proxy's odd header must not end the upload."""
    waits = waits_of(monkeypatch)
    client = client_of(server)
    registered(client)
    server.faults.plan(kind, Fault(STATUS, status=503, headers={"Retry-After": value}), 2)
    call(client, kind)
    assert len(waits) == 2 and max(waits) <= 0.02


@pytest.mark.parametrize("ahead", [3000, 10**7])
def test_retry_after__a_date_or_a_number_that_is_no_wait__is_obeyed_up_to_a_quarter_of_a_day(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """The other form of the header; some hundred years can't be meant."""
    waits = waits_of(monkeypatch)
    date = formatdate(time() + ahead, usegmt=True)
    for value in (date, str(ahead), formatdate(time() - 60, usegmt=True)):
        server.faults.plan("UpsertBucket", Fault(STATUS, status=503, headers={"Retry-After": value}))
    registered(client_of(server))
    expected = min(ahead, 6 * 3600)
    assert waits[0] == pytest.approx(expected, abs=60) and waits[1] == expected and waits[2] == 0


PAGE = "<html>please log in</html>"
STRANGERS = {
    "page": Fault.answer(200, PAGE, **{"Content-Type": "text/html; charset=utf-8"}),
    "redirect": Fault.answer(302, "", Location="http://hotel.invalid/"),
}


@pytest.mark.parametrize("kind", ["UpsertBucket", "ServerFeaturesQuery", "file_stream", "put"])
@pytest.mark.parametrize("stranger", STRANGERS)
def test_answer__of_somebody_else__is_tried_again(server: RecordingServer, kind: str, stranger: str) -> None:
    """The Wi-Fi of a hotel answers everything with its own page: what was sent did not arrive."""
    problems: List[str] = []
    client = client_of(server, problems)
    registered(client)
    server.faults.plan(kind, STRANGERS[stranger], 2)
    call(client, kind)
    assert server.requests.count(kind) == 3 + (kind == "UpsertBucket")
    assert "login in a browser" in problems[-2] and problems[-1] == ""


def test_put__store_of_another_region__is_refused_at_once(server: RecordingServer) -> None:
    """S3 answers 307 for a while after a bucket was made: no login of a network, and the same the next time."""
    client = client_of(server)
    registered(client)
    url = address(client)
    server.faults.plan("put", Fault.answer(307, "", Location="http://elsewhere.invalid/"), 99)
    with pytest.raises(CommError, match="status 307"):
        client.put(url, {"X-Storage-Class": "test"}, b"x")
    assert server.requests.count("put") == 1


def test_put__a_store_that_calls_its_empty_answer_a_page__has_the_file(server: RecordingServer) -> None:
    """As Google's does."""
    client = client_of(server)
    registered(client)
    url = address(client)
    server.headers["Content-Type"] = "text/html; charset=UTF-8"
    client.put(url, {"X-Storage-Class": "test"}, b"x")
    assert server.requests.count("put") == 1 and server.run.files["a/b.txt"] == b"x"


@pytest.mark.parametrize("answer", ["", "[]", "null", '"x"'], ids=repr)
def test_file_stream__an_answer_that_is_no_object__acknowledges_nothing(server: RecordingServer, answer: str) -> None:
    """Rows that no server has said to have stay on the disk as not sent."""
    client = client_of(server)
    registered(client)
    server.faults.plan("file_stream", Fault.answer(200, answer), 99)
    with pytest.raises(Unreachable, match="no JSON"):
        client.file_stream("somebody", "p", "r", {})
    assert server.requests.count("file_stream") == 6


def test_address__that_is_no_server__is_said_soon(server: RecordingServer) -> None:
    """A wrong base URL is not waited for as long as a server that is down."""
    server.faults.plan("", STRANGERS["page"], 99)
    with pytest.raises(Unreachable, match="is it a W&B server"):
        client_of(server, x_graphql_retry_max=20).graphql("ServerFeaturesQuery", SERVER_FEATURES, {})
    assert len(server.requests) == 4


def test_store__that_is_down__is_the_one_that_is_named(server: RecordingServer) -> None:
    """Who looks for the fault must not look at the server."""
    problems: List[str] = []
    client = client_of(server, problems, x_file_transfer_retry_max=1)
    registered(client)
    with pytest.raises(Unreachable, match="127.0.0.1:9 can't be reached") as caught:
        client.put("http://127.0.0.1:9/file?signature=SECRET", {}, b"x")
    assert "127.0.0.1:9 can't be reached" in problems[-1]
    assert "SECRET" not in f"{caught.value} {problems}"


def test_proxy__of_the_settings__is_asked_for_files_too(server: RecordingServer) -> None:
    """As upstream's client does; on many clusters there is no other way to a store."""
    client = client_of(server, http_proxy=server.url)
    registered(client)
    put(client, b"x")
    assert {asked.kind for asked in server.asked if asked.path.startswith("http://")} == {
        "UpsertBucket", "CreateRunFiles", "put",
    }  # fmt: skip


def test_headers__in_any_script__arrive_in_utf8(server: RecordingServer) -> None:
    """Names of people and teams."""
    name = "\u674e\u96f7 J\u00fcrgen"
    registered(client_of(server, username=name, x_extra_http_headers={"X-Who": name}))
    headers = server.asked[-1].headers
    assert [headers[key].encode("latin-1").decode() for key in ("X-WANDB-USERNAME", "X-Who")] == [name, name]


@pytest.mark.parametrize("host", ["a..b", "\u00e4" * 63])
def test_host__that_can_not_be__is_an_error_of_ours(host: str) -> None:
    """Whoever gives it to the client without the settings' check."""
    with pytest.raises(CommError):
        Client(Access({**FAST, "base_url": f"http://{host}"}, KEY)).graphql("Viewer", VIEWER, {})


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
