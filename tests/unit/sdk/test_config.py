"""The config mapping: what may change, what is told to the run, and what counts as a configuration."""

from __future__ import annotations

import argparse
import collections
import copy
import dataclasses
import json
import math
import pathlib
import pickle
import subprocess
import sys
import types

import pytest

from wandb.errors import ConfigError, UsageError
from wandb.sdk import config as config_module
from wandb.sdk.config import Config, config_defaults, config_from
from wandb.sdk.config_static import ConfigStatic
from wandb.sdk.lib.json_values import dumps


@pytest.fixture
def changes():
    return []


@pytest.fixture
def config(changes):
    return Config(changes.extend)


def test_values__set_in_every_way__are_read_in_every_way(config):
    """Programs use attributes, items and `get` side by side."""
    config.a = 1
    config["b"] = {"x": (1, 2)}
    config.update({"c.d": 3})
    assert (config.a, config["a"], config.get("a"), config.get("z"), config.get("z", 4)) == (1, 1, 1, None, 4)
    assert (config.b, config["c.d"], getattr(config, "c.d")) == ({"x": [1, 2]}, 3, 3)
    assert dict(config) == {"a": 1, "b": {"x": [1, 2]}, "c.d": 3} == {**config} == config.as_dict()
    assert ("a" in config, "z" in config, list(config)) == (True, False, ["a", "b", "c.d"])
    assert config.items() == list(zip(config.keys(), (1, {"x": [1, 2]}, 3)))
    assert str(config) == repr(config) == str(dict(config))


def test_missing_keys__read__raise_what_a_mapping_and_an_object_raise(config):
    """`getattr(config, "lr", default)` and `hasattr` have to work."""
    with pytest.raises(KeyError):
        config["z"]
    with pytest.raises(AttributeError):
        _ = config.z
    assert getattr(config, "z", 5) == 5


@pytest.mark.parametrize("name", ["update", "keys", "items", "_items", "__items", "on_change"])
def test_keys_named_like_our_own__set__do_not_break_the_config(config, name):
    """The user's names are not ours to forbid."""
    setattr(config, name, 1)
    config.update({"other": 2})
    assert config[name] == 1
    assert config["other"] == 2


def test_underscore_keys__set__are_kept_but_not_listed(config, changes):
    """Upstream keeps its own bookkeeping and users' private keys out of what it shows."""
    config._a = 1
    assert (config._a, "_a" in config, list(config)) == (1, True, ["_a"])
    assert (config.keys(), config.items(), config.as_dict()) == ([], [], {})
    assert changes == [(("_a",), 1)]


def test_values__set__are_json_values_of_their_own(config):
    """What the user does with his object afterwards is not in the log, so it may not be in the config."""
    value = {"rate": float("nan"), 1: {"deep": [1]}}
    config.a = value
    value[1]["deep"].append(2)
    assert config.a == {"rate": None, 1: {"deep": [1]}}
    config[3] = "x"
    assert config["3"] == config[3] == "x"


@pytest.mark.parametrize("same", [1, 1.0, True])
def test_equal_value__set_again__is_allowed(config, same):
    """Several libraries write the same key in one program."""
    config.a = 1
    config.a = same
    config.update({"a": same})
    assert config.a is same


def test_changed_value__not_allowed__raises_and_sets_nothing(config, changes):
    """A value silently overwritten is a wrong record; half an update is worse."""
    config.a = {"x": 1}
    del changes[:]
    for change in (
        lambda: setattr(config, "a", {"x": 2}),
        lambda: config.__setitem__("a", 1),
        lambda: config.update({"new": 1, "a": {}}),
        lambda: config.update({"a": 1}, allow_val_change=False),
    ):
        with pytest.raises(ConfigError, match="allow_val_change"):
            change()
    assert (dict(config), changes) == ({"a": {"x": 1}}, [])


def test_changed_value__allowed__replaces_the_whole_value(config, changes):
    """Allowed for one update, the next one is checked again."""
    config.a = {"x": 1}
    config.update({"a": {"y": 2}}, allow_val_change=True)
    assert (config.a, changes[-1]) == ({"y": 2}, (("a",), {"y": 2}))
    with pytest.raises(ConfigError):
        config.a = 3
    free = Config(allow_val_change=True)
    free.a = 1
    free.a = 2
    assert free.a == 2


