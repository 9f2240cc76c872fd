"""The API key: its form, the order of its sources, and the netrc file."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from wandb import credentials
from wandb.credentials import check_key, find_key, host_of, netrc_path, read_netrc, remember_key, write_netrc
from wandb.errors import AuthenticationError, UsageError
from wandb.settings import Settings

KEY = "a1" * 20
OTHER = "b2" * 20
HOST = "api.forge.coreweave.com"
ROOT = str(Path(__file__).resolve().parents[2])


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keys of one test are none of the next one's."""
    monkeypatch.setattr(credentials, "_session_keys", {})
    yield


@pytest.mark.parametrize("key", [KEY, "local-" + KEY, "x" * 86, "wandb_v1-" + "a_b-" * 20, "-_" * 20, "e30.e30.sig_-x"])
def test_check_key__form_of_a_key__accepted(key: str) -> None:
    """Old keys have 40 characters, new ones more, self-hosted ones a prefix; tokens have three parts."""
    check_key(key)


@pytest.mark.parametrize("key", ["", "abc", "local-abc", "x" * 39, KEY + "\n", " " + KEY, KEY + "é", "a.b", KEY + "!"])
def test_check_key__anything_else__error_without_the_key(key: str) -> None:
    """A pasted fragment is told at once, but never repeated into a log."""
    with pytest.raises(AuthenticationError) as caught:
        check_key(key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "url, host",
    [
        ("https://api.wandb.ai", "api.wandb.ai"),
        ("http://Localhost:8080/prefix", "localhost:8080"),
        ("http://user:word@h:1", "h:1"),
        ("http://[::1]:8080/prefix", "[::1]:8080"),
    ],
)
def test_host_of__address__host_and_port(url: str, host: str) -> None:
    """Two servers on one machine have two keys."""
    assert host_of(url) == host


def test_netrc_path__variable_and_files__in_order(tmp_path: Path) -> None:
    """The same file must be found for reading and for writing."""
    environ = {"HOME": str(tmp_path)}
    assert netrc_path(environ) == str(tmp_path / ".netrc")
    (tmp_path / "_netrc").touch()
    assert netrc_path(environ) == str(tmp_path / "_netrc")
    (tmp_path / ".netrc").touch()
    assert netrc_path(environ) == str(tmp_path / ".netrc")
    assert netrc_path({"HOME": str(tmp_path), "NETRC": "/n"}) == "/n"


def test_netrc__user_without_a_home__nothing_found_and_nothing_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user may be a bare number; a folder named `~` in the current one helps nobody."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # what it does for a user whom nobody knows
    assert netrc_path({}) == "" and read_netrc("", HOST) == ""
    with pytest.raises(UsageError, match="NETRC"):
        write_netrc(netrc_path({}), HOST, KEY)


@pytest.mark.parametrize(
    "text",
    [
        f"machine h:1\n  login user\n  password {KEY}\n",
        f"machine h:1 login user password {KEY}",
        f"machine h login u password no machine H:1 password {KEY} login user machine z password no",
        f'# machine h:1 password no\nmachine "h:1" login "a b" account x password "{KEY}"\n',
        f"macdef init\nmachine h:1 password no\n\nmachine h:1 # password no\n password {KEY}\ndefault login x password no",
        f"machine h:1 password {OTHER}\nmachine h:1 password {KEY}\n",
        f"machine x password machine\nmachine h:1 password {KEY}\n",
        f"machine x password #no\nmachine h:1 password {KEY}\n",
        f"macdef m\r\nmachine h:1 password no\r\n\r\nmachine h:1\r\npassword {KEY}\r\n",
        f"machine 'h:1'\n  password {KEY}\n",
    ],
)
def test_read_netrc__shapes_of_the_format__password_found(tmp_path: Path, text: str) -> None:
    """People and other programs write this file by hand, in every way that the format allows."""
    path = tmp_path / "netrc"
    path.write_text(text)
    assert read_netrc(str(path), "h:1") == KEY


@pytest.mark.parametrize("content", [b"", b"machine", b"machine h:1", b"machine h:1 login x password", b"\xff\0\xfe"])
def test_read_netrc__nothing_usable__empty(tmp_path: Path, content: bytes) -> None:
    """Half an entry is no entry, and no error either."""
    path = tmp_path / "netrc"
    path.write_bytes(content)
    assert read_netrc(str(path), "h:1") == ""
    assert read_netrc(str(tmp_path), "h:1") == ""
    assert read_netrc(str(tmp_path / "missing"), "h:1") == ""


