"""The names and signatures of upstream's 0.31.0, from a table of facts: present here, or left out for a stated reason.

`pytest -s tests/unit/test_public_interface.py` prints how many of each part are there.
"""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import pytest

import wandb
from wandb.sdk.artifacts.artifact_manifest import ArtifactManifest

# The names of the table's rows that begin with no module: where they are looked for.
HOMES = {
    "(base) WBValue": "wandb.data_types.WBValue",
    "(base) Media": "wandb.data_types.Media",
    "(base) BatchableMedia": "wandb.data_types.BatchableMedia",
    "ArtifactManifestEntry": "wandb.sdk.artifacts.artifact_manifest_entry.ArtifactManifestEntry",
    "ArtifactManifest": "wandb.sdk.artifacts.artifact_manifest.ArtifactManifest",
}
# A name, or the beginning of names if it ends with a dot -> why it, or part of it, is not here.
LEFT_OUT = {
    "(alias) ": "names of types in annotations, no objects",
    "(base) Attrs": "an inner class of the public API",
    "(base) Paginator": "an inner class of the public API",
    "(base) SizedPaginator": "an inner class of the public API",
    "ArtifactManifest.hash_contents_with_md5": "an inner step of `digest`",
    "ArtifactManifest.manifest_version": "`version()` says it",
    "ArtifactManifest.storage_policy": "there is one, which `to_manifest_json` names",
    "wandb.apis.public.": "inner parts of lists; automations, integrations, Launch, registries, reports, teams",
    "wandb.data_types._SavedModel": "no program makes one since `wandb.beta` is gone, and reading it back executes what is in it",
    "wandb.agents": "an inner module",
    "wandb.analytics": "an inner module",
    "wandb.docker": "containers are not part of this build",
    "wandb.profiler": "an inner module",
    "wandb.proto": "the records' classes are made at run time; see `wandb.wire`",
    "wandb.tensorflow": "not yet",
    "wandb.trigger": "an inner module",
    "wandb.wandb": "an inner name",
    "wandb.wandb_agent": "an inner module",
    "wandb.wandb_torch": "an inner module",
}
# Parts where more comes: a name that is there by now is no error.
OPEN_PARTS = ("wandb.apis.public.", "wandb.tensorflow")
# Modules that load the library that they are for.
OF_LIBRARIES = ("wandb.keras", "wandb.lightgbm", "wandb.sacred", "wandb.xgboost")
# Defaults and parameters that differ on purpose.
OTHER_SIGNATURES = {
    **{
        f"wandb.{kind}.to_json": "its parameter is called `run`, as that of Media"
        for kind in ("Html", "Molecule", "Object3D", "Plotly", "data_types.ImageMask")
    },
}


def samples() -> Dict[str, Any]:
    """Objects for the attributes that only objects have."""
    table = wandb.Table(columns=["label", "y"], data=[["a", 1]])
    chart = wandb.plot.bar(table, "label", "y")
    visualized = wandb.visualize("a/b", table)
    return {"ArtifactManifest": ArtifactManifest(), "wandb.plot.CustomChart": chart, "wandb.plot.Visualize": visualized}


class Fact(NamedTuple):
    """A row of the table."""

    name: str
    kind: str
    signature: str


def facts() -> List[Fact]:
    text = Path(__file__).with_name("public_interface.tsv").read_text(encoding="utf-8")
    return [Fact(*line.split("\t")[:3]) for line in text.splitlines()[1:]]


def found(name: str) -> Any:
    """The object by the table's name; AttributeError or ImportError if there is none."""
    for short, home in HOMES.items():
        if name == short or name.startswith(short + "."):
            name = home + name[len(short) :]
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            value = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            value = inspect.getattr_static(value, part) if isinstance(value, type) else getattr(value, part)
        return value
    raise AttributeError(name)


def left_out(name: str) -> bool:
    return any(
        name == part or (name.startswith(part) and part[-1:] in ". ") or name.startswith(f"{part}.")
        for part in LEFT_OUT
    )


