"""Settings: coercion, checks, the order of sources, and what follows from values."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from wandb.errors import UsageError
from wandb.settings import Settings, resolve
from wandb.settings_fields import CHOICES, FIELDS
from wandb.settings_values import RunMoment


def _resolve(tmp_path: Path, environ: dict[str, str] | None = None, **kwargs: Any) -> Settings:
    """Resolve in an empty folder with an empty home, so that only what the test gives can count."""
    kwargs.setdefault("init_settings", None)
    kwargs.setdefault("init_kwargs", {})
    environ = {"HOME": str(tmp_path / "home"), **(environ or {})}
    return resolve(environ=environ, cwd=str(tmp_path), **kwargs)


def _write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


# values


@pytest.mark.parametrize("text", ["true", "True", "1", "yes", "on", "y", " on "])
def test_bool__a_word_for_yes__is_true(text: str) -> None:
    """People write booleans in variables in many ways."""
    assert Settings(quiet=text).quiet is True


@pytest.mark.parametrize("text", ["false", "FALSE", "0", "no", "off"])
def test_bool__a_word_for_no__is_false(text: str) -> None:
    """`WANDB_SHOW_INFO=0` must not count as set to something, hence true."""
    assert Settings(show_info=text).show_info is False


@pytest.mark.parametrize(
    "name, value",
    [
        ("quiet", "maybe"),
        ("quiet", 2),
        ("init_timeout", "soon"),
        ("init_timeout", float("nan")),
        ("summary_timeout", 2.5),
        ("summary_timeout", float("inf")),
        ("mode", "bogus"),
        ("mode", 3),
        ("console", ""),
        ("resume", "true"),
        ("reinit", "sometimes"),
        ("project", "a/b"),
        ("project", "x" * 129),
        ("project", 3),
        ("run_id", ""),
        ("run_id", " a"),
        ("run_id", "a:b"),
        ("run_tags", ("x" * 65,)),
        ("run_tags", [""]),
        ("run_tags", 3),
        ("sweep_id", ""),
        ("sweep_id", "s "),
        ("x_stats_sampling_interval", 0.05),
        ("console_chunk_max_bytes", -1),
        ("base_url", "localhost"),
        ("base_url", "ftp://host"),
        ("base_url", "http://"),
        ("base_url", "http://a b"),
        ("base_url", "http://a..b"),
        ("base_url", f"http://{'a' * 64}.com"),
        ("base_url", "http://h:abc"),
        ("base_url", "http://h:99999"),
        ("base_url", "http://:8080"),
        ("base_url", "http://[::1"),
        ("base_url", "http://h/?q"),
        ("base_url", "http://h/#part"),
        ("base_url", "http://api.wandb.ai"),
        ("base_url", "https://wandb.ai"),
        ("base_url", "https://app.wandb.ai"),
        ("x_extra_http_headers", {"X Who": "me"}),
        ("x_extra_http_headers", {"\u00fc": "me"}),
        ("x_extra_http_headers", {"X-Who": "me\r\nX-Other: you"}),
        ("fork_from", "run"),
        ("resume_from", "run?_step=x"),
        ("resume_from", "run?loss=1"),
        ("stop_fn", "not callable"),
        ("x_stats_gpu_device_ids", "[0"),
        ("x_extra_http_headers", "[1]"),
        ("config_paths", {"a": 1}),
    ],
)
def test_value__wrong__usage_error_names_setting_and_source(name: str, value: Any) -> None:
    """A person who mistyped one of 150 settings needs to know which one and where."""
    with pytest.raises(UsageError) as caught:
        Settings(**{name: value})
    assert repr(name) in str(caught.value)
    assert f"wandb.Settings({name}=...)" in str(caught.value)


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("init_timeout", "5", 5.0),
        ("summary_timeout", 2.0, 2),
        ("run_tags", ["a", "b"], ("a", "b")),
        ("run_tags", "one,tag", ("one,tag",)),
        ("ignore_globs", ["*.pt"], ("*.pt",)),
        ("resume", True, "auto"),
        ("resume", False, None),
        ("reinit", True, True),
        ("reinit", 1, True),
        ("reinit", 0, False),
        ("console", "auto", "wrap"),
        ("console", "wrap_emu", "wrap_emu"),
        ("mode", "dryrun", "dryrun"),
        ("base_url", "http://h:1//", "http://h:1"),
        ("base_url", "http://h:1/some/path/", "http://h:1/some/path"),
        ("base_url", "https://[::1]:8080/", "https://[::1]:8080"),
        ("base_url", "https://notwandb.ai", "https://notwandb.ai"),
        ("fork_from", "r?_step=3", RunMoment("r", 3)),
        ("x_stats_gpu_device_ids", "[0, 2]", (0, 2)),
        ("x_stats_open_metrics_filters", '{"a": {"b": "c"}}', {"a": {"b": "c"}}),
        ("root_dir", Path("there"), "there"),
        ("project", "", ""),
    ],
)
def test_value__right__is_stored_in_its_type(name: str, value: Any, expected: Any) -> None:
    """Everybody behind the settings relies on the types of the table."""
    assert getattr(Settings(**{name: value}), name) == expected


def test_secret__wrong__is_not_in_the_message() -> None:
    """Messages end up in logs that everybody can read."""
    for name, value in (("api_key", " hush "), ("http_proxy", "user:hush"), ("x_extra_http_headers", "{hush")):
        with pytest.raises(UsageError) as caught:
            Settings(**{name: value})
        assert "hush" not in str(caught.value)
    assert "hush" not in repr(Settings(api_key="hush"))


def test_name__with_leading_underscore__is_the_x_setting() -> None:
    """Programs of former years pass `_disable_stats`."""
    settings = Settings(_disable_stats=True)
    assert settings.x_disable_stats is True
    assert settings._disable_stats is True


def test_name__unknown__nearest_is_suggested() -> None:
    """A typo must not be a setting that silently does nothing."""
    with pytest.raises(UsageError, match="Did you mean 'project'"):
        Settings(projct="x")
    with pytest.raises(UsageError, match="nosuch"):
        Settings().nosuch = 1
    with pytest.raises(UsageError, match="follows from other settings"):
        Settings(files_dir="x")


@pytest.mark.parametrize("name", ["start_method", "_disable_service", "x_require_core", "anonymous"])
def test_name__removed__one_warning_and_no_effect(name: str) -> None:
    """Old programs run unchanged, but their authors learn that the setting is gone."""
    settings = Settings(**{name: "thread"})
    assert len(settings.warnings) == 1
    assert name in settings.warnings[0]
    assert settings.to_dict(explicit_only=True) == {}


def test_assignment__right_wrong_and_none__stored_refused_and_reset() -> None:
    """Programs assign attributes after construction; the same checks hold there."""
    settings = Settings()
    settings.project = "p"
    assert settings.project == "p"
    with pytest.raises(UsageError, match="assignment to settings.project"):
        settings.project = "a/b"
    assert settings.project == "p"
    settings.project = None
    assert settings.source_of("project") == "default"


def test_branching__two_ways_at_once__usage_error() -> None:
    """A run can't both fork and resume; nobody can guess which was meant."""
    with pytest.raises(UsageError, match="fork_from and resume|Only one"):
        Settings(fork_from="r?_step=1", resume="must")
    settings = Settings(resume="must")
    with pytest.raises(UsageError, match="Only one"):
        settings.resume_from = "r?_step=1"