def test_read_netrc__default_entry_or_other_port__not_used(tmp_path: Path) -> None:
    """A password for everything else must not be sent to a tracking server."""
    path = tmp_path / "netrc"
    path.write_text(f"machine h password {KEY}\nmachine h:2 password {KEY}\ndefault login u password {KEY}\n")
    assert read_netrc(str(path), "h:1") == ""


def test_read_netrc__former_name_of_the_cloud__counts(tmp_path: Path) -> None:
    """People who logged in before the server moved stay logged in; the new name wins."""
    path = tmp_path / "netrc"
    path.write_text(f"machine api.wandb.ai password {OTHER}\n")
    assert read_netrc(str(path), HOST) == OTHER
    path.write_text(f"machine {HOST} password {KEY}\nmachine api.wandb.ai password {OTHER}\n")
    assert read_netrc(str(path), HOST) == KEY


def test_write_netrc__no_file__made_private(tmp_path: Path) -> None:
    """Nobody else on the machine may read a key."""
    path = tmp_path / "sub" / "netrc"
    write_netrc(str(path), "h:1", KEY)
    assert path.read_text() == f"machine h:1\n  login user\n  password {KEY}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(str(path.parent)) == ["netrc"]


def test_write_netrc__open_file__made_private(tmp_path: Path) -> None:
    """A file that everybody could read holds a key from now on."""
    path = tmp_path / "netrc"
    path.write_text("# note\n")
    path.chmod(0o644)
    write_netrc(str(path), "h:1", KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("there", [True, False])
def test_write_netrc__link__file_behind_it_written_and_private(tmp_path: Path, there: bool) -> None:
    """People keep such files in a repository of their own, also before the file exists."""
    real = tmp_path / "kept" / "netrc"
    if there:
        real.parent.mkdir()
        real.write_text("# note\n")
    path = tmp_path / ".netrc"
    path.symlink_to(real)
    write_netrc(str(path), "h:1", KEY)
    assert path.is_symlink() and read_netrc(str(real), "h:1") == KEY
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert os.listdir(str(real.parent)) == ["netrc"]


_IN_NAMESPACE = """
mount -t tmpfs tmpfs "$1" && printf 'machine a password 1\n# a long note that goes away\nmachine h:1 password x\n' > "$1/netrc"
chmod 0644 "$1/netrc" && mount --bind "$1/netrc" "$1/netrc" && mount -o remount,ro,bind "$1" || exit 77
shift && exec "$@"
"""


def _in_namespace(folder: Path, code: str) -> str:
    """What code prints in a place of its own, where `folder` is read-only and the file netrc in it is not."""
    command = ["unshare", "-rm", "sh", "-c", _IN_NAMESPACE, "sh", str(folder), sys.executable, "-c", code]
    environ = {**os.environ, "PYTHONPATH": ROOT}
    result = subprocess.run(command, env=environ, stdout=subprocess.PIPE, universal_newlines=True, check=False)
    if result.returncode == 77:
        pytest.skip("this machine allows no mounts in a namespace")
    assert result.returncode == 0
    return result.stdout


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_write_netrc__file_mounted_into_a_read_only_home__written_in_place(tmp_path: Path) -> None:
    """How containers get one: the file can't be replaced there, only written."""
    code = (
        f"import os, wandb.credentials as c; path = {str(tmp_path)!r} + '/netrc'; c.write_netrc(path, 'h:1', {KEY!r});"
        f"print(open(path).read(), oct(os.stat(path).st_mode)[-4:], os.listdir({str(tmp_path)!r}), end='')"
    )
    kept = "machine a password 1\n# a long note that goes away\n"
    assert _in_namespace(tmp_path, code) == f"{kept}machine h:1\n  login user\n  password {KEY}\n 0600 ['netrc']"


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_write_netrc__read_only_home_without_one__refused(tmp_path: Path) -> None:
    """The caller says where the key is not kept."""
    code = (
        "import wandb.credentials as c\n"
        f"try: c.write_netrc({str(tmp_path)!r} + '/other', 'h:1', {KEY!r})\n"
        "except OSError as error: print(error.strerror)"
    )
    assert _in_namespace(tmp_path, code) == "Read-only file system\n"


_BEFORE = b'# mine \xff\r\nmachine a login "x y" password p#1\t\n\n'
_AFTER = b"  # and this\nmachine b\n\tlogin z\n\tpassword q"


@pytest.mark.parametrize(
    "old",
    [
        b"machine h:1\n  login user\n  password old\n",
        b"machine h:1 login user password old\r\n",
        b"machine h:1 password old login user account z\n",
        b"machine h:1\n",
        b"machine 'h:1'\r\n  login user\r\n  password old\r\n",
    ],
)
def test_write_netrc__entry_there__replaced_and_every_other_byte_kept(tmp_path: Path, old: bytes) -> None:
    """The other entries are other people's keys."""
    path = tmp_path / "netrc"
    path.write_bytes(_BEFORE + old + _AFTER)
    write_netrc(str(path), "h:1", KEY)
    assert path.read_bytes() == _BEFORE + f"machine h:1\n  login user\n  password {KEY}\n".encode() + _AFTER


def test_write_netrc__entries_on_one_line__neighbours_still_readable(tmp_path: Path) -> None:
    """The format has no line ends that mean anything."""
    path = tmp_path / "netrc"
    path.write_text("machine a password 1 machine h:1 password old machine b password 2")
    write_netrc(str(path), "h:1", KEY)
    assert [read_netrc(str(path), host) for host in ("a", "h:1", "b")] == ["1", KEY, "2"]


def test_write_netrc__entry_twice__one_is_left(tmp_path: Path) -> None:
    """Some readers take the first, some the last."""
    path = tmp_path / "netrc"
    path.write_text("machine h:1 password x\nmachine a password 1\nmachine H:1 password y\nmachine b password 2\n")
    write_netrc(str(path), "h:1", KEY)
    section = f"machine h:1\n  login user\n  password {KEY}\n"
    assert path.read_text() == section + "machine a password 1\nmachine b password 2\n"


@pytest.mark.parametrize(
    "text",
    [
        "machine a password 1",
        "macdef m\necho\n",
        "machine a password 1\nmacdef m\necho",
        "machine a\r\npassword 1\r\nmacdef m\r\necho\r\n\r\n",
        "machine a password 1\r\nmacdef m\r\necho\r\n",
    ],
)
def test_write_netrc__new_entry__read_back_behind_anything(tmp_path: Path, text: str) -> None:
    """A missing line end or an open macro must not swallow the new entry."""
    path = tmp_path / "netrc"
    path.write_bytes(text.encode())
    write_netrc(str(path), "h:1", KEY)
    assert path.read_bytes().startswith(text.encode())
    assert read_netrc(str(path), "h:1") == KEY
    if "machine a" in text:
        assert read_netrc(str(path), "a") == "1"


def test_write_netrc__standard_library_reads_it(tmp_path: Path) -> None:
    """Other programs must still understand the file."""
    import netrc

    path = tmp_path / "netrc"
    path.write_text("machine a login l password 1\n")
    write_netrc(str(path), "h:1", KEY)
    write_netrc(str(path), "h:1", OTHER)
    assert netrc.netrc(str(path)).authenticators("h:1")[2] == OTHER
    assert netrc.netrc(str(path)).authenticators("a") == ("l", netrc.netrc(str(path)).hosts["a"][1], "1")


def test_write_netrc__malformed_key_or_folder__refused_and_untouched(tmp_path: Path) -> None:
    """A key with a line break could add an entry of its own."""
    path = tmp_path / "netrc"
    path.write_text("machine a password 1\n")
    with pytest.raises(AuthenticationError):
        write_netrc(str(path), "h:1", KEY + "\nmachine evil")
    assert path.read_text() == "machine a password 1\n"
    with pytest.raises(OSError):
        write_netrc(str(tmp_path), "h:1", KEY)


def test_find_key__all_sources__order_holds(tmp_path: Path) -> None:
    """Login in the program, variable, netrc, setting; each wins only while those before it are silent."""
    environ = {"NETRC": str(tmp_path / "netrc"), "HOME": str(tmp_path)}
    settings = Settings()
    assert find_key(settings, environ) is None
    settings.api_key = "s" * 40
    assert find_key(settings, environ) == ("s" * 40, "assignment to settings.api_key")
    write_netrc(environ["NETRC"], HOST, KEY)
    assert find_key(settings, environ) == (KEY, environ["NETRC"])
    environ["WANDB_API_KEY"] = OTHER
    assert find_key(settings, environ) == (OTHER, "WANDB_API_KEY")
    remember_key(settings.base_url, "l" * 40)
    assert find_key(settings, environ) == ("l" * 40, "wandb.login()")
    del environ["WANDB_API_KEY"]
    assert find_key(Settings(base_url="http://elsewhere"), environ) is None


def test_find_key__malformed__error_names_the_source(tmp_path: Path) -> None:
    """Falling through to another key would send runs to somebody else's account."""
    environ = {"NETRC": str(tmp_path / "netrc"), "WANDB_API_KEY": "short"}
    with pytest.raises(AuthenticationError, match="WANDB_API_KEY"):
        find_key(Settings(api_key=KEY), environ)