def problem_of(fact: Fact) -> str:
    """What is missing or other of one row; "" if nothing is."""
    try:
        owner, _, last = fact.name.rpartition(".")
        if fact.kind == "attribute" and (hasattr(samples().get(owner), last) or is_declared(owner, last)):
            return ""
        value = found(fact.name)
    except (AttributeError, ImportError) as error:
        if fact.name in OF_LIBRARIES and "install" in str(error):
            return ""
        return f"missing ({error})"
    if "settable" in fact.kind and isinstance(value, property) and value.fset is None:
        return "can't be set"
    if fact.kind.startswith(("method", "classmethod", "staticmethod", "function")):
        return other_signature(value, fact)
    return ""


def is_declared(owner: str, name: str) -> bool:
    """Whether a class says that its objects have an attribute."""
    kind = found(owner) if owner else None
    return isinstance(kind, type) and any(name in getattr(base, "__annotations__", {}) for base in kind.__mro__)


def other_signature(value: Any, fact: Fact) -> str:
    if not callable(getattr(value, "__func__", value)):
        return "is no method"
    if fact.name.rpartition(".")[2].startswith("__"):  # operators, which nobody calls by name
        return ""
    function = getattr(value, "__func__", value)
    try:
        ours = list(inspect.signature(function).parameters.values())
    except ValueError:  # of a method of a built-in class
        return ""
    if fact.kind.startswith(("method", "classmethod")):
        ours = ours[1:]
    given = {parameter.name: parameter for parameter in ours}
    kinds = {parameter.kind for parameter in ours}
    for number, (name, kind, is_optional) in enumerate(theirs(fact.signature)):
        if kind == "keyword" or kind == "positional":
            if name not in given:
                if inspect.Parameter.VAR_KEYWORD in kinds or (
                    inspect.Parameter.VAR_POSITIONAL in kinds and kind == "positional"
                ):
                    continue
                return f"no parameter {name}"
            if is_optional and given[name].default is inspect.Parameter.empty:
                return f"the parameter {name} has no default"
            if kind == "positional" and (number >= len(ours) or ours[number].name != name):
                return f"the parameter {name} is at another place"
    known = {name for name, _, _ in theirs(fact.signature)}
    for parameter in () if "*args" in fact.signature else ours:
        is_named = parameter.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        if is_named and parameter.name not in known and parameter.default is inspect.Parameter.empty:
            return f"the parameter {parameter.name} is asked for"
    return ""


def theirs(signature: str) -> Iterator[Tuple[str, str, bool]]:
    """(name, "positional", "keyword" or "rest", whether it has a default) of each parameter in a row of the table."""
    try:
        (function,) = ast.parse(f"def f{signature}: pass").body
    except SyntaxError:  # without a return type that could be read
        return
    assert isinstance(function, ast.FunctionDef)
    arguments = function.args
    positional = [argument for argument in arguments.args if argument.arg not in ("self", "cls")]
    without = len(positional) - len(arguments.defaults)
    for number, argument in enumerate(positional):
        yield argument.arg, "positional", number >= without
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        yield argument.arg, "keyword", default is not None


@pytest.mark.parametrize("fact", [fact for fact in facts() if not left_out(fact.name)], ids=lambda fact: fact.name)
def test_name__of_upstreams_interface__is_here_with_its_parameters(fact: Fact) -> None:
    """A call that is written for upstream's client is one for this package."""
    if fact.name in OTHER_SIGNATURES:
        assert problem_of(fact), f"{fact.name} is as it is there: take it off the list"
        return
    assert problem_of(fact) == ""


@pytest.mark.parametrize("name", [name for name in LEFT_OUT if not name.startswith("(") and name not in OPEN_PARTS])
def test_name__that_is_left_out__is_really_missing(name: str) -> None:
    """Or else it would be off the list."""
    rows = [fact for fact in facts() if fact.name == name or fact.name.startswith(f"{name}.")]
    assert rows and any(problem_of(fact) for fact in rows)


def test_coverage__of_the_whole_table__is_printed() -> None:
    """For the README: how many names of each part are here."""
    there: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    for fact in facts():
        part = ".".join(fact.name.split(".")[: 3 if fact.name.startswith("wandb.apis") else 2])
        group = part if fact.kind == "class" or all_of[part] else fact.name.rpartition(".")[0] or fact.name
        all_of[group] += 1
        there[group] += not problem_of(fact)
    for group, count in all_of.items():
        print(f"{group:40} {there[group]:4} of {count:4}")
    print(f"{'all':40} {sum(there.values()):4} of {sum(all_of.values()):4}")
    assert sum(all_of.values()) == len(facts()) and sum(there.values()) > 500