def test_default__of_every_field__readable_and_of_its_kind() -> None:
    """A wrong entry in the table would show only when somebody reads that setting."""
    for name, value in Settings().to_dict().items():
        if value is not None:
            assert getattr(Settings(**{name: value}), name) == value
    assert Settings().base_url == "https://api.forge.coreweave.com"
    assert Settings().x_save_requirements is True
    assert Settings().x_stats_pid == os.getpid()
    assert {name for name, (kind, _) in FIELDS.items() if kind == "choice"} == set(CHOICES)


# the object


def test_settings__pickled_or_copied__equal_and_independent() -> None:
    """Settings go to child processes by pickle, and programs copy them to change one value."""
    settings = Settings(project="p", run_tags=["a"], mode="offline")
    for other in (
        pickle.loads(pickle.dumps(settings)),
        copy.copy(settings),
        copy.deepcopy(settings),
        settings.copy(),
    ):
        assert other.to_dict() == settings.to_dict()
        assert other.source_of("project") == settings.source_of("project")
        other.project = "other"
        other.warnings.append("w")
        assert (settings.project, settings.warnings) == ("p", [])


def test_settings__frozen__assignment_refused_copy_free() -> None:
    """After the start a change would be believed but not obeyed."""
    settings = Settings(project="p")
    settings.freeze()
    with pytest.raises(UsageError, match="project"):
        settings.project = "q"
    assert pickle.loads(pickle.dumps(settings)).project == "p"
    changed = settings.copy()
    changed.project = "q"
    assert changed.project == "q"


