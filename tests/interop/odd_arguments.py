"""What few programs do, one call each: the same program for this package and for upstream's release.

`python odd_arguments.py RESULT.json` makes the calls, each group on a run of its own, and writes what each gave or raised.
It imports nothing of the tests, so that upstream's interpreter can run it.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime
import enum
import json
import pathlib
import re
import sys
import types
from typing import Any, Callable, Dict

import wandb

Calls = Dict[str, Callable[[Any], Any]]


class Kind(enum.Enum):
    SMALL = 1


@dataclasses.dataclass
class Options:
    a: int = 1
    b: Any = None


class Holder:
    shared = 0

    def __init__(self) -> None:
        self.held = 1


Pair = collections.namedtuple("Pair", "x y")
OPTIONS = Options(2)
OPTIONS.late = 3  # type: ignore[attr-defined]
UTC = datetime.timezone.utc
MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)

VALUES: Dict[str, Any] = {
    "none": None, "true": True, "large": 2**62, "float": 0.5, "nan": float("nan"), "infinity": float("inf"), "text": "ä😀\x1b",
    "empty text": "", "bytes": b"abc", "tuple": (1, (2, [3])), "empty list": [], "list": [1, "a", None, {"b": 2}],
    "dict": {"a": {"b": 1}}, "numbers as keys": {1: "a"}, "odd keys": {"a/b": 1, "c.d": 2, " ": 3}, "set": {1, 2, 3},
    "frozen set": frozenset({1, 2}), "deque": collections.deque([1]), "ordered": collections.OrderedDict(a=1),
    "counter": collections.Counter("aab"), "complex": 1 + 2j, "complex in list": [1 + 2j], "path": pathlib.Path("/a/b"),
    "member": Kind.SMALL, "member in list": [Kind.SMALL], "member in dict": {"a": Kind.SMALL}, "named tuple": Pair(1, 2),
    "dataclass": Options(1, [Options()]), "moment": MOMENT, "moment in list": [MOMENT], "day": datetime.date(2020, 1, 2),
    "duration": datetime.timedelta(days=1, seconds=5), "pattern": re.compile("a+"), "function": len, "class": Options,
    "method": "a".upper, "slice": slice(1, 2), "deep": {"a": {"b": {"c": {"d": [1, {"e": 2}]}}}}, "long": "y" * 3000,
}  # fmt: skip


def _log(*arguments: Any, **named: Any) -> Callable[[Any], Any]:
    return lambda run: run.log(*arguments, **named)


LOG: Calls = {
    "step float": _log({"a": 1}, step=1.0), "step text": _log({"a": 1}, step="5"), "step list": _log({"a": 1}, step=[1]),
    "step bool": _log({"a": 1}, step=True), "step negative": _log({"a": 1}, step=-1), "step huge": _log({"a": 1}, step=2**70),
    "step nan": _log({"a": 1}, step=float("nan")), "step": _log({"b": 1}, step=3), "same step": _log({"c": 1}, step=3),
    "earlier step": _log({"d": 1}, step=1), "commit": _log({"e": 1}, commit=False), "committed": _log({"f": 1}),
    "commit number": _log({"g": 1}, commit=0), "commit text": _log({"h": 1}, commit="no"), "both": _log({"i": 1}, 20, True),
    "empty": _log({}), "empty with a step": _log({}, step=30), "none": _log(None), "list": _log([1]), "text": _log("a"),
    "ordered": _log(collections.OrderedDict(j=1)), "mapping": _log(collections.UserDict(k=1)), "number key": _log({1: 2}),
    "none key": _log({None: 1}), "tuple key": _log({("a", "b"): 1}), "one wrong key": _log({"l": 1, 2: 3}),
    "odd names": _log({" ": 1, "a.b": 2, "a/b": 3, "ä😀": 4, "a\nb": 5, "x" * 300: 6}), "own step": _log({"_step": 5, "m": 1}),
    "private": _log({"_mine": 5}), "nested": _log({"n": {"o": {"p": 1}}}), "nested merged": _log({"n": {"q": 2}}),
    "dots beside nested": _log({"r.s": 5, "r": {"s": 6}}), "number keys below": _log({"t": {1: 2}}), "sync": _log({"u": 1}, sync=True),
    "unknown": _log({"v": 1}, unknown=1), "nothing": _log(), "nan": _log({"w": float("nan")}), "null": _log({"x": None}),
}  # fmt: skip


def _define(*arguments: Any, **named: Any) -> Callable[[Any], Any]:
    def call(run: Any) -> Any:
        made = run.define_metric(*arguments, **named)
        return [made.name, made.step_metric, made.step_sync, made.hidden, list(made.summary or ())]

    return call


DEFINE: Calls = {
    "name": _define("a"), "glob": _define("b*"), "all": _define("*"), "path": _define("c/*"), "leading star": _define("*d"),
    "inner star": _define("e*f"), "two stars": _define("**"), "no name": _define(""), "none": _define(None), "number": _define(3),
    "step metric": _define("g", step_metric="a"), "step glob": _define("h", step_metric="a*"), "step number": _define("i", step_metric=3),
    "no step": _define("j", step_metric=""), "min": _define("k", summary="min"), "several": _define("l", summary="min,max"),
    "unknown summary": _define("m", summary="nope"), "summary list": _define("n", summary=["min"]), "summary empty": _define("o", summary=""),
    "summary none": _define("p", summary="none"), "capitals": _define("q", summary="MIN"), "hidden": _define("r", hidden=True),
    "hidden text": _define("s", hidden="x"), "hidden number": _define("t", hidden=1), "sync": _define("u", step_sync=True),
    "sync text": _define("v", step_sync="x"), "overwrite": _define("w", overwrite=True), "dots": _define("x.y"), "odd": _define("ä 😀"),
    "metric as step": lambda run: _define("z", step_metric=run.define_metric("st"))(run), "unknown": _define("aa", unknown=1),
}  # fmt: skip


def _update(values: Any, **named: Any) -> Callable[[Any], Any]:
    return lambda run: run.config.update(values, **named)


METHODS = ("update", "items", "keys", "get", "values", "carry_over", "setdefaults", "persist", "as_dict", "pop", "copy")
CONFIG: Calls = {
    **{f"name {name}": lambda run, name=name: (run.config.update({name: 5}), run.config[name])[1] for name in METHODS},
    **{f"attribute {name}": lambda run, name=name: callable(getattr(run.config, name)) for name in METHODS},
    "set": lambda run: setattr(run.config, "a", 1), "again": _update({"a": 1}), "changed": _update({"a": 2}),
    "allowed": _update({"a": 2}, allow_val_change=True), "attribute changed": lambda run: setattr(run.config, "a", 3),
    "equal float": _update({"a": 2.0}), "nested": _update({"b": {"x": 1}}), "nested changed": _update({"b": {"y": 2}}),
    "nested read": lambda run: run.config.b["x"], "defaults": lambda run: run.config.setdefaults({"a": 9, "c": 3}),
    "defaults read": lambda run: [run.config.a, run.config.c], "namespace": _update(argparse.Namespace(d=1, _e=2)),
    "simple namespace": _update(types.SimpleNamespace(f=1)), "dataclass": _update(dataclasses.replace(Options(), a=2)),
    "holder": _update(Holder()), "number": _update(3), "pairs": _update([("g", 1)]), "no file": _update("none.yaml"),
    "missing": lambda run: run.config["none"], "missing attribute": lambda run: run.config.none,
    "get": lambda run: [run.config.get("a"), run.config.get("none"), run.config.get("none", 3)],
    "in": lambda run: ["a" in run.config, "none" in run.config], "length": lambda run: len(run.config),
    "delete": lambda run: run.config.__delitem__("a"), "unpack": lambda run: sorted({**run.config})[:2],
    "complex": _update({"h": 1 + 2j}), "complex read": lambda run: repr(run.config.h * 2),
    "frozen": _update({"i": frozenset({1})}), "frozen read": lambda run: repr(run.config.i), "same set": _update({"i": frozenset({1})}),
    "same nan": lambda run: [run.config.update({"j": float("nan")}) for _ in range(2)], "private": _update({"_k": 1}),
    "private read": lambda run: run.config["_k"], "static": lambda run: setattr(run.config_static, "a", 1),
}  # fmt: skip
SUMMARY: Calls = {
    "update": lambda run: run.summary.update({"a": 1, "b": {"c": {"d": 1}}}), "nested": lambda run: run.summary["b"]["c"]["d"],
    "nested attribute": lambda run: run.summary.b.c.d, "nested set": lambda run: run.summary["b"].update({"e": 2}),
    "nested item": lambda run: run.summary["b"].__setitem__("f", {"g": 1}), "deeper": lambda run: run.summary["b"]["f"]["g"],
    "delete": lambda run: run.summary.__delitem__("a"), "deleted": lambda run: "a" in list(run.summary.keys()),
    "missing": lambda run: run.summary["a"], "get": lambda run: [run.summary.get("a"), run.summary.get("a", 3)],
    "none": lambda run: run.summary.update(None), "list": lambda run: run.summary.update([("a", 1)]),
    "logged": lambda run: run.log({"h": {"i": 1, "j": 2}}), "logged set": lambda run: run.summary["h"].__setitem__("i", 5),
    "logged again": lambda run: run.log({"h": {"j": 3}}), "both": lambda run: [run.summary["h"]["i"], run.summary["h"]["j"]],
    "list kept": lambda run: run.summary.update({"k": [1]}), "list changed": lambda run: run.summary["k"].append(2),
    "list read": lambda run: run.summary["k"], "method name": lambda run: setattr(run.summary, "update", 3),
    "method": lambda run: callable(run.summary.update), "odd names": lambda run: run.summary.update({"l.m": 1, "l/m": 2}),
    "step": lambda run: run.summary["_step"],
}  # fmt: skip
INIT: Dict[str, Dict[str, Any]] = {
    "name": {"name": "ä/b c"}, "tags": {"tags": ("b", "a", "a")}, "tag too long": {"tags": ["x" * 65]}, "tag empty": {"tags": [""]},
    "tags of numbers": {"tags": [1]}, "id": {"id": "a b-c.d"}, "id slash": {"id": "a/b"}, "id empty": {"id": ""}, "id number": {"id": 3},
    "project": {"project": "a b.c"}, "project slash": {"project": "a/b"}, "project long": {"project": "x" * 129},
    "group": {"group": "a/b:c"}, "group number": {"group": 3}, "job type": {"job_type": "j" * 300}, "notes": {"notes": "a\nb"},
    "mode": {"mode": "none"}, "mode capitals": {"mode": "OFFLINE"}, "settings": {"settings": {"run_group": "s"}},
    "unknown setting": {"settings": {"none": 1}}, "resume": {"resume": "none"}, "resume capitals": {"resume": "ALLOW"},
    "resume false": {"resume": False}, "resume number": {"resume": 1}, "reinit": {"reinit": "none"}, "reinit number": {"reinit": 1},
    "folder number": {"dir": 3}, "fork": {"fork_from": "abc"}, "fork and resume": {"fork_from": "a?_step=1", "resume": "allow"},
    "unknown": {"unknown": 1}, "config number": {"config": 3}, "config pairs": {"config": [("a", 1)]}, "config file": {"config": "none.yaml"},
    "config": {"config": argparse.Namespace(a=1, _b=2)}, "dataclass": {"config": OPTIONS},
    "left out": {"config": {"a": 1, "b": 2}, "config_exclude_keys": ["a"]}, "taken": {"config": {"a": 1, "b": 2}, "config_include_keys": ["a"]},
    "taken and left out": {"config": {"a": 1}, "config_include_keys": ["a"], "config_exclude_keys": ["a"]},
}  # fmt: skip


def _values(place: str) -> Calls:
    def call(name: str, value: Any) -> Callable[[Any], Any]:
        if place == "row":
            return lambda run: run.log({name: value})
        return lambda run: getattr(run, place).update({name: value})

    return {name: call(name, value) for name, value in VALUES.items()}


GROUPS: Dict[str, Calls] = {
    "config values": _values("config"), "row values": _values("row"), "summary values": _values("summary"),
    "log": LOG, "define": DEFINE, "config": CONFIG, "summary": SUMMARY,
}  # fmt: skip


def outcome(call: Callable[[], Any]) -> Any:
    """What it gives, or the names of the classes of what it raises."""
    try:
        return {"gave": json.loads(json.dumps(call(), default=repr))}
    except Exception as error:  # any: the kinds are what is compared
        return {"raised": [kind.__name__ for kind in type(error).__mro__[:-2]]}


def begin(**arguments: Any) -> Any:
    """A run that nothing is sent of."""
    return wandb.init(**{"mode": "offline", "project": "p", **arguments})


def begun(arguments: Dict[str, Any]) -> Any:
    """What a run knows of what `init` was given."""
    run = begin(**arguments)
    tags = sorted(run.tags or ())
    shown = [tags, run.project, run.group, run.job_type, run.notes, dict(run.config), run.settings.resume, run.disabled]
    run.finish()
    return shown


def main() -> None:
    """Make all calls."""
    found: Dict[str, Any] = {}
    for group, calls in GROUPS.items():
        run = begin(id=group.replace(" ", "-"))
        found[group] = {name: outcome(lambda call=call, run=run: call(run)) for name, call in calls.items()}
        run.finish()
    found["init"] = {name: outcome(lambda arguments=arguments: begun(arguments)) for name, arguments in INIT.items()}
    pathlib.Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
