"""`run.save`: which files a pattern means, and what they are called in the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from wandb.errors import ArgumentValueError
from wandb.sdk.saved_files import link_files
from wandb.settings import Settings

FILES = ["a.txt", "b.txt", "w[1].txt", "d/c.txt", "d/e/f.txt", "d/e/g.log", ".hidden/h.txt"]
Save = Callable[..., List[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program runs, with files in it."""
    folder = tmp_path / "work"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run_files(folder: Path) -> Path:
    """The run's own folder, inside of that of the program."""
    files = folder / "wandb" / "offline-run-1" / "files"
    files.mkdir(parents=True)
    (folder / "wandb" / "latest-run").symlink_to("offline-run-1")
    return files


@pytest.fixture
def settings(run_files: Path) -> Settings:
    settings = Settings(run_id="1")
    settings.sync_dir = str(run_files.parent)
    return settings


def kept(run_files: Path) -> Dict[str, str]:
    """name -> content of what is in the run."""
    found = [path for path in run_files.rglob("*") if path.is_file()]
    return {str(path.relative_to(run_files)): path.read_text() for path in found}


@pytest.mark.parametrize(
    "pattern, base, names",
    [
        ("a.txt", None, ["a.txt"]),
        ("./d/../a.txt", None, ["a.txt"]),
        ("d/c.txt", None, ["d/c.txt"]),
        ("[ab].txt", None, ["a.txt", "b.txt"]),
        ("d/*", None, ["d/c.txt"]),
        ("d/**", None, ["d/c.txt", "d/e/f.txt", "d/e/g.log"]),
        ("**/*.txt", None, ["a.txt", "b.txt", "d/c.txt", "d/e/f.txt", "w[1].txt"]),
        (".hidden/*", None, [".hidden/h.txt"]),
        ("d/e/f.txt", "d", ["e/f.txt"]),
        ("d/e/*", "d/e", ["f.txt", "g.log"]),
        ("{}/d/e/f.txt", None, ["e/f.txt"]),
        ("{}/d/e/f.txt", "{}", ["d/e/f.txt"]),
        ("{}/d/e/f.txt", ".", ["d/e/f.txt"]),
        ("{}/d/e/*", None, ["e/f.txt", "e/g.log"]),
        ("{}/*/e/*", None, ["e/f.txt", "e/g.log"]),
        ("{}/d/**/*.txt", None, ["c.txt", "e/f.txt"]),
        ("{}/**/**/**/a.txt", None, ["a.txt"]),
        ("{}/a.txt", None, ["work/a.txt"]),
    ],
)
def test_link__pattern_and_base__files_at_their_places(
    settings: Settings, folder: Path, run_files: Path, pattern: str, base: str | None, names: List[str]
) -> None:
    """The names are those that upstream gives; the run's own folder is not swallowed by a `**`."""
    base_path = None if base is None else base.format(folder)
    assert link_files(pattern.format(folder), base_path, True, settings) == names
    assert sorted(kept(run_files)) == names
    assert all(os.path.islink(run_files / name) for name in names)


def test_link__file_changes_later__is_the_one_kept(settings: Settings, folder: Path, run_files: Path) -> None:
    """A checkpoint is saved once and written many times."""
    link_files("a.txt", None, True, settings)
    (folder / "a.txt").write_text("later")
    assert link_files("a.txt", None, True, settings) == ["a.txt"]
    assert kept(run_files) == {"a.txt": "later"}


def test_link__no_symbolic_links_wanted__hard_link_or_copy(settings: Settings, folder: Path, run_files: Path) -> None:
    """Where the setting forbids them; the content is there in any case."""
    settings.symlink = False
    link_files("a.txt", None, True, settings)
    assert not os.path.islink(run_files / "a.txt") and kept(run_files) == {"a.txt": "a.txt"}
    assert os.path.samefile(run_files / "a.txt", folder / "a.txt")


@pytest.mark.parametrize("pattern, base", [("m.h5", None), ("*.h5", None), ("**/*.h5", None), ("{}/m.h5", "{}")])
def test_link__file_put_into_the_run_by_the_program__found_there(
    settings: Settings, folder: Path, run_files: Path, pattern: str, base: str | None
) -> None:
    """Libraries write to `run.dir` and then save by the bare name."""
    (run_files / "m.h5").write_text("model")
    assert link_files(pattern.format(folder), base and base.format(folder), True, settings) == ["m.h5"]
    assert kept(run_files) == {"m.h5": "model"} and not os.path.islink(run_files / "m.h5")


def test_link__pattern_off__name_taken_as_it_is(settings: Settings, folder: Path) -> None:
    """Brackets are part of many file names."""
    assert link_files("w[1].txt", None, True, settings) == []
    assert link_files("w[1].txt", None, False, settings) == ["w[1].txt"]
    assert link_files("*.txt", None, False, settings) == []


@pytest.mark.parametrize("pattern, base", [("../x.txt", None), ("a.txt", "d"), ("nothing*", "d"), ("{}/a.txt", "{}/d")])
def test_link__outside_the_base__value_error_and_nothing_linked(
    settings: Settings, folder: Path, run_files: Path, pattern: str, base: str | None
) -> None:
    """It would land outside of the run's folder; programs of upstream's client catch a ValueError."""
    (folder.parent / "x.txt").touch()
    with pytest.raises(ArgumentValueError):
        link_files(pattern.format(folder), base and base.format(folder), True, settings)
    assert kept(run_files) == {}


@pytest.mark.parametrize(
    "pattern, told", [("nothing.txt", "no file"), ("no*", "no file"), ("d", "'d/**'"), ("s3://bucket/x", "artifact")]
)
def test_link__nothing_found__warning_says_why(
    settings: Settings, capsys: pytest.CaptureFixture[str], pattern: str, told: str
) -> None:
    """A typo in the name of the model is seen after the training otherwise."""
    assert link_files(pattern, None, True, settings) == []
    err = capsys.readouterr().err
    assert "WARNING" in err and pattern in err and told in err


def test_link__run_files_can_not_be_written__warning_and_others_go_on(
    settings: Settings, run_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file that can't be placed costs the others nothing, and the training least of all."""
    (run_files / "d").write_text("a file where a folder is needed")
    assert link_files("*/*", None, True, settings) == []
    assert link_files("**/*.txt", None, True, settings) == ["a.txt", "b.txt", "w[1].txt"]
    assert "can't be made part of the run" in capsys.readouterr().err