def test_settings__as_dictionary__all_fields_or_explicit_ones() -> None:
    """`model_dump()` and `dict(settings)` are what programs call."""
    settings = Settings(project="p")
    assert set(settings.to_dict()) == set(FIELDS)
    assert settings.model_dump(mode="json") == settings.to_dict() == dict(settings)
    assert settings.to_dict(explicit_only=True) == {"project": "p"}


def test_settings__unknown_attribute__attribute_error() -> None:
    """`hasattr` and `getattr` with a default must keep working on settings."""
    assert getattr(Settings(), "nosuch", "fallback") == "fallback"


# the order of sources


def test_resolve__every_source_sets_it__order_holds(tmp_path: Path) -> None:
    """Taking one source away after the other, from the top, shows the one below it."""
    system = _write(tmp_path / "home/.config/wandb/settings", "[default]\nproject = system\n")
    workspace = _write(tmp_path / "wandb/settings", "[default]\nproject = workspace\n")
    environ = {"WANDB_PROJECT": "environment"}
    setup, init = Settings(project="setup"), {"project": "init"}

    settings = _resolve(tmp_path, environ, init_settings=init, init_kwargs={"project": "kwarg"}, setup_settings=setup)
    assert (settings.project, settings.source_of("project")) == ("kwarg", "wandb.init(project=...)")
    settings = _resolve(tmp_path, environ, init_settings=init, setup_settings=setup)
    assert (settings.project, settings.source_of("project")) == ("init", "wandb.init(settings=...)")
    settings = _resolve(tmp_path, environ, setup_settings=setup)
    assert (settings.project, settings.source_of("project")) == ("setup", "wandb.Settings(project=...)")
    settings = _resolve(tmp_path, environ)
    assert (settings.project, settings.source_of("project")) == ("environment", "environment variable WANDB_PROJECT")
    settings = _resolve(tmp_path)
    assert (settings.project, settings.source_of("project")) == ("workspace", f"file {workspace}")
    assert settings.files_read == [system, workspace]
    os.unlink(workspace)
    assert _resolve(tmp_path).project == "system"
    os.unlink(system)
    settings = _resolve(tmp_path)
    assert (settings.project, settings.source_of("project")) == (None, "default")


def test_resolve__settings_object_with_defaults__lower_layers_shine_through(tmp_path: Path) -> None:
    """`wandb.Settings(quiet=True)` says nothing about the project, nor does `project=None`."""
    init = Settings(quiet=True, project=None)
    settings = _resolve(tmp_path, {"WANDB_PROJECT": "p"}, init_settings=init, init_kwargs={"project": None})
    assert (settings.project, settings.quiet) == ("p", True)


def test_resolve__resolved_settings_given_back__environment_still_wins(tmp_path: Path) -> None:
    """A program that hands `run.settings` to the next `init` did not set by code what came from the environment."""
    first = _resolve(tmp_path, {"WANDB_PROJECT": "old"}, init_kwargs={"mode": "offline"})
    second = _resolve(tmp_path, {"WANDB_PROJECT": "new"}, init_settings=first)
    assert (second.project, second.mode) == ("new", "offline")


def test_resolve__init_keyword__maps_to_its_setting_and_is_named_in_the_error(tmp_path: Path) -> None:
    """The message must use the word that the person typed."""
    settings = _resolve(tmp_path, init_kwargs={"name": "n", "tags": ["a"], "dir": tmp_path / "d", "run_id": "i"})
    assert (settings.run_name, settings.run_tags, settings.root_dir) == ("n", ("a",), str(tmp_path / "d"))
    assert settings.run_id == "i"
    with pytest.raises(UsageError, match=r"wandb\.init\(id=\.\.\.\)"):
        _resolve(tmp_path, init_kwargs={"id": "a/b"})


