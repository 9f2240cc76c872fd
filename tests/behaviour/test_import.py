"""Promise 2 at its beginning: `import wandb` changes nothing in the process."""

from __future__ import annotations

import pytest

from tests.conftest import Program

SNAPSHOT = """
    import gc, os, sys, threading, warnings, signal, logging, builtins

    def snapshot():
        return {
            "path": list(sys.path), "meta_path": list(sys.meta_path), "path_hooks": list(sys.path_hooks),
            "hooks": (sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook, sys.exit),
            "streams": (sys.stdout, sys.stderr, sys.stdin, sys.stdout.write, sys.stderr.write, sys.stdout.flush),
            "threads": threading.active_count(), "filters": list(warnings.filters), "environ": dict(os.environ),
            "cwd": os.getcwd(), "signals": [signal.getsignal(s) for s in (2, 15, 1, 17)],
            "loggers": sorted(logging.root.manager.loggerDict), "handlers": list(logging.root.handlers),
            "fds": sorted(os.listdir("/proc/self/fd")),
            "builtins": sorted(vars(builtins)), "trace": (sys.gettrace(), sys.getprofile()),
        }
"""


def test_import__bare__changes_nothing(program: Program) -> None:
    """The seed report's other half: an outdated prompt_toolkit was put first on sys.path."""
    program(
        SNAPSHOT
        + """
    before = snapshot()
    import wandb
    after = snapshot()
    assert before == after, {k: (before[k], after[k]) for k in before if before[k] != after[k]}
    """
    ).ok()


def test_import_init_finish__a_whole_run__gives_everything_back(program: Program) -> None:
    """What init installs, finish takes back; three times in one process."""
    program(
        SNAPSHOT
        + """
    import multiprocessing.spawn, subprocess
    import wandb
    before = snapshot()
    prepare = multiprocessing.spawn.get_preparation_data
    for _ in range(3):
        with wandb.init(project="p") as run:
            print("x")
            run.log({"a": 1})
    after = snapshot()
    assert multiprocessing.spawn.get_preparation_data is prepare
    assert before == after, {k: (before[k], after[k]) for k in before if before[k] != after[k]}
    assert multiprocessing.active_children() == []
    """
    ).ok()


def test_import__and_a_whole_run__loads_no_third_party_module(program: Program) -> None:
    """Import time, version conflicts, and code that runs in somebody else's program."""
    program(
        """
        import sys
        import wandb
        unwanted = ("prompt_toolkit", "IPython", "torch", "numpy", "requests", "click", "yaml", "asyncio", "google",
                    "psutil", "pydantic", "git", "sentry_sdk")
        assert not [name for name in unwanted if name in sys.modules]
        with wandb.init(project="p", config={"a": 1}) as run:
            run.log({"loss": 0.5, "text": "x", "nested": {"a": 1}})
            run.summary["best"] = 1
        assert not [name for name in unwanted if name in sys.modules], [n for n in unwanted if n in sys.modules]
        """
    ).ok()


STAND_INS = {
    "raises": "m.get_ipython = lambda: 1 / 0",
    "refuses": "m.__getattr__ = lambda name: exec('raise ImportError(name)')",
    "mock": "from unittest.mock import MagicMock; sys.modules['IPython'] = MagicMock()",
    "lazy": "open('lazy.py', 'w').write('raise SystemExit(7)'); "
    "loader = importlib.util.LazyLoader(importlib.machinery.SourceFileLoader('IPython', 'lazy.py')); "
    "m = importlib.util.module_from_spec(importlib.util.spec_from_loader('IPython', loader)); "
    "sys.modules['IPython'] = m; loader.exec_module(m)",
}


@pytest.mark.parametrize("stand_in", STAND_INS.values(), ids=STAND_INS)
def test_import__with_something_else_in_the_place_of_ipython__works(program: Program, stand_in: str) -> None:
    """Programs put stubs and lazy modules there; a look at such a module may load it, or raise."""
    program(
        f"""
        import importlib.util, importlib.machinery, sys, types
        m = sys.modules["IPython"] = types.ModuleType("IPython")
        {stand_in}
        import wandb
        with wandb.init(project="p") as run:
            run.log({{"a": 1}})
        """
    ).ok()


