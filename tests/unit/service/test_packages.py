"""requirements.txt: the packages of this environment, and metadata as it really lies around."""

from __future__ import annotations

import importlib.metadata
import zipfile
from pathlib import Path
from typing import List

import pytest

from wandb.service.packages import requirements


def test_requirements__of_this_environment__what_the_standard_library_finds() -> None:
    """Both read the same metadata; its own way takes a fraction of the time."""
    found = {(package.metadata["Name"], package.version) for package in importlib.metadata.distributions()}
    assert requirements() == sorted({f"{name}=={version}" for name, version in found if name}, key=str.lower)


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1\n", ["a==1"]),
        ("a-1.egg-info/PKG-INFO", "Metadata-Version: 1.0\r\nName: A.b\r\nVersion: 1 \r\n\r\nName: no\r\n", ["A.b==1"]),
        ("a-1.egg-info", "Name: a\nVersion: 1\n", ["a==1"]),
        ("a-1.dist-info/METADATA", f"License: {'words ' * 2000}\nName: a\nVersion: 1\n", ["a==1"]),
        ("a-1.dist-info/METADATA", f"Name: a\nSummary: {'s' * 4066}\nVersion: 1.23\n", ["a==1.23"]),
        ("a-1.dist-info/METADATA", "Name: a\n\nVersion: 1\n", []),
        ("a-1.dist-info/RECORD", "", []),
        ("a-1.dist-info/METADATA", "Name: \udcff\nVersion: 1\n", ["\ufffd==1"]),
        ("a/METADATA", "Name: a\nVersion: 1\n", []),
    ],
)
def test_requirements__metadata_in_some_form__name_and_version(
    tmp_path: Path, place: str, text: str, expected: List[str]
) -> None:
    """Wheels, setuptools, distutils; fields far down or cut by the first read; somebody's bytes that are no UTF-8."""
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert requirements([str(tmp_path), str(tmp_path / "nowhere")]) == expected


def test_requirements__eggs__folders_and_archives(tmp_path: Path) -> None:
    """Older setuptools leave each package in a folder or an archive of its own on the path."""
    folder, archive = tmp_path / "a-1-py3.egg", tmp_path / "b-2-py3.egg"
    (folder / "EGG-INFO").mkdir(parents=True)
    (folder / "EGG-INFO" / "PKG-INFO").write_text("Name: a\nVersion: 1\n")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("EGG-INFO/PKG-INFO", "Name: b\nVersion: 2\n")
    assert requirements([str(folder), str(archive)]) == ["a==1", "b==2"]