def test_resolve__resume_false_in_code__overrides_environment(tmp_path: Path) -> None:
    """False is an answer, unlike None."""
    environ = {"WANDB_RESUME": "allow"}
    assert _resolve(tmp_path, environ, init_kwargs={"resume": None}).resume == "allow"
    assert _resolve(tmp_path, environ, init_kwargs={"resume": False}).resume is None


@pytest.mark.parametrize("given, meant", [("dryrun", "offline"), ("run", "online"), ("shared", "shared")])
def test_resolve__old_mode_names__become_the_new_ones(tmp_path: Path, given: str, meant: str) -> None:
    """Only `resolve`'s result is acted upon, and one name per mode is enough there."""
    assert _resolve(tmp_path, {"WANDB_MODE": given}).mode == meant


def test_resolve__two_layers_exclude_each_other__both_named(tmp_path: Path) -> None:
    """The forgotten variable is the hard one to find."""
    with pytest.raises(UsageError, match="WANDB_RESUME"):
        _resolve(tmp_path, {"WANDB_RESUME": "allow"}, init_kwargs={"fork_from": "r?_step=1"})


def test_resolve__wrong_type_of_layer__usage_error(tmp_path: Path) -> None:
    """`wandb.init(settings="offline")` is a slip that deserves a clear word."""
    with pytest.raises(UsageError, match="not str"):
        _resolve(tmp_path, init_settings="offline")


# the environment


@pytest.mark.parametrize(
    "variable, value, name, expected",
    [
        ("WANDB_DIR", "/d", "root_dir", "/d"),
        ("WANDB_ROOT_DIR", "/d", "root_dir", "/d"),
        ("WANDB_NAME", "n", "run_name", "n"),
        ("WANDB_NOTES", "n", "run_notes", "n"),
        ("WANDB_TAGS", "a, b,", "run_tags", ("a", "b")),
        ("WANDB_IGNORE_GLOBS", "*.a,*.b", "ignore_globs", ("*.a", "*.b")),
        ("WANDB_JOB_TYPE", "j", "run_job_type", "j"),
        ("WANDB_USER_EMAIL", "e", "email", "e"),
        ("WANDB_APP_URL", "http://a", "app_url_override", "http://a"),
        ("WANDB_HTTP_TIMEOUT", "3", "x_graphql_timeout_seconds", 3.0),
        ("WANDB_FILE_PUSHER_TIMEOUT", "4", "x_file_transfer_timeout_seconds", 4.0),
        ("WANDB__LABEL", "l", "x_label", "l"),
        ("WANDB_X_LABEL", "l", "x_label", "l"),
        ("WANDB_REINIT", "true", "reinit", True),
        ("WANDB_RESUME", "auto", "resume", "auto"),
        ("WANDB__STATS_OPEN_METRICS_ENDPOINTS", '{"a": "u"}', "x_stats_open_metrics_endpoints", {"a": "u"}),
        ("WANDB_CONFIG_PATHS", "a.yaml,b.yaml", "config_paths", ("a.yaml", "b.yaml")),
    ],
)
def test_environment__variable__sets_its_setting(
    tmp_path: Path, variable: str, value: str, name: str, expected: Any
) -> None:
    """The names are an interface: job scripts all over the world use them."""
    settings = _resolve(tmp_path, {variable: value})
    assert getattr(settings, name) == expected
    assert settings.source_of(name) == f"environment variable {variable}"


def test_environment__two_names_of_one_setting__later_wins(tmp_path: Path) -> None:
    """Both orders, so that it is the order and not the name that decides."""
    assert _resolve(tmp_path, {"WANDB_NAME": "a", "WANDB_RUN_NAME": "b"}).run_name == "b"
    assert _resolve(tmp_path, {"WANDB_RUN_NAME": "b", "WANDB_NAME": "a"}).run_name == "a"


