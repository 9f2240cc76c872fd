"""`wandb.env` and `wandb.util`: what programs of the real thing read there."""

from __future__ import annotations

import os

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
