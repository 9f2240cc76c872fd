"""`wandb.env` and `wandb.util`: what programs of the real thing read there."""

from __future__ import annotations

import datetime
import enum
import io
import json
import math
import os
from typing import Any

import pytest

from wandb import env, util
from wandb.errors import UsageError


def test_readers__with_a_mapping__take_it_instead_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Launchers prepare the environment of another process with them."""
    monkeypatch.setenv("WANDB_RUN_ID", "mine")
    assert (env.get_run(), env.get_run(env={}), env.get_run("x", {})) == ("mine", None, "x")
    assert env.get_run(env={"WANDB_RUN_ID": "other"}) == "other"
    assert (env.get_base_url("u"), env.get_agent_kill_delay(env={env.AGENT_KILL_DELAY: "3"})) == ("u", 3)
    assert env.get_tags(env={"WANDB_TAGS": "a,b"}) == ["a", "b"] and env.get_tags() == []
    assert env.get_args(env={"WANDB_ARGS": '["a", "b"]'}) == ["a", "b"]
    assert (env.get_ignore(env={"WANDB_IGNORE_GLOBS": "*.a,*.b"}), env.get_http_timeout()) == (["*.a", "*.b"], 20)


def test_switches__with_words__are_read_as_yes_or_no() -> None:
    """A word that is neither counts as no, but for `strtobool` itself."""
    assert env.is_debug(env={"WANDB_DEBUG": "true"}) and not env.is_debug(env={"WANDB_DEBUG": "never"})
    assert env.is_offline(env={"WANDB_MODE": "dryrun"}) and not env.is_offline(env={"WANDB_MODE": "online"})
    with pytest.raises(ValueError):
        env.strtobool("never")


def test_folders__without_and_with_variables__are_those_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache is a Path, the others are text."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.join("x", "cache"))
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert str(env.get_cache_dir()) == os.path.join("x", "cache", "wandb")
    assert (str(env.get_cache_dir({env.CACHE_DIR: "c"})), env.get_data_dir({env.DATA_DIR: "d"})) == ("c", "d")
    assert env.get_artifact_dir({}) == os.path.abspath("artifacts")


def test_make_artifact_name_safe__long_or_foreign__is_short_and_plain() -> None:
    """A server refuses other names."""
    assert util.make_artifact_name_safe("a b/ü:1-x_.") == "a_b___1-x_."
    assert util.make_artifact_name_safe("x" * 100 + "y" * 100) == "x" * 63 + ".." + "y" * 63


def test_get_module__missing__is_none_or_the_text_that_was_given() -> None:
    """Integrations say with it what the user has to install."""
    assert util.get_module("json").dumps([]) == "[]" and util.get_module("no_such_module") is None
    with pytest.raises(UsageError, match="install it"):
        util.get_module("no_such_module", required="install it")


class Kind(enum.Enum):
    SMALL = 1


@pytest.mark.parametrize(
    "value, expected",
    [
        (3, (3, False)), ("x", ("x", False)), (None, (None, False)), ([1], ([1], False)), ({"a": 1}, ({"a": 1}, False)),
        (math.nan, (None, True)), (Kind.SMALL, ("SMALL", True)), ({1}, ((1,), True)), (b"x", ("x", True)),
        (len, ("builtins.len", True)), (datetime.date(2020, 1, 2), ("2020-01-02", True)), (1j, (1j, False)),
    ],
)  # fmt: skip
def test_json_friendly__of_a_value__says_whether_it_is_another_one(value: Any, expected: Any) -> None:
    """Libraries clean with it what they are to write; what is in a container is left to the next call."""
    assert util.json_friendly(value) == expected


def test_json_friendly__of_numpys__is_plain() -> None:
    """Numbers and small arrays; a large one is printed later."""
    numpy = pytest.importorskip("numpy")
    assert util.json_friendly(numpy.float32(0.5)) == (0.5, True)
    assert util.json_friendly(numpy.arange(3)) == ([0, 1, 2], True)
    large = numpy.arange(50)
    assert util.json_friendly(large)[0] is large
    assert util.json_friendly(numpy.float32("nan")) == (None, True)
    assert math.isnan(util.json_friendly(numpy.float32("nan"), preserve_numpy_nan=True)[0])
    assert util.json_friendly_val({"a": [numpy.int64(1)], 2: {3}}) == {"a": [1], 2: [3]}
    assert json.dumps({"a": numpy.arange(2), "b": Kind.SMALL}, cls=util.WandBJSONEncoder) == '{"a": [0, 1], "b": "SMALL"}'
    assert "histogram" in json.dumps(large, cls=util.WandBHistoryJSONEncoder)
    assert util.is_numpy_array(large) and not util.is_numpy_array([1]) and not util.is_pytorch_tensor(large)
    assert not util.is_pandas_data_frame(large) and not util.is_tf_tensor(large)
    assert util.get_full_typename(large) == "numpy.ndarray"


def test_sizes__for_people_and_back__are_those_of_upstream() -> None:
    """A unit is taken from 1024 of the one before on, whatever it is worth."""
    sizes = [util.to_human_size(size) for size in (0, 999, 1000, 1024, 1536, 10**6, 123456789)]
    assert sizes == ["0.0B", "999.0B", "1000.0B", "1.0KB", "1.5KB", "1000.0KB", "123.5MB"]
    assert util.to_human_size(1536, units=util.POW_2_BYTES) == "1.5KiB" and util.POW_10_BYTES[:2] == [("B", 1), ("KB", 1000)]
    assert [util.from_human_size(text) for text in ("10", "10B", "1.5MB", "1GiB")] == [10, 10, 1500000, 1 << 30]
    with pytest.raises(ValueError):
        util.from_human_size("x")


def test_other_functions__that_programs_call__answer_as_upstreams() -> None:
    """Each was tried with both."""
    assert util.downsample(range(10), 5) == [0, 2, 4, 6, 9] and util.downsample([1], 5) == [1]
    with pytest.raises(UsageError):
        util.downsample([1], 1)
    assert [util.has_num({"a": value}, "a") for value in (1, 1.5, "x", None)] == [True, True, False, False]
    assert util.make_safe_for_json({"a": [math.nan, math.inf], "b": (1,)}) == {"a": ["NaN", "Infinity"], "b": [1]}
    assert util.app_url("https://api.foo.com/") == "https://app.foo.com" and util.auto_project_name("x.py") == "uncategorized"
    assert [util.is_uri(text) for text in ("http://a", "s3://a", "a", "/a")] == [True, True, False, False]
    assert [util.alias_is_version_index(text) for text in ("v0", "v12", "v", "latest")] == [True, True, False, False]
    assert len(util.random_string(5)) == 5 and util.get_optional_module("no_such_module") is None
    assert util.is_matplotlib_typename("matplotlib.figure.Figure") and not util.is_matplotlib_typename("a")
    assert util.load_yaml(io.StringIO("a: 1")) == {"a": 1}
    with pytest.raises(UsageError):
        util.ensure_matplotlib_figure(3)