def test_changes__of_one_update__arrive_in_one_call():
    """One update is one record in the log."""
    calls = []
    config = Config(calls.append)
    config.update({"a": 1, "b": {"c": 2}})
    config.update({})
    config.setdefaults({"a": 3})
    assert calls == [[(("a",), 1), (("b",), {"c": 2})]]


def test_reported_values__changed_by_the_receiver__leave_the_config_alone():
    """The log's side may flatten or complete what it gets."""
    config = Config(lambda changes: changes[0][1].clear())
    config.a = {"b": 1}
    assert config.a == {"b": 1}


def test_nested_value__changed_in_place__is_reported_by_persist(config, changes):
    """Nobody can see such a change happen; `persist` is the call for it."""
    config.n = {"x": 1}
    config.n["x"] = 9
    del changes[:]
    config.persist()
    assert changes == [(("n",), {"x": 9})]
    config.as_dict()["n"]["x"] = 10
    assert config.n == {"x": 9}


def test_setdefaults__some_keys_set__sets_only_the_others(config, changes):
    """It is how libraries add theirs without overriding the user's."""
    config.a = 1
    config.setdefaults({"a": 2, "b": 3})
    assert (dict(config), changes) == ({"a": 1, "b": 3}, [(("a",), 1), (("b",), 3)])


def test_locked_keys__changed_by_the_user__keep_the_value_and_tell(changes):
    """A sweep's values win over the script's, without an error in the script."""
    ignored = []
    config = Config(changes.extend, on_ignored=lambda key, holder: ignored.append((key, holder)))
    config.update_locked({"lr": 1}, "sweep")
    config.lr = 2
    config.update({"lr": 3, "other": 4})
    config.update({"lr": 3}, allow_val_change=True)
    config.setdefaults({"lr": 5})
    assert dict(config) == {"lr": 1, "other": 4}
    assert ignored == [("lr", "sweep")] * 3
    assert changes == [(("lr",), 1), (("other",), 4)]


def test_locked_keys__set_by_another_holder__need_permission(config):
    """Two holders may not fight over a key unnoticed."""
    config.update_locked({"k": 1}, "sweep")
    with pytest.raises(ConfigError):
        config.update_locked({"k": 2}, "launch")
    config.update_locked({"k": 2}, "launch", _allow_val_change=True)
    assert config.k == 2


def test_merge_locked__nested_values__adds_to_them_and_locks(config):
    """A launch job overrides single leaves of a nested config."""
    config.m = {"a": {"x": 1, "y": 1}, "b": 1}
    with pytest.raises(ConfigError):
        config.merge_locked({"m": {"a": {"x": 2}}}, "launch")
    config.merge_locked({"m": {"a": {"x": 2}}}, "launch", _allow_val_change=True)
    config.m = 7
    assert config.m == {"a": {"x": 2, "y": 1}, "b": 1}


def test_on_change__sets_another_key__works_without_a_deadlock():
    """Writing to the log may print, and a print may set a key."""
    config = Config(lambda changes: config.setdefaults({"seen": 1}))
    config.a = 1
    assert dict(config) == {"a": 1, "seen": 1}


@pytest.mark.parametrize("write", [setattr, lambda config, key, value: config.update({key: value})])
def test_keys_of_a_mapping__set_by_the_program__are_what_it_asks_for(config, changes, write):
    """`run.config.id2label[0]` is what programs write; the record has text, and text is no change of it."""
    write(config, "id2label", {0: "cat", None: [{(1, 2): True, False: 1.5}]})
    assert (config.id2label[0], config["id2label"][None][0][1, 2]) == ("cat", True)
    assert config.as_dict()["id2label"][0] == config.id2label[0] == ConfigStatic(config).id2label[0]
    text = '{"0":"cat","None":[{"1,2":true,"false":1.5}]}'
    assert dumps(changes[-1][1]) == text
    config.update({"id2label": json.loads(text)})
    with pytest.raises(ConfigError):
        config.update({"id2label": {0: "dog"}})


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_copies_and_pickles__changed__are_detached(config, changes, duplicate):
    """Lightning and DataLoader workers copy what they are given; only the run's own config writes the log."""
    config.update_locked({"n": {"x": 1}}, "sweep")
    other = duplicate(config)
    other.new = 1
    other.n = 2
    other["n"]["x"] = 3
    assert (dict(other), dict(config)) == ({"n": {"x": 3}, "new": 1}, {"n": {"x": 1}})
    assert len(changes) == 1


