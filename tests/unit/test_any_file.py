"""Files and variables that people and other programs write, holding anything: an answer or one message, never a traceback."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Dict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.damage import DEEP, EXAMPLES, any_bytes, json_texts, texts
from wandb.credentials import read_netrc, write_netrc
from wandb.errors import UsageError
from wandb.process import ProcessIdentity
from wandb.relay.positions import SIZE, Positions
from wandb.runlog.layout import RunLayout
from wandb.runlog.lease import Lease
from wandb.sdk.closing import print_closing
from wandb.sdk.config import config_from
from wandb.sdk.resume import id_to_resume
from wandb.settings import Settings, resolve
from wandb.settings_fields import ENVIRONMENT_NAMES, FIELDS
from wandb.settings_files import read_file, write_setting

KEY = "0123456789" * 4
INI = b"[default]\nproject = p\nmode = offline\n; a comment\n[other]\nx = 1\n"
NETRC = f"machine api.wandb.ai\n  login user\n  password {KEY}\nmacdef m\n  cd x\n\ndefault login a password b\n".encode()
YAML = b"lr:\n  value: 0.1\nlist: [1, 2, {a: b}]\nanchor: &a {x: 1}\nuse: *a\n"
REPORT = json.dumps({"history": {"loss": [1.0, 2.0]}, "summary": {"loss": 2.0}, "damage": ["x"]}).encode()

any_time = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


def written(folder: str, data: bytes) -> str:
    path = os.path.join(folder, "file")
    Path(path).write_bytes(data)
    return path


@any_time
@given(any_bytes(INI))
def test_settings_file__any_bytes__is_read_or_ignored_with_one_warning(data: bytes) -> None:
    """And a setting can be written into it, or it is said why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, data)
        values, problem = read_file(path)
        assert all(isinstance(value, str) for value in values.values()) and len(problem.splitlines()) <= 1
        found = resolve(Settings(settings_system=path), {}, environ={}, cwd=folder)
        assert len(found.warnings) <= 2
        try:
            write_setting(path, "entity", "me")
        except UsageError:
            assert Path(path).read_bytes() == data
        else:
            assert read_file(path)[0]["entity"] == "me"


@any_time
@given(any_bytes(NETRC))
def test_netrc__any_bytes__is_read_and_can_take_a_key(data: bytes) -> None:
    """Every other byte of it stays."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, data)
        read_netrc(path, "api.wandb.ai")
        try:
            write_netrc(path, "server:8080", KEY)
        except UsageError:
            assert Path(path).read_bytes() == data
            return
        assert read_netrc(path, "server:8080") == KEY
        assert oct(os.stat(path).st_mode & 0o777) == "0o600"


@any_time
@given(any_bytes(YAML) | st.sampled_from(DEEP).map(str.encode) | json_texts().map(lambda text: text.encode("utf-8", "replace")))
def test_config_file__any_bytes__is_read_or_a_usage_error(data: bytes) -> None:
    """What `init` says is one sentence with the file's name."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, data)
        try:
            values = config_from(path)
        except UsageError as error:
            assert path in str(error)
        else:
            json.dumps(values)


def test_config_file__of_every_depth__is_read_or_a_usage_error(tmp_path: Path) -> None:
    """Also where the parser can just take it, and what looks at it afterwards can't (CPython 3.10)."""
    path = tmp_path / "config.yaml"
    for depth in range(200, 420, 4):
        path.write_text('{"a":' * depth + "1" + "}" * depth, encoding="utf-8")
        try:
            config_from(str(path))
        except UsageError as error:
            assert "nested too deeply" in str(error)


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
STRANGE_YAML = {
    "deep list": "a: " + "[" * 3000,
    "deep map": "{a: " * 2000 + "1" + "}" * 2000,
    "a date that can't be": "a: 2020-13-45",
    "a number without end": "a: " + "1" * 5000,
    "a billion laughs": LAUGHS,
    "a program": "a: !!python/object/apply:os.mkdir [made]",
    "a key that can't be": "[1]: 2",
}