def test_environment__unknown_empty_or_code_only__ignored(tmp_path: Path) -> None:
    """`WANDB_MODE= python train.py` means not set, and other tools have WANDB_ variables of their own."""
    environ = {"WANDB_NOSUCH": "1", "WANDB_MODE": "", "WANDB_QUIET": "", "WANDB_STOP_FN": "x", "WANDB_SERVICE": "s"}
    settings = _resolve(tmp_path, environ)
    assert set(settings.to_dict(explicit_only=True)) == set()
    assert settings.warnings == []


@pytest.mark.parametrize("variable, value", [("WANDB_CONSOLE", "bogus"), ("WANDB_RESUME", "true")])
def test_environment__wrong_value__usage_error_names_the_variable(tmp_path: Path, variable: str, value: str) -> None:
    """In Python True means auto, but the word true in a variable is refused."""
    with pytest.raises(UsageError, match=f"environment variable {variable}"):
        _resolve(tmp_path, {variable: value})


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({"WANDB_SAVE_CODE": "true"}, True),
        ({"WANDB_SAVE_CODE": "true", "WANDB_DISABLE_CODE": "true"}, False),
        ({"WANDB_DISABLE_CODE": "true", "WANDB_SAVE_CODE": "true"}, False),
        ({"WANDB_SAVE_CODE": "true", "WANDB_DISABLE_CODE": "false"}, True),
        ({"WANDB_DISABLE_CODE": "true"}, False),
        ({"WANDB_DISABLE_CODE": "false"}, None),
    ],
)
def test_environment__save_and_disable_code__disable_wins(
    tmp_path: Path, environ: dict[str, str], expected: bool | None
) -> None:
    """Code may be secret: whoever forbids it must win."""
    assert _resolve(tmp_path, environ).save_code is expected


# files


def test_files__wrong_and_unknown_keys__rest_holds_with_one_warning(tmp_path: Path) -> None:
    """A file that an older release wrote years ago must not keep a program from starting."""
    text = "[default]\nproject = p\nquiet = maybe\nnosuch = 1\nstart_method = fork\nanonymous = true\n"
    path = _write(tmp_path / "wandb/settings", text)
    settings = _resolve(tmp_path)
    assert (settings.project, settings.quiet) == ("p", False)
    told = "\n".join(settings.warnings)
    assert len(settings.warnings) == 1
    assert path in told
    assert "nosuch" in told and "'quiet'" in told and "start_method" in told


def test_files__unreadable__one_warning_and_the_other_file_holds(tmp_path: Path) -> None:
    """One damaged file is no reason to ignore the other."""
    _write(tmp_path / "home/.config/wandb/settings", "[default]\nentity = e\n")
    _write(tmp_path / "wandb/settings", "no header\n")
    settings = _resolve(tmp_path)
    assert settings.entity == "e"
    assert len(settings.warnings) == 1


def test_files__config_dir_or_path_given__read_from_there(tmp_path: Path) -> None:
    """Both variables and the setting itself name the user's file."""
    path = _write(tmp_path / "c/settings", "[default]\nproject = p\n")
    assert _resolve(tmp_path, {"WANDB_CONFIG_DIR": str(tmp_path / "c")}).project == "p"
    assert _resolve(tmp_path, {"WANDB_SETTINGS_SYSTEM": path}).project == "p"
    assert _resolve(tmp_path, init_settings=Settings(settings_system=path)).project == "p"


def test_files__root_dir_variable_set__workspace_file_of_cwd_is_read(tmp_path: Path) -> None:
    """The file says what holds for programs started in a folder, wherever they write to."""
    _write(tmp_path / "wandb/settings", "[default]\nproject = p\n")
    settings = _resolve(tmp_path, {"WANDB_DIR": str(tmp_path / "elsewhere")})
    assert (settings.project, settings.wandb_dir) == ("p", str(tmp_path / "elsewhere" / "wandb"))


# what follows from settings


def test_derived__folders__follow_from_sync_dir(tmp_path: Path) -> None:
    """`init` sets one path and all others agree with it."""
    settings = _resolve(tmp_path, init_kwargs={"id": "r"})
    assert settings.wandb_dir == str(tmp_path / "wandb")
    settings.sync_dir = tmp_path / "run"
    assert settings.files_dir == str(tmp_path / "run" / "files")
    assert settings.log_dir == str(tmp_path / "run" / "logs")
    assert settings.sync_file == str(tmp_path / "run" / "run-r.wandb")
    assert settings.copy().sync_dir == pickle.loads(pickle.dumps(settings)).sync_dir == str(tmp_path / "run")


