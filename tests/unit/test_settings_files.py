"""Settings files: where they are, reading whatever is there, writing one key and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from wandb.errors import UsageError
from wandb.settings_files import (
    clear_settings,
    folder_name,
    read_file,
    replace_file,
    system_settings_path,
    workspace_settings_path,
    write_setting,
)


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({"HOME": "/h"}, "/h/.config/wandb/settings"),
        ({"HOME": "/h", "WANDB_CONFIG_DIR": "/c"}, "/c/settings"),
        ({"HOME": "/h", "WANDB_CONFIG_DIR": "/c", "WANDB_SETTINGS_SYSTEM": "/s"}, "/s"),
    ],
)
def test_system_path__variables__most_exact_one_wins(environ: dict[str, str], expected: str) -> None:
    """The CLI must write the very file that `init` reads."""
    assert system_settings_path(environ) == expected


def test_system_path__user_without_a_home__none_and_no_folder_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder named `~` in the current one would be read by nobody."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # what it does for a user whom nobody knows
    assert system_settings_path({}) == ""
    assert read_file("") == ({}, "")
    with pytest.raises(UsageError, match="WANDB_CONFIG_DIR"):
        write_setting("", "mode", "offline")


def test_workspace_path__folder__wandb_unless_the_dot_folder_is_used(tmp_path: Path) -> None:
    """The plain name is free only if no source code lives there and nobody chose the other."""
    assert workspace_settings_path(str(tmp_path)) == str(tmp_path / "wandb" / "settings")
    (tmp_path / "wandb").mkdir()
    assert folder_name(str(tmp_path)) == "wandb"
    (tmp_path / "wandb" / "__init__.py").touch()
    assert folder_name(str(tmp_path)) == ".wandb"
    (tmp_path / "wandb" / "__init__.py").unlink()
    (tmp_path / ".wandb").mkdir()
    assert folder_name(str(tmp_path)) == ".wandb"
    assert folder_name(str(tmp_path), use_dot_wandb=False) == "wandb"


def test_read__ordinary_file__default_section_only(tmp_path: Path) -> None:
    """Other sections belong to others; percent signs are no references; empty values are no values."""
    path = tmp_path / "settings"
    path.write_text("# mine\n[other]\nproject = no\n[default]\nProject = 50%(x)s\nentity =\nbare\nmode: offline\n")
    assert read_file(str(path)) == ({"project": "50%(x)s", "mode": "offline"}, "")


@pytest.mark.parametrize("content", [b"", b"\n", b"[default]\n", b"[other]\na = 1\n", b"# only words\n"])
def test_read__nothing_for_us__no_values_and_no_warning(tmp_path: Path, content: bytes) -> None:
    """An empty file is not a broken one."""
    path = tmp_path / "settings"
    path.write_bytes(content)
    assert read_file(str(path)) == ({}, "")
    assert read_file(str(tmp_path / "missing")) == ({}, "")
    assert read_file(str(path / "below a file")) == ({}, "")
    assert read_file(os.devnull) == ({}, "")


@pytest.mark.parametrize(
    "content", [b"project = p\n", b"\xff\xfe\x00", b"\0\0\0", b"[default\nproject = p\n", b"words without sense\n"]
)
def test_read__broken_file__one_line_that_names_it(tmp_path: Path, content: bytes) -> None:
    """Whatever lies there, a program starts, and its author learns why the file had no effect."""
    path = tmp_path / "settings"
    path.write_bytes(content)
    values, problem = read_file(str(path))
    assert values == {}
    assert str(path) in problem
    assert "\n" not in problem


def test_read__folder_or_pipe_in_its_place__warning_without_waiting(tmp_path: Path) -> None:
    """Opening a named pipe would wait for ever."""
    os.mkfifo(str(tmp_path / "pipe"))
    for path in (tmp_path, tmp_path / "pipe"):
        values, problem = read_file(str(path))
        assert values == {} and str(path) in problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_read__forbidden_file__warning(tmp_path: Path) -> None:
    """A file of another user is a fact of shared machines."""
    path = tmp_path / "settings"
    path.touch(mode=0)
    assert str(path) in read_file(str(path))[1]


def test_write__no_file__made_with_its_folders(tmp_path: Path) -> None:
    """The first `wandb offline` in a folder finds nothing there."""
    path = tmp_path / "a" / "b" / "settings"
    write_setting(str(path), "mode", "offline")
    assert path.read_text() == "[default]\nmode = offline\n"


def test_write__remove_from_missing_file__makes_none(tmp_path: Path) -> None:
    """`wandb online` in a fresh folder leaves no trace."""
    write_setting(str(tmp_path / "x" / "settings"), "mode", None)
    assert list(tmp_path.iterdir()) == []


_FILE = """# kept
[first]
mode = theirs