@pytest.mark.parametrize("text", STRANGE_YAML.values(), ids=STRANGE_YAML)
def test_config_file__strange_yaml__is_a_usage_error(tmp_path: Path, text: str) -> None:
    """Aliases multiply without bound, and nothing in a file is executed."""
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="config.yaml"):
        config_from(str(path))
    assert not Path("made").exists()


@pytest.mark.parametrize("kind", ["pipe", "terabyte", "folder"])
def test_small_files__what_can_not_be_read_through__are_refused_at_once(tmp_path: Path, kind: str) -> None:
    """A pipe would make us wait, and a huge file would fill the memory."""
    path = tmp_path / "wandb" / "file"
    path.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.touch()
        os.truncate(path, 1 << 40)
    assert path.name in read_file(str(path))[1]
    assert read_netrc(str(path), "api.wandb.ai") == ""
    for write in (lambda: write_netrc(str(path), "h", KEY), lambda: write_setting(str(path), "mode", "offline")):
        with pytest.raises((OSError, UsageError)):
            write()
    found = resolve(None, {}, environ={}, cwd=str(tmp_path))
    path.rename(found.resume_fname)
    assert id_to_resume(found) is None


@any_time
@given(any_bytes(b'{"run_id": "abc"}') | json_texts().map(lambda text: text.encode("utf-8", "replace")))
def test_resume_file__any_bytes__is_an_id_or_none(data: bytes) -> None:
    """The file of resume="auto" may have been cut by a full disk, and an id of it goes into file names."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "wandb"))
        found = resolve(None, {}, environ={}, cwd=folder)
        Path(found.resume_fname).write_bytes(data)
        run_id = id_to_resume(found)
        if run_id is not None:
            found.run_id = run_id  # it goes into file names, so this would raise


@any_time
@given(
    any_bytes(REPORT)
    | json_texts().map(lambda text: f'{{"history": {{"a": {text}}}, "summary": {text}, "damage": [{text}]}}'.encode("utf-8", "replace"))
)
def test_closing_report__any_bytes__is_printed_or_left_out(data: bytes) -> None:
    """It is read in the training process, at its end."""
    with tempfile.TemporaryDirectory() as folder:
        layout = RunLayout(folder, "x")
        os.mkdir(layout.logs_dir)
        Path(layout.closing_report).write_bytes(data)
        print_closing(Settings(), layout, None)


@any_time
@given(any_bytes(b'{"host": "h", "pid": 1}'))
def test_lease__any_bytes__is_taken(data: bytes) -> None:
    """Only the lock counts."""
    with tempfile.TemporaryDirectory() as folder:
        lease = Lease(written(folder, data), ProcessIdentity.current())
        assert lease.acquire()
        lease.release()


@any_time
@given(st.binary(min_size=SIZE, max_size=SIZE) | st.lists(st.sampled_from((0, 1, 2**40, 2**64 - 1)), min_size=10, max_size=10))
def test_positions__any_numbers__come_to_an_end(data: object) -> None:
    """The relay's memory is shared with whatever the program does."""
    with tempfile.TemporaryFile() as file:
        raw = data if isinstance(data, bytes) else b"".join(number.to_bytes(8, "little") for number in data)  # type: ignore[attr-defined]
        file.write(raw)
        file.flush()
        positions = Positions(file.fileno())
        positions.record_end(1000)
        positions.leave_out(1000, 10)
        positions.begin_frame(10)
        positions.end_frame()
        positions.show(5)
        positions.to_free(1)


VARIABLES = sorted({f"WANDB_{name}" for name in ENVIRONMENT_NAMES} | {f"WANDB_{name.upper()}" for name in FIELDS})


@settings(max_examples=5 * EXAMPLES, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(VARIABLES), texts() | json_texts() | st.text(max_size=30), min_size=1, max_size=2))
def test_environment__any_text__is_a_setting_or_a_usage_error(variables: Dict[str, str]) -> None:
    """The sentence names the variable."""
    try:
        found = resolve(None, {}, environ=variables, cwd="/")
    except UsageError as error:
        assert any(name in str(error) for name in variables)
    else:
        found.to_dict()
