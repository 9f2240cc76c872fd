"""`wandb.login`: what it answers, what it keeps, and that it never waits for nobody."""

from __future__ import annotations

import os
import pty
import secrets
import select
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from tests.server.faults import HANG, Fault
from tests.server.server import ENTITY, KEY, OTHER_KEY, RecordingServer
from wandb import credentials
from wandb.errors import AuthenticationError, UsageError
from wandb.sdk import key_check, session
from wandb.sdk.login import login
from wandb.settings import resolve

ROOT = str(Path(__file__).resolve().parents[3])
HOST = "api.forge.coreweave.com"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A home, a netrc file and an environment that are nobody's."""
    for name in list(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(credentials, "_session_keys", {})
    monkeypatch.setattr(session, "from_login", {})
    monkeypatch.setattr(key_check, "_accepted", set())
    yield tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingServer]:
    """The server of this test's environment."""
    with RecordingServer() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        yield server


def _section(host: str, key: str = KEY) -> str:
    return f"machine {host}\n  login user\n  password {key}\n"


def test_login__key_given__kept_for_the_server(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next program finds it, and nobody reads it on the screen."""
    assert login(key=f" {KEY}\n", verify=False) is True
    assert (home / "netrc").read_text() == _section(HOST)
    assert login(verify=False) is True
    err = capsys.readouterr().err
    assert KEY not in err
    assert str(home / "netrc") in err


def test_login__key_for_host__kept_there_and_used_by_init(home: Path) -> None:
    """A program that names its server at login means that server for its runs, too."""
    assert login(key=KEY, host="http://localhost:8080/", verify=False) is True
    assert (home / "netrc").read_text() == _section("localhost:8080")
    assert resolve(None, {}, setup_settings=session.layer()).base_url == "http://localhost:8080"
    assert login(verify=False) is True


def test_login__server_from_environment__key_kept_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WANDB_BASE_URL is how clusters name their server."""
    monkeypatch.setenv("WANDB_BASE_URL", "https://w.example")
    assert login(key=KEY, verify=False) is True
    assert (home / "netrc").read_text() == _section("w.example")


def test_login__malformed_key_or_host__error_and_nothing_kept(home: Path) -> None:
    """A fragment in the netrc file would fail much later, and in another program."""
    with pytest.raises(AuthenticationError):
        login(key="short")
    with pytest.raises(UsageError, match=r"wandb\.login\(host"):
        login(key=KEY, host="nowhere")
    with pytest.raises(UsageError):
        login(key=1)  # type: ignore[arg-type]
    assert not (home / "netrc").exists()
    assert session.layer() == {}


def test_login__netrc_can_not_be_written__works_in_this_process(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Containers have read-only homes; the program that has the key can go on."""
    monkeypatch.setenv("NETRC", str(home))
    assert login(key=KEY, verify=False) is True
    assert login(verify=False) is True
    assert "WARNING" in capsys.readouterr().err


@pytest.mark.parametrize("mode, told", [("offline", True), ("dryrun", True), ("disabled", False)])
def test_login__not_online__false_and_nothing_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mode: str, told: bool
) -> None:
    """There is nothing to log in to; disabled also means silent."""
    monkeypatch.setenv("WANDB_MODE", mode)
    assert login(key=KEY, verify=False) is False
    assert login(force=True) is False
    assert not (home / "netrc").exists()
    assert bool(capsys.readouterr().err) is told


def test_login__silent__no_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Silent means nothing on either stream."""
    monkeypatch.setenv("WANDB_SILENT", "true")
    assert login(key=KEY, verify=False) is True
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("source", ["variable", "file", "token"])
def test_login__credentials_there__true(home: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Every way of having credentials counts as logged in."""
    if source == "variable":
        monkeypatch.setenv("WANDB_API_KEY", KEY)
    elif source == "token":
        monkeypatch.setenv("WANDB_IDENTITY_TOKEN_FILE", str(home / "token"))
    else:
        (home / "wandb").mkdir()
        (home / "wandb" / "settings").write_text(f"[default]\napi_key = {KEY}\n")
    assert login(verify=False) is True
    assert not (home / "netrc").exists()


def test_login__anonymous__told_once_and_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    """Old programs pass it; it is no error."""
    assert login(key=KEY, anonymous="allow", verify=False) is True
    assert "anonymous" in capsys.readouterr().err


def test_login__key_that_the_server_takes__told_who_it_is(
    home: Path, server: RecordingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """People see at once whether they are somebody else on this machine; asked once, however often it is called."""
    assert login(key=KEY) is True
    assert f"Logged in to {server.url} as {ENTITY}" in capsys.readouterr().err
    assert login() is True
    assert [request.key for request in server.asked] == [KEY]
    assert (home / "netrc").read_text() == _section(server.host)


def test_login__key_that_the_server_rejects__one_error_and_nothing_kept(
    home: Path, server: RecordingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names the server, as people have several, and never the key."""
    with pytest.raises(AuthenticationError, match=server.url) as caught:
        login(key=OTHER_KEY)
    assert OTHER_KEY not in str(caught.value) + capsys.readouterr().err
    assert not (home / "netrc").exists()
    assert login() is False


@pytest.mark.parametrize("source", ["WANDB_API_KEY", "netrc"])
def test_login__key_found_and_rejected__error_names_its_source(
    home: Path, server: RecordingServer, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Whoever has to replace it must know where it is kept."""
    if source == "netrc":
        (home / "netrc").write_text(_section(server.host, OTHER_KEY))
    else:
        monkeypatch.setenv(source, OTHER_KEY)
    with pytest.raises(AuthenticationError, match=source):
        login()
    assert login(verify=False) is True


@pytest.mark.parametrize("fault", ["refused", "silent", "500", "no process"])
def test_login__server_can_not_be_asked__warning_and_true(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    """A network that is down is no reason to stop a training, nor to wait for it."""
    faults = {"500": Fault.answer(500), "silent": Fault(HANG, seconds=30)}
    with RecordingServer(fault=faults.get(fault)) as server:
        url = server.url.rpartition(":")[0] + ":1" if fault == "refused" else server.url
        monkeypatch.setenv("WANDB_BASE_URL", url)
        monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "0.5" if fault == "silent" else "30")
        if fault == "no process":
            monkeypatch.setattr(sys, "executable", "")
            monkeypatch.setattr(sys, "_base_executable", "", raising=False)
            monkeypatch.setattr(sys, "exec_prefix", str(home))
        assert login(key=KEY) is True
    err = capsys.readouterr().err
    assert err.count("WARNING") == 1 and f"could not be checked with {url}: " in err
    assert (home / "netrc").read_text() == _section(url.partition("://")[2])


def test_key__of_a_run_that_has_it_from_everywhere__stands_in_no_file(home: Path, server: RecordingServer) -> None:
    """Run folders are shared, logs are pasted into issues; only the netrc file has it."""
    code = f"""
import wandb
wandb.login(key={KEY!r})
try:
    wandb.login(key={OTHER_KEY!r}, host={server.url!r})
except wandb.Error as error:
    print(error)
run = wandb.init(project="p", mode="offline", settings=wandb.Settings(api_key={KEY!r}))
print(run.settings, wandb.setup().settings)
run.log({{"a": 1}})
run.finish()
"""
    (home / "program.txt").write_text(code)
    environ = _environ(home, WANDB_BASE_URL=server.url, WANDB_API_KEY=KEY)
    command = [sys.executable, "-c", "exec(open('program.txt').read())"]
    result = subprocess.run(command, env=environ, cwd=str(home), capture_output=True, check=True)
    texts = {path.name: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    texts.update(stdout=result.stdout, stderr=result.stderr)
    assert b"rejects" in texts["stdout"] and "output.log" in texts
    found = [name for name, text in texts.items() if KEY.encode() in text or OTHER_KEY.encode() in text]
    assert sorted(found) == ["netrc", "program.txt"]


def test_login__asking_the_server__loads_no_http_library(home: Path, server: RecordingServer) -> None:
    """The training process stays as small as it was, and no thread is left behind."""
    code = (
        "import sys, threading; from wandb.sdk.login import login; login();"
        "print(sorted({'requests', 'urllib3', 'ssl'} & set(sys.modules)), threading.active_count())"
    )
    environ = _environ(home, WANDB_BASE_URL=server.url, WANDB_API_KEY=KEY)
    result = subprocess.run([sys.executable, "-c", code], env=environ, cwd=str(home), capture_output=True, check=True)
    assert result.stdout == b"[] 1\n"
    assert len(server.asked) == 1


@pytest.mark.skipif(not os.path.exists("/proc/self/cmdline"), reason="needs /proc")
def test_login__while_the_server_is_asked__key_in_no_argument_list(
    home: Path, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """Everybody on a machine can read the arguments of all its processes."""
    key = secrets.token_hex(20)  # another test may give its own as an argument just now
    with RecordingServer(fault=Fault(HANG, seconds=60)) as server:
        environ = _environ(home, WANDB_BASE_URL=server.url, WANDB_API_KEY=key, WANDB_HTTP_TIMEOUT="60")
        with subprocess.Popen([sys.executable, "-c", _PROGRAM.format("")], env=environ, cwd=str(home)) as program:
            wait_for(lambda: server.asked)
            arguments = b"".join(_contents(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
            server.faults.release.set()
        assert program.returncode == 0
    assert b"sync.viewer" in arguments and key.encode() not in arguments


def _contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended meanwhile


_PROGRAM = "from wandb.sdk import session; from wandb.sdk.login import login; print(login({}), session.layer())"


def _environ(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "NETRC": str(home / "netrc"), "PYTHONPATH": ROOT, **more}


@pytest.mark.parametrize("arguments, status", [("", 0), ("relogin=True", 0), ("force=True", 1)])
def test_login__no_key_and_no_terminal__answers_at_once(home: Path, arguments: str, status: int) -> None:
    """A batch job that waits for a key waits until it is killed; the pipe on stdin stays open here."""
    reading, writing = os.pipe()
    try:
        result = subprocess.run(
            [sys.executable, "-c", _PROGRAM.format(arguments)],
            cwd=str(home),
            env=_environ(home),
            stdin=reading,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(reading)
        os.close(writing)
    assert result.returncode == status
    if status:
        assert b"UsageError" in result.stderr
    else:
        assert result.stdout == b"False {}\n"


def _at_terminal(home: Path, arguments: str, answers: list[bytes], **environ: str) -> str:
    """All that a terminal shows while a program logs in and a person gives one answer at each prompt."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir(str(home))
            code = _PROGRAM.format(arguments)
            os.execve(sys.executable, [sys.executable, "-c", code], _environ(home, **environ))
        finally:
            os._exit(127)
    shown, seen = b"", 0
    try:
        while select.select([terminal], [], [], 60)[0]:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # how Linux says that the other side is closed
                break
            if not piece:
                break
            shown += piece
            if answers and shown.count(b"offline: ") > seen:
                seen += 1
                os.write(terminal, answers.pop(0))
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return shown.decode()


def test_login__person_types_a_key__kept_and_never_shown(home: Path, server: RecordingServer) -> None:
    """Whoever looks over the shoulder, or reads a recorded session, must not see it; a wrong one can be corrected."""
    answers = [b"oops\n", OTHER_KEY.encode() + b"\n", KEY.encode() + b"\n"]
    shown = _at_terminal(home, "timeout=50", answers, WANDB_BASE_URL=server.url)
    assert "True {}" in shown
    assert not any(text in shown for text in (KEY, OTHER_KEY, "oops"))
    assert "too short" in shown and f"{server.url} rejects the API key" in shown
    assert (home / "netrc").read_text() == _section(server.host)


def test_login__person_presses_enter__offline_from_now_on(home: Path) -> None:
    """Not wanting to log in is a proper answer."""
    shown = _at_terminal(home, "", [b"\n"])
    assert "False {'mode': 'offline'}" in shown
    assert not (home / "netrc").exists()


@pytest.mark.parametrize("arguments, prompted", [("timeout=0.2", True), ("prompt=False", False)])
def test_login__nobody_answers_or_may_be_asked__false(home: Path, arguments: str, prompted: bool) -> None:
    """A forgotten terminal must not hold a program longer than its author allowed."""
    shown = _at_terminal(home, arguments, [])
    assert "False {}" in shown
    assert ("offline: " in shown) is prompted


def test_login__after_staying_offline__key_given_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressing Enter in one notebook cell does not forbid the next one to log in."""
    monkeypatch.setattr(session, "from_login", {"mode": "offline"})
    assert login(verify=False) is False
    assert login(key=KEY, verify=False) is True
    assert session.layer() == {}