def test_config_static__written__raises(config):
    """It is the picture of a config, and stays as it was taken."""
    config.a = {"x": 1}
    static = ConfigStatic(config)
    config.b = 2
    assert (static.a, static["a"], dict(static), "b" in static) == ({"x": 1}, {"x": 1}, {"a": {"x": 1}}, False)
    assert (list(static), str(static)) == (["a"], "{'a': {'x': 1}}")
    for write in (lambda: setattr(static, "a", 1), lambda: static.__setitem__("a", 1)):
        with pytest.raises(AttributeError):
            write()
    with pytest.raises(AttributeError):
        _ = static.z


@dataclasses.dataclass
class Options:
    a: int = 1
    b: object = dataclasses.field(default_factory=lambda: {"x": (1,)})


class WithAttributes:
    shared = 0

    def __init__(self):
        self.a = 1
        self._private = 2


class Plain:
    a = 1
    b = math.inf

    def method(self):
        pass


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {}),
        ({"a": (1,), 2: 3}, {"a": [1], "2": 3}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (collections.UserDict(a=1), {"a": 1}),
        (argparse.Namespace(a=1, _b=2), {"a": 1, "_b": 2}),
        (types.SimpleNamespace(a=1), {"a": 1}),
        (Options(), {"a": 1, "b": {"x": [1]}}),
        (WithAttributes(), {"a": 1}),
        (Plain, {"a": 1, "b": math.inf}),
        (collections.namedtuple("Pair", "a b")(1, 2), {"a": 1, "b": 2}),
        ([], {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_config_from__what_programs_pass__reads_its_values(given, expected):
    """`init(config=...)` and `config.update` take whatever holds named values."""
    assert config_from(given) == expected


def test_config_from__a_dataclass_with_more_attributes__reads_them_too():
    """Programs keep what they found out beside the fields that they were started with."""
    options = Options()
    options.found, options._cache = 3, 4
    assert config_from(options) == {"a": 1, "b": {"x": [1]}, "found": 3}


def test_keys__named_like_methods_of_other_classes__are_attributes(config):
    """Only what upstream's config can do is not the program's."""
    config.update({"carry_over": 1, "values": 2, "pop": 3, "copy": 4})
    assert (config.carry_over, config.values, config.pop, config.copy) == (1, 2, 3, 4)
    public = [name for name in dir(type(config)) if not name.startswith("_")]
    assert public == [
        "as_dict", "get", "items", "keys", "merge_locked", "persist", "setdefaults", "update", "update_locked"
    ]  # fmt: skip


def test_complex_numbers_and_frozen_sets__set__are_read_as_such_and_recorded_as_text(config, changes):
    """A program computes with what it reads."""
    config.update({"a": 1 + 2j, "b": frozenset({1})})
    assert config.a * 2 == 2 + 4j and config.b | {2} == {1, 2}
    assert [(path, dumps(value)) for path, value in changes] == [(("a",), '"1+2j"'), (("b",), "[1]")]
    config.update({"a": 1 + 2j, "b": frozenset({1})})


@pytest.mark.parametrize("given", [3, 1.5, [1], [("a", 1)], b"a: 1", {1, 2}, object()])
def test_config_from__something_else__raises_a_usage_error(given):
    """A config lost without a word is found weeks later."""
    with pytest.raises(UsageError):
        config_from(given)


def test_config_from__another_config__copies_it(config):
    """Sweep scripts start a run with the config of another."""
    config.a = {"x": 1}
    values = config_from(config)
    values["a"]["x"] = 2
    assert config.a == {"x": 1}


def test_config_from__include_and_exclude__choose_top_level_keys():
    """They are `init`'s arguments, and exclude each other."""
    given = {"a": 1, "b": 2, "c": 3}
    assert config_from(given, include=["a", "zz"]) == {"a": 1}
    assert config_from(given, exclude=["a"]) == {"b": 2, "c": 3}
    assert config_from(given, include="b") == {"b": 2}
    with pytest.raises(UsageError):
        config_from(given, include=["a"], exclude=["b"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: {k: 3}\n", {"a": 1, "b": {"k": 3}}),
        ("a:\n  value: 3\n  desc: x\nb:\n  value: {k: 1}\n", {"a": 3, "b": {"k": 1}}),
        ("wandb_version: 1\n_wandb: {value: {}}\na: {desc: null, value: 1}\n", {"a": 1}),
        ("a: 1\nb: {value: 2}\n", {"a": 1, "b": {"value": 2}}),
        ("a: {value: 1, low: 0}\n", {"a": {"value": 1, "low": 0}}),
        ("a: {value: 2020-01-01}\nb: {value: {1: 2}}\n", {"a": "2020-01-01", "b": {"1": 2}}),
        ("", {}),
        ('{"a": {"value": 1}}', {"a": 1}),
    ],
)
def test_config_from__yaml_file__is_read_in_both_forms(tmp_path, text, expected):
    """Users write plain files, and runs leave files in which each key has a `value`."""
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    assert config_from(str(path)) == config_from(path) == expected


def test_config_from__several_files__later_ones_win(tmp_path):
    """A list of paths is a base and its overrides."""
    (tmp_path / "a.yaml").write_text("x: 1\ny: 1\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("y: {value: 2}\n", encoding="utf-8")
    assert config_from([tmp_path / "a.yaml", str(tmp_path / "b.yaml")]) == {"x": 1, "y": 2}


@pytest.mark.parametrize("content", [b"a: [1\n", b"- 1\n", b"just text", b"a: \xff\n", None])
def test_config_from__bad_file__raises_with_its_name(tmp_path, content):
    """The user has to find the file that he named."""
    path = tmp_path / "c.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="c.yaml"):
        config_from(str(path))


def test_config_defaults__file_in_the_directory__is_read(tmp_path):
    """A file of this name next to the script fills in what `init` was not given."""
    assert config_defaults(str(tmp_path)) == {}
    (tmp_path / "config-defaults.yaml").write_text("a:\n  value: 1\n", encoding="utf-8")
    assert config_defaults(str(tmp_path)) == {"a": 1}


def test_config_from__omegaconf__is_a_plain_resolved_mapping():
    """Upstream raises for it; hydra programs pass it anyway."""
    OmegaConf = pytest.importorskip("omegaconf").OmegaConf
    assert config_from(OmegaConf.create({"a": 1, "b": "${a}"})) == {"a": 1, "b": 1}
    with pytest.raises(UsageError):
        config_from(OmegaConf.create([1]))


def test_config_from__absl_flags__are_the_programs_own():
    """absl's own flags (verbosity, log directory, ...) are no hyperparameters."""
    flags = pytest.importorskip("absl.flags")
    values = flags.FlagValues()
    flags.DEFINE_integer("n", 3, "", flag_values=values)
    flags.DEFINE_list("l", ["a"], "", flag_values=values, module_name="absl.logging")
    values(["program", "--n=4"])
    assert config_from(values) == {"n": 4}


def test_import__in_a_bare_interpreter__takes_no_heavy_module_along():
    """YAML and json are for those who need them."""
    code = "import sys; old = set(sys.modules); import wandb.sdk.config; print(*set(sys.modules) - old)"
    path = [str(pathlib.Path(config_module.__file__).parents[2])]
    program = f"import sys; sys.path[:0] = {path!r}; {code}"
    loaded = subprocess.run([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE, check=True, timeout=60)
    assert not {"yaml", "json", "re", "typing", "dataclasses"} & set(loaded.stdout.decode().split())


def test_items_and_as_dict__read_by_libraries__have_every_key(config):
    """Some libraries know the attribute in which upstream keeps everything."""
    config.update({"a": {"b": 1}, "_private": 2})
    assert config._items == config._as_dict() == {"a": {"b": 1}, "_private": 2}
    assert vars(config) == {"_items": config._items}
    config._as_dict()["a"]["b"] = 5
    assert config.a == {"b": 1}


def test_config_from__empty_text__is_an_empty_config():
    """`config=os.environ.get("CONFIG", "")` means none."""
    assert config_from("") == {}


@pytest.mark.parametrize("wrong", [5, [1], 1.5])
def test_config_from__something_of_a_wrong_type__is_a_type_error_too(wrong):
    """That is what upstream raises."""
    with pytest.raises(TypeError) as caught:
        config_from(wrong)
    assert isinstance(caught.value, UsageError)