[default]
; a note
entity = e
Mode : old
   and its second line

   and its third
project = p

[last]
mode = theirs
"""


def test_write__existing_key__only_its_lines_change(tmp_path: Path) -> None:
    """Comments and other sections are somebody's work."""
    path = tmp_path / "settings"
    path.write_text(_FILE)
    write_setting(str(path), "mode", "offline")
    old = "Mode : old\n   and its second line\n\n   and its third\n"
    assert path.read_text() == _FILE.replace(old, "mode = offline\n\n")
    write_setting(str(path), "mode", None)
    assert path.read_text() == _FILE.replace(old, "\n")


def test_write__new_key__goes_to_the_end_of_the_section(tmp_path: Path) -> None:
    """Behind the last section it would belong to somebody else."""
    path = tmp_path / "settings"
    path.write_text(_FILE)
    write_setting(str(path), "quiet", True)
    assert path.read_text() == _FILE.replace("project = p\n", "project = p\nquiet = true\n")


@pytest.mark.parametrize("text", ["[default]\n  a = 1\n  mode = x\n  b = 2\n", "[default]\r\na = 1\r\nb = 2"])
def test_write__indented_keys_or_other_line_ends__neighbours_survive(tmp_path: Path, text: str) -> None:
    """An indented line is a value's second line only if it is indented deeper than its key."""
    path = tmp_path / "settings"
    path.write_bytes(text.encode())
    write_setting(str(path), "mode", "offline")
    assert read_file(str(path)) == ({"a": "1", "b": "2", "mode": "offline"}, "")
    write_setting(str(path), "mode", None)
    assert read_file(str(path)) == ({"a": "1", "b": "2"}, "")


def test_write__key_twice__one_is_left(tmp_path: Path) -> None:
    """Else the stale second one would win."""
    path = tmp_path / "settings"
    path.write_text("[default]\nmode = a\nentity = e\nmode = b\n")
    write_setting(str(path), "mode", "offline")
    assert path.read_text() == "[default]\nmode = offline\nentity = e\n"


def test_write__list_value__read_back_by_settings(tmp_path: Path) -> None:
    """Lists are split on commas when they are read."""
    path = tmp_path / "settings"
    write_setting(str(path), "run_tags", ("a", "b"))
    assert read_file(str(path))[0] == {"run_tags": "a,b"}


def test_write__value_of_two_lines__refused(tmp_path: Path) -> None:
    """A line break would let a project name set other settings."""
    with pytest.raises(UsageError):
        write_setting(str(tmp_path / "settings"), "project", "p\nbase_url = http://evil")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"project = p\n", b"\xff\xfe"])
def test_write__broken_file__refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    """What can't be read can't be kept, and it may be the only copy."""
    path = tmp_path / "settings"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=str(path)):
        write_setting(str(path), "mode", "offline")
    assert path.read_bytes() == content


def test_write__folder_in_its_place__usage_error(tmp_path: Path) -> None:
    """The CLI shows one line, not a traceback."""
    with pytest.raises(UsageError):
        write_setting(str(tmp_path), "mode", "offline")


def test_write__linked_file__link_and_mode_stay(tmp_path: Path) -> None:
    """People keep such files in a repository of their own, and some of them private."""
    target = tmp_path / "dotfiles"
    target.write_text("[default]\n")
    target.chmod(0o640)
    (tmp_path / "settings").symlink_to(target)
    write_setting(str(tmp_path / "settings"), "mode", "offline")
    assert (tmp_path / "settings").is_symlink()
    assert target.read_text() == "[default]\nmode = offline\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dotfiles", "settings"]


def test_clear__section__keys_gone_rest_kept(tmp_path: Path) -> None:
    """`wandb init --reset` forgets settings, not notes."""
    path = tmp_path / "settings"
    path.write_text("# note\n[default]\nmode = a\nproject = p\n[other]\nx = 1\n")
    clear_settings(str(path))
    assert path.read_text() == "# note\n[default]\n[other]\nx = 1\n"
    clear_settings(str(tmp_path / "missing"))


def test_replace__fails__nothing_is_left_behind(tmp_path: Path) -> None:
    """A half-written copy of a key must not stay on the disk."""
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "x").touch()
    with pytest.raises(OSError):
        replace_file(str(tmp_path / "busy"), b"secret", private=True)
    assert [path.name for path in tmp_path.iterdir()] == ["busy"]