def test_derived__sync_dir_not_set__made_of_mode_time_and_id(tmp_path: Path) -> None:
    """Without an id there is no run folder, and no path is invented for it."""
    settings = Settings(root_dir=str(tmp_path), mode="offline", run_id="r", x_start_time=1700000000.0)
    assert settings.sync_dir == os.path.join(str(tmp_path), "wandb", f"offline-run-{settings.timespec}-r")
    assert len(settings.timespec) == 15
    assert (Settings().sync_dir, Settings().files_dir, Settings().timespec) == ("", "", "")


def test_derived__wandb_dir__dot_folder_where_the_plain_one_is_not_ours(tmp_path: Path) -> None:
    """A package called wandb in the working folder is source code, not a place for runs."""
    assert Settings(root_dir=tmp_path, use_dot_wandb=True).wandb_dir == str(tmp_path / ".wandb")
    settings = _resolve(tmp_path)
    assert settings.wandb_dir == str(tmp_path / "wandb")
    settings.use_dot_wandb = True
    assert settings.wandb_dir == str(tmp_path / ".wandb")
    _write(tmp_path / "wandb/__init__.py", "")
    assert _resolve(tmp_path).wandb_dir == str(tmp_path / ".wandb")


@pytest.mark.parametrize(
    "base_url, app_url, is_local",
    [
        ("https://api.forge.coreweave.com", "https://forge.coreweave.com/wandb", False),
        ("https://api.wandb.ai", "https://forge.coreweave.com/wandb", False),
        ("https://api.acme.com", "https://app.acme.com", True),
        ("http://localhost:8080", "http://localhost:8080", True),
    ],
)
def test_derived__app_url__follows_from_base_url(base_url: str, app_url: str, is_local: bool) -> None:
    """People click on what is printed."""
    settings = Settings(base_url=base_url)
    assert (settings.app_url, settings.is_local) == (app_url, is_local)


def test_derived__page_addresses__encoded_and_empty_while_unknown() -> None:
    """An address with a hole in it leads nowhere."""
    settings = Settings(app_url_override="http://u/", project="p q", run_id="r", sweep_id="s")
    assert (settings.run_url, settings.project_url, settings.sweep_url) == ("", "", "")
    settings.entity = "e"
    assert settings.run_url == "http://u/e/p%20q/runs/r"
    assert settings.project_url == "http://u/e/p%20q"
    assert settings.sweep_url == "http://u/e/p%20q/sweeps/s"


def test_derived__mode_questions__answered_for_both_names() -> None:
    """Programs ask `settings._offline`."""
    assert Settings(mode="dryrun")._offline and Settings(mode="offline")._offline
    assert Settings(mode="disabled")._noop and not Settings(mode="disabled")._offline
    assert not Settings()._offline and not Settings()._noop


def test_derived__jupyter__only_with_a_running_kernel_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython in a terminal is no notebook, and IPython that is merely imported is none either."""
    shells: list[Any] = [None]
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shells[0]))
    assert Settings()._jupyter is False
    shells[0] = type("TerminalInteractiveShell", (), {})()
    assert (Settings()._jupyter, Settings()._ipython) == (False, True)
    shells[0] = type("ZMQInteractiveShell", (), {})()
    assert (Settings()._jupyter, Settings()._ipython) == (True, False)


# cost


def test_import__of_settings_and_resolve__loads_nothing_heavy(tmp_path: Path) -> None:
    """This runs inside every training program, whose modules are its own business."""
    code = (
        "import sys; before = set(sys.modules); from wandb.settings import resolve; "
        "s = resolve(None, {'mode': 'offline'}); s._jupyter; s.sync_dir; print(sorted(set(sys.modules) - before))"
    )
    root = str(Path(__file__).resolve().parents[2])
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(tmp_path), "PYTHONPATH": root}
    out = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=str(tmp_path), env=environ, stdout=subprocess.PIPE, check=True
    )
    loaded = eval(out.stdout)
    assert "wandb.settings" in loaded
    for name in ("re", "enum", "json", "configparser", "typing", "inspect", "difflib", "IPython", "pathlib"):
        assert name not in loaded


def test_settings__folder_removed_under_us__still_made(tmp_path: Path) -> None:
    """Cluster jobs lose their folders; that must not stop a program at its first line."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os; os.rmdir(os.getcwd()); from wandb.settings import resolve; print(resolve(None, {}).mode)"
    root = str(Path(__file__).resolve().parents[2])
    environ = {"HOME": str(tmp_path), "PYTHONPATH": root}
    out = subprocess.run([sys.executable, "-c", code], cwd=str(gone), env=environ, stdout=subprocess.PIPE, check=True)
    assert out.stdout.strip() == b"online"