def test_run__whose_program_has_replaced_json_loads__ends_as_ever(program: Program) -> None:
    """By a quicker one, which takes no options."""
    result = program(
        """
        import json, wandb
        real = json.loads
        json.loads = lambda text: real(text)
        with wandb.init(project="p") as run:
            run.log({"a": 1})
            run.log_artifact(wandb.Artifact("n", "t", metadata={"a": float("nan")}))
        """
    ).ok()
    assert result.run.exit_code() == 0 and "Run summary" in result.stderr


def test_import__ipdb_after_wandb__works(program: Program) -> None:
    """The user's own prompt_toolkit is the one that IPython gets."""
    pytest.importorskip("ipdb")
    program(
        """
        import wandb, ipdb, prompt_toolkit.formatted_text
        assert "site-packages" in prompt_toolkit.__file__
        """
    ).ok()


def test_missing_name__of_a_later_release__says_what_is_missing(program: Program) -> None:
    """A clear error, never an AttributeError deep inside; and a wrong name stays an AttributeError."""
    result = program(
        """
        import wandb
        for call in ("wandb.data_types._SavedModel()", "wandb.apis.public.Team()"):
            try:
                eval(call)
            except wandb.errors.UnsupportedError as error:
                print(error)
        assert not hasattr(wandb, "no_such_name")
        """
    ).ok()
    for name in ("wandb.data_types._SavedModel", "wandb.apis.public.Team"):
        assert f"{name} is not part of this build yet" in result.stdout


def test_dir__before_any_name_was_used__has_what_completion_offers(program: Program) -> None:
    """Each of them is there, and looking at all of them loads no library."""
    program(
        """
        import sys, wandb
        names = dir(wandb)
        assert {"Artifact", "Settings", "login", "restore", "alert", "Error", "AlertLevel", "run", "plot"} <= set(names)
        for name in names:
            getattr(wandb, name)
        loaded = {"numpy", "PIL", "requests", "google.protobuf", "click", "yaml", "keras", "torch"} & set(sys.modules)
        assert not loaded, loaded
        """
    ).ok()


def test_missing_class__in_an_annotation_and_isinstance__is_a_class(program: Program) -> None:
    """A program that logs only floats names `wandb.Table` all the same."""
    program(
        """
        import pickle, wandb
        from typing import Optional
        def show(table: Optional[wandb.Table] = None, *more: wandb.Image): ...
        class Mine(wandb.Artifact): ...
        assert not isinstance(0.5, (wandb.Image, wandb.Table))
        import wandb.plot, wandb.sdk.data_types.image, wandb.apis.public
        class Nameless:
            def __reduce__(self): return "no_such_global"
        try:
            pickle.dumps(Nameless())  # asks every loaded module for the name
        except pickle.PicklingError:
            print("asked")
        """
    ).ok()


def test_older_paths__used_after_a_plain_import__are_there(program: Program) -> None:
    """As libraries write them."""
    program(
        """
        import wandb
        with wandb.wandb_lib.telemetry.context() as tel:
            tel.feature.x = True
        assert len(wandb.sdk.lib.runid.generate_id()) == 8
        wandb.errors.term.termlog("said")
        assert wandb.errors.errors.UsageError is wandb.errors.UsageError is wandb.UsageError
        assert wandb.helper.parse_config({"a": 1, "b": 2}, exclude=["a"]) == {"b": 2}
        assert wandb.env.is_offline() and wandb.env.get_dir() is None and wandb.env.get_cache_dir().name == "wandb"
        assert wandb.util.make_artifact_name_safe("a b/c") == "a_b_c"
        from wandb.cli import cli
        assert "login" in cli.cli.commands
        """
    ).ok()
