"""Runs that are sent with an identity token instead of an API key, as clusters hand them out."""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict

import pytest

from tests.conftest import Program
from tests.online.test_sync_command import RUN, assert_complete, sync
from tests.server.server import KEY, RecordingServer
from wandb.sync.access import Access
from wandb.sync.client import Client
from wandb.sync.queries import VIEWER


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


IDENTITY = f"{_part({'alg': 'RS256'})}.{_part({'sub': 'me'})}.c2ln"


@pytest.fixture
def given(program: Program, server: RecordingServer) -> Dict[str, str]:
    """The environment of a program with an identity and no key."""
    server.identity_token = IDENTITY
    (program.folder / "jwt").write_text(f"{IDENTITY}\n", encoding="utf-8")
    paths = {"IDENTITY_TOKEN_FILE": program.folder / "jwt", "CREDENTIALS_FILE": program.folder / "own" / "credentials.json"}
    return server.environment(WANDB_API_KEY="", **{f"WANDB_{name}": str(path) for name, path in paths.items()})


def kept(program: Program) -> Dict[str, Any]:
    return dict(json.loads((program.folder / "own" / "credentials.json").read_text(encoding="utf-8"))["credentials"])


def keep(program: Program, server: RecordingServer, token: str, seconds: float) -> None:
    """Have a token in the credentials file, beside one for another server."""
    ends = (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    entry = {"access_token": token, "expires_at": ends}
    (program.folder / "own").mkdir(exist_ok=True)
    text = json.dumps({"credentials": {server.url: entry, "https://other": entry}})
    (program.folder / "own" / "credentials.json").write_text(text, encoding="utf-8")


def test_identity__of_an_online_run__is_exchanged_once_and_the_token_kept(
    program: Program, server: RecordingServer, given: Dict[str, str]
) -> None:
    """For the owner alone, in the form that upstream's client reads; nowhere in the run's folder."""
    run = program(RUN, "one", env=given).ok().run
    assert_complete(server)
    (token,) = server.access_tokens
    assert kept(program)[server.url]["access_token"] == token
    assert oct(os.stat(program.folder / "own" / "credentials.json").st_mode & 0o777) == "0o600"
    for path in run.path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token.encode() not in content and IDENTITY.encode() not in content, path


def test_identity__for_sync__uses_the_token_that_is_kept(
    program: Program, server: RecordingServer, given: Dict[str, str]
) -> None:
    """Until five minutes before its end; what is kept for other servers stays."""
    run = program(RUN, "one").ok().run
    server.access_tokens.append("kept")
    keep(program, server, "kept", 3000)
    assert sync(program, server, str(run.path), **given).returncode == 0
    assert server.access_tokens == ["kept"]
    keep(program, server, "kept", 200)
    second = program(RUN, "two").folder
    assert sync(program, server, **given).returncode == 0 and second == program.folder
    assert len(server.access_tokens) == 2 and kept(program)["https://other"]["access_token"] == "kept"
    assert_complete(server, "two")


def test_identity__whose_token_ends_before_its_time__gets_another_one(
    program: Program, server: RecordingServer, given: Dict[str, str]
) -> None:
    """A request that was tried for hours, or a server that has forgotten its tokens."""
    run = program(RUN, "one").ok().run
    keep(program, server, "forgotten", 3000)
    assert sync(program, server, str(run.path), **given).returncode == 0
    assert len(server.access_tokens) == 1
    assert_complete(server)


@pytest.mark.parametrize("fault", ["another identity", "no file"])
def test_identity__that_is_not_taken__is_one_clear_error_and_the_run_goes_on_offline(
    program: Program, server: RecordingServer, given: Dict[str, str], fault: str
) -> None:
    """The file is named, its content is not."""
    if fault == "no file":
        (program.folder / "jwt").unlink()
    server.identity_token = "another"
    result = program(RUN, "one", env=given).ok()
    told = [line for line in result.stderr.splitlines() if "identity token" in line]
    assert len(told) == 1 and "jwt" in told[0] and IDENTITY not in result.stderr and "offline" in told[0]
    assert server.runs == {}
    server.identity_token = IDENTITY
    (program.folder / "jwt").write_text(IDENTITY, encoding="utf-8")
    assert sync(program, server, **given).returncode == 0
    assert_complete(server)


def test_identity__and_a_key_in_the_environment__is_an_error(
    program: Program, server: RecordingServer, given: Dict[str, str]
) -> None:
    """As with upstream's client: which of the two is meant can't be known."""
    result = program(RUN, "one", env={**given, "WANDB_API_KEY": KEY})
    assert result.status == 1 and "WANDB_API_KEY and an identity token" in result.stderr and KEY not in result.stderr


def client(server: RecordingServer, given: Dict[str, str]) -> Client:
    """One that has the identity, in this process."""
    files = {"identity_token_file": given["WANDB_IDENTITY_TOKEN_FILE"], "credentials_file": given["WANDB_CREDENTIALS_FILE"]}
    return Client(Access({"base_url": server.url, **files}, ""))


@pytest.mark.parametrize("content", ["", "{}", '{"own": [1], "credentials": {"x": 1, "URL": {"access_token": 1, "expires_at": "x"}}}', '{"own": [1]}'])
def test_credentials_file__with_more_in_it__keeps_that(
    program: Program, server: RecordingServer, given: Dict[str, str], content: str
) -> None:
    """Of other servers and other programs; what is no token is asked for anew."""
    path = Path(given["WANDB_CREDENTIALS_FILE"])
    path.parent.mkdir()
    path.write_text(content.replace("URL", server.url), encoding="utf-8")
    assert client(server, given).graphql("Viewer", VIEWER, {})["viewer"]["username"] == "somebody"
    assert kept(program)[server.url]["access_token"] == server.access_tokens[0]
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert ("own" in content) == (whole.get("own") == [1]) and ("x" in kept(program)) == ('"x": 1' in content)


@pytest.mark.parametrize("content", ["{", "[]", '{"credentials": 3}', "[" * 9000, "key = value\n", '{"a": "' + "x" * (1 << 20) + '"}'], ids=range(6))
def test_credentials_file__of_another_form__stays_as_it_is(
    server: RecordingServer, given: Dict[str, str], content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody has named the wrong file; the server is asked all the same, and one line says that nothing is kept."""
    path = Path(given["WANDB_CREDENTIALS_FILE"])
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    asking = client(server, given)
    for _ in range(2):
        assert asking.graphql("Viewer", VIEWER, {})["viewer"]["username"] == "somebody"
    assert path.read_text(encoding="utf-8") == content and len(server.access_tokens) == 1
    assert [record.getMessage() for record in caplog.records if "stays as it is" in record.getMessage()] == [
        f"{path} is no credentials file and stays as it is: access tokens are not kept."
    ]