def test_settings__equal_values__are_equal() -> None:
    """Programs and their tests compare settings; where a value came from does not count."""
    assigned = Settings()
    assigned.project = "y"
    assert Settings(project="y") == Settings(project="y") == assigned
    assert Settings(project="y") != Settings(project="z")
    assert Settings() != {} and Settings() == Settings().copy()
    with pytest.raises(TypeError):
        hash(Settings())


@pytest.mark.parametrize("values", [{"mode": "x"}, {"project": 5}, {"run_tags": [1]}, {"nosuch": 1}, {"sync_dir": "x"}])
def test_settings__wrong_value__is_a_value_error_too(values: dict) -> None:
    """Upstream's validation errors are ValueErrors, and programs catch them as such."""
    with pytest.raises(ValueError) as caught:
        Settings(**values)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    "values, told",
    [
        ({"fork_from": "abc?_step=3", "run_id": "abc"}, "fork_from"),
        ({"resume_from": "abc?_step=3", "run_id": "q"}, "resume_from"),
    ],
)
def test_moments__that_contradict_the_run_id__raise(values: dict, told: str) -> None:
    """A fork is a new run, and a rewind is the old one."""
    with pytest.raises(UsageError, match=told):
        Settings(**values)


def test_settings_of_former_releases__read_back_what_was_set() -> None:
    """Programs copy settings by name."""
    settings = Settings(anonymous="must")
    assert settings.anonymous == "must" and Settings().anonymous is None
    copy = settings.model_copy()
    copy.update_from_dict({"project": "x", "entity": None})
    assert (copy.project, settings.project) == ("x", None)
    assert (settings.model_copy(update={"project": "y"}).project, settings.project) == ("y", None)
    copy.update_from_settings(Settings(entity="e"))
    copy.update_from_env_vars({"WANDB_PROJECT": "z", "HOME": "/"})
    assert (copy.entity, copy.project) == ("e", "z")
    with pytest.raises(UsageError, match="WANDB_MODE"):
        copy.update_from_env_vars({"WANDB_MODE": "none"})


def test_names_of_settings__are_those_that_can_be_read() -> None:
    """A shell completes them, and programs go through them."""
    names = [name for name in dir(Settings()) if not name.startswith("_")]
    assert {"project", "run_url", "colab_url", "copy"} <= set(names)
    for name in names:
        getattr(Settings(), name)


def test_colab_url__in_a_kernel_of_colab__is_the_address_of_its_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colab's kernels have the file's id in the place of a path."""
    settings = Settings(x_jupyter_path="fileId=abc")
    assert settings.colab_url is None
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    assert settings.colab_url == "https://colab.research.google.com/notebook#fileId=abc"
    assert Settings(x_jupyter_path="a/b.ipynb").colab_url is None


@pytest.mark.parametrize("run_id", ["x" * 129, "a\0b", "ö" * 100])
def test_run_id__that_can_be_no_file_name__raises(run_id: str) -> None:
    """It is a part of file names."""
    with pytest.raises(UsageError, match="run id"):
        Settings(run_id=run_id)


@pytest.mark.parametrize("headers", [{"A": "Bearer s3cr\net"}, {"A": " s3cret"}, {"A: s3cret": ""}, {"": "s3cret"}])
def test_headers__that_no_request_may_have__are_refused_without_their_values(headers: dict[str, str]) -> None:
    """An HTTP library would say so later, with the secret."""
    with pytest.raises(UsageError, match="header") as caught:
        Settings(x_extra_http_headers=headers)
    assert "s3cr" not in str(caught.value)
