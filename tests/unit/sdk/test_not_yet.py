"""Stand-ins: real classes that can't be made, modules of a table, and nothing of it in a disabled run."""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from typing import Any, Iterator

import pytest

import wandb
from tests.conftest import Program
from wandb.errors import MissingModuleError, NotYetError
from wandb.sdk import not_yet
from wandb.sdk.run import Run


@pytest.fixture
def disabled() -> Iterator[Run]:
    with wandb.init(mode="disabled") as run:
        yield run


def test_class__subclassed__raises_at_its_object_and_names_ours() -> None:
    """The subclass itself can be defined, and one that forgets our `__init__` is caught at its first use."""

    from wandb.apis.public import Team

    class Mine(Team):
        pass

    class Careless(Team):
        def __init__(self) -> None:
            self.mine = 1

    with pytest.raises(NotYetError, match=r"^wandb\.apis\.public\.Team is not part"):
        Mine("name")
    with pytest.raises(NotYetError, match=r"^wandb\.apis\.public\.Team\.members is not part"):
        Careless().members("x")


def test_class__with_attributes_and_other_makers__has_them() -> None:
    """Programs raise the limit of a table before they make one."""
    assert (wandb.Table.MAX_ROWS, wandb.EvalTable.MAX_ARTIFACT_ROWS, wandb.Histogram.MAX_LENGTH) == (10000, 200000, 512)
    assert (wandb.Image.MAX_ITEMS, wandb.Video.EXTS[0]) == (108, "gif")
    assert issubclass(wandb.Image, wandb.data_types.WBValue) and issubclass(wandb.EvalTable, wandb.Table)
    with pytest.raises(NotYetError, match=r"^wandb\.data_types\._SavedModel is.*`run.log_model`"):
        wandb.data_types._SavedModel(1)


@pytest.mark.parametrize("path", [path for path in not_yet.MODULES if path not in ("wandb.sklearn", "wandb.gym")])
def test_module__of_the_table__is_imported_with_its_names(path: str) -> None:
    """Libraries import from these paths while they are imported themselves."""
    module = import_module(path)
    for name in not_yet.MODULES[path].split():
        value = getattr(module, name)
        assert isinstance(value, type) == name.lstrip("_")[0].isupper()
        if isinstance(value, type) and not path.startswith("wandb.apis"):
            assert value.__module__ == path
    assert import_module(path) is sys.modules[path]
    with pytest.raises(AttributeError):
        module.no_such_name  # noqa: B018


def test_modules__imported_as_libraries_do__give_the_same_classes() -> None:
    """ray and others, word for word."""
    from wandb.apis.public import Api, Sweep, Run as StoredRun  # noqa: I001
    from wandb.sdk.data_types.base_types.wb_value import WBValue
    from wandb.sdk.data_types.image import Image
    from wandb.sdk.data_types.video import Video

    assert (Image, Video, Api) == (wandb.Image, wandb.Video, wandb.Api) and issubclass(Image, WBValue)
    assert StoredRun is not Run and isinstance(Sweep, type)


@pytest.mark.parametrize(
    "source",
    ["wandb.tensorflow", "wandb.automations", "wandb.integration.diffusers", "wandb.integration.huggingface"],
)
def test_integration__imported__says_what_is_missing(source: str) -> None:
    """A program that can do without it catches an ImportError; what is taken from `wandb.tensorflow` says the same."""
    with pytest.raises(MissingModuleError, match="not part of this build yet"):
        import_module(source)
    with pytest.raises(NotYetError, match="not part of this build yet"):
        wandb.tensorflow.WandbHook  # noqa: B018


def test_objects__in_a_disabled_run__are_inert_and_can_be_logged(disabled: Run) -> None:
    """Whoever switches wandb off changes nothing else in the program."""
    model: Any = wandb.data_types._SavedModel("x")
    model.add(1)
    api: Any = wandb.Api()
    api.settings["key"] = 1
    assert list(api.runs("a/b")) == []
    assert type(pickle.loads(pickle.dumps(model))) is wandb.data_types._SavedModel
    disabled.log({"model": model, "apis": [api]})
    disabled.summary["api"] = disabled.config["api"] = api
    disabled.finish()
    model.add(2)


def test_class__attribute_of_a_later_release__is_missing_by_name() -> None:
    """`Registry.from_id` must not end in an AttributeError that only speaks of a type object."""
    with pytest.raises(NotYetError, match=r"^wandb\.apis\.public\.Registry\.from_id is not part"):
        wandb.apis.public.Registry.from_id  # noqa: B018
    assert not hasattr(wandb.apis.public.Registry, "from_json") and getattr(wandb.apis.public.Registry, "from_json", None) is None


@pytest.mark.parametrize("name", ["agents", "docker", "profiler", "proto"])
def test_root__module_of_a_later_release__is_missing_by_name(name: str) -> None:
    """Programs ask with `hasattr`, too."""
    with pytest.raises(NotYetError, match=rf"^wandb\.{name} is not part"):
        getattr(wandb, name)
    assert not hasattr(wandb, name)


def test_star_import__brings_what_it_has_always_brought() -> None:
    """And no more than that."""
    names: dict = {}
    exec("from wandb import *", names)
    assert names["Api"] is wandb.Api and names["controller"] is wandb.controller
    assert "Settings" not in names and names["init"] is wandb.init


def test_module_for_a_library__that_is_not_here__is_there_and_says_what_is_missing(program: Program) -> None:
    """Programs ask with `hasattr(wandb, "keras")`."""
    program(
        """
        import sys
        for name in ("keras", "sacred", "tensorflow", "xgboost"):
            sys.modules[name] = None  # as if it were not installed
        import wandb
        for name in ("keras", "sacred", "tensorflow", "wandb_torch", "xgboost"):
            assert hasattr(wandb, name), name
            assert not hasattr(getattr(wandb, name), "__path__")
            try:
                getattr(wandb, name).WandbCallback
            except ImportError as error:
                assert name.rpartition("_")[2] in str(error).lower(), error
            else:
                raise AssertionError(name)
        """
    ).ok()
