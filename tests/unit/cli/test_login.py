"""`wandb login`, as people give it: what it keeps, what it says, its status."""

from __future__ import annotations

import os
import pty
import select
import sys
from typing import Iterator, List

import pytest

from tests.server.faults import HANG, Fault
from tests.server.server import ENTITY, KEY, OTHER_KEY, RecordingServer
from tests.unit.cli.place import CLOUD, Place


@pytest.fixture
def server(place: Place) -> Iterator[RecordingServer]:
    """The server of the place."""
    with RecordingServer() as server:
        place.environ["WANDB_BASE_URL"] = server.url
        yield server


def _words(host: str, key: str = KEY) -> List[str]:
    return ["machine", host, "login", "user", "password", key]


@pytest.mark.parametrize("arguments, text", [([KEY], ""), (["-"], f"{KEY}\n"), (["-"], f" {KEY}"), ([f" {KEY} "], "")])
def test_login__key_given__checked_and_kept_without_showing_it(
    place: Place, server: RecordingServer, arguments: List[str], text: str
) -> None:
    """On the command line, or on the standard input, where no shell's history has it."""
    result = place.run("login", *arguments, text=text)
    assert result.returncode == 0
    assert place.netrc.read_text().split() == _words(server.host)
    assert KEY not in result.stderr + result.stdout
    assert f"logged in to {server.url} as {ENTITY}" in result.stderr
    again = place.run("login")
    assert again.returncode == 0 and str(place.netrc) in again.stderr and ENTITY in again.stderr
    assert [request.key for request in server.asked] == [KEY, KEY]


def test_login__no_verify__server_not_asked(place: Place, server: RecordingServer) -> None:
    """For machines without a way out."""
    assert place.run("login", "--no-verify", OTHER_KEY).returncode == 0
    assert place.run("login", "--no-verify").returncode == 0
    assert place.netrc.read_text().split() == _words(server.host, OTHER_KEY)
    assert server.asked == []


def test_login__rejected_key__one_error_and_nothing_kept(place: Place, server: RecordingServer) -> None:
    """Nothing is kept that can't work, and nothing is lost that was there."""
    place.netrc.write_text("machine other password 1\n")
    result = place.run("login", OTHER_KEY)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and f"{server.url} rejects the API key from the command line" in result.stderr
    assert place.netrc.read_text() == "machine other password 1\n"
    place.environ["WANDB_API_KEY"] = OTHER_KEY
    result = place.run("login")
    assert result.returncode == 1 and "from WANDB_API_KEY" in result.stderr and "--relogin" in result.stderr


def test_login__server_can_not_be_asked__kept_with_a_warning(place: Place) -> None:
    """It may be down today, and the key is right all the same; also one that never answers is given up."""
    with RecordingServer(fault=Fault(HANG, seconds=60)) as server:
        place.environ.update(WANDB_BASE_URL=server.url, WANDB_HTTP_TIMEOUT="0.5")
        result = place.run("login", KEY)
    assert result.returncode == 0
    assert f"WARNING the API key could not be checked with {server.url}: no answer" in result.stderr
    assert place.netrc.read_text().split() == _words(server.host)
    del place.environ["WANDB_HTTP_TIMEOUT"]
    result = place.run("login")
    assert result.returncode == 0 and "refused" in result.stderr


def test_login__host__becomes_the_users_server(place: Place) -> None:
    """The next program talks to it, also from this folder, whose own entry would win."""
    place.workspace.parent.mkdir()
    place.workspace.write_text("[default]\nbase_url = http://old\nproject = p\n")
    with RecordingServer(path="/some/path") as server:
        assert place.run("login", "--host", server.url + "/", KEY).returncode == 0
    assert place.system.read_text() == f"[default]\nbase_url = {server.url}\n"
    assert place.written() == "[default]\nproject = p\n"
    assert place.netrc.read_text().split() == _words(server.host)
    assert place.run("login", "--cloud", "--no-verify", KEY).returncode == 0
    assert place.system.read_text() == "[default]\n"
    assert f"machine {CLOUD[8:]}\n" in place.netrc.read_text()


def test_login__variables_that_win_over_what_is_kept__said(place: Place, server: RecordingServer) -> None:
    """Or else the next program would be somebody else, somewhere else, and nobody would know why."""
    place.environ["WANDB_API_KEY"] = OTHER_KEY
    result = place.run("login", "--host", "http://[::1]:1", "--no-verify", KEY)
    assert result.returncode == 0
    assert "WARNING WANDB_API_KEY is set" in result.stderr
    assert f"WARNING WANDB_BASE_URL is set to {server.url}" in result.stderr
    assert place.netrc.read_text().split() == _words("[::1]:1")


def test_login__no_place_for_the_key__status_one_and_why(place: Place, server: RecordingServer) -> None:
    """The command has done nothing then."""
    place.environ["NETRC"] = "/proc/nowhere/netrc"
    result = place.run("login", KEY)
    assert result.returncode == 1 and "/proc/nowhere/netrc" in result.stderr and "Traceback" not in result.stderr


def test_login__identity_token__no_key_needed(place: Place) -> None:
    """It takes the place of a key."""
    place.environ["WANDB_IDENTITY_TOKEN_FILE"] = str(place.home / "token")
    result = place.run("login")
    assert result.returncode == 0 and str(place.home / "token") in result.stderr
    assert not place.netrc.exists()


@pytest.mark.parametrize(
    "arguments, status",
    [
        ([], 1),
        (["--relogin"], 1),
        (["short"], 1),
        (["-"], 1),
        ([""], 1),
        (["--host", "nowhere", KEY], 1),
        (["--host", "http://h", "--cloud", KEY], 2),
        ([KEY, KEY], 2),
    ],
)
def test_login__wrong_or_nobody_to_ask__error_at_once(place: Place, arguments: List[str], status: int) -> None:
    """Without a terminal it neither waits nor pretends."""
    result = place.run("login", *arguments)
    assert result.returncode == status
    assert "Traceback" not in result.stderr and result.stderr
    assert not place.netrc.exists() and not place.system.exists()


def test_login__at_a_terminal__key_typed_unseen(place: Place, server: RecordingServer) -> None:
    """A person types the key, and the terminal does not show it."""
    place.environ["WANDB_API_KEY"] = OTHER_KEY
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir(str(place.folder))
            os.execve(sys.executable, [sys.executable, "-m", "wandb", "login", "--relogin"], place.environ)
        finally:
            os._exit(127)
    shown, answered = b"", False
    while select.select([terminal], [], [], 60)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            break
        if not piece:
            break
        shown += piece
        if b"(unseen): " in shown and not answered:
            answered = True
            os.write(terminal, KEY.encode() + b"\n")
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0
    assert KEY.encode() not in shown
    assert place.netrc.read_text().split() == _words(server.host)
    assert [request.key for request in server.asked] == [KEY]
