"""How the root package's names are found at first use, and the functions that act on the current run."""

from __future__ import annotations

from types import ModuleType

from wandb.errors import MissingAttributeError, NotYetError, UsageError
from wandb.loading import load, loading
from wandb.sdk import active, session

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any, Dict, Iterable, List, NoReturn, Sequence, Union

    from wandb.sdk.metric import Metric
    from wandb.sdk.run import Run

# Where each name of the root lives.
_HOMES = {
    "attach": "wandb.sdk.attach",
    "Api": "wandb.apis.public",
    "AlertLevel": "wandb.sdk.alert_level",
    "Artifact": "wandb.artifacts.artifact",
    "ArtifactTTL": "wandb.artifacts.enums",
    "Audio": "wandb.media.audio",
    "Box3D": "wandb.media.object3d",
    "Classes": "wandb.media.classes",
    "CommError": "wandb.errors",
    "Config": "wandb.sdk.config",
    "Error": "wandb.errors",
    "EvalTable": "wandb.media.eval_table",
    "Graph": "wandb.media.graph",
    "Histogram": "wandb.media.histogram",
    "Html": "wandb.media.html",
    "Image": "wandb.media.image",
    "JoinedTable": "wandb.media.joined_tables",
    "Molecule": "wandb.media.molecule",
    "Object3D": "wandb.media.object3d",
    "PartitionedTable": "wandb.media.joined_tables",
    "Plotly": "wandb.media.plotly",
    "Run": "wandb.sdk.run",
    "Settings": "wandb.settings",
    "Summary": "wandb.sdk.summary",
    "Table": "wandb.media.table",
    "UsageError": "wandb.errors",
    "Video": "wandb.media.video",
    "Visualize": "wandb.media.charts",
    "agent": "wandb.sweeps.public",
    "box3d": "wandb.media.object3d",
    "controller": "wandb.sweeps.controller",
    "init": "wandb.sdk.init",
    "link_model": "wandb.sdk.public_artifacts",
    "log_artifact": "wandb.sdk.public_artifacts",
    "log_model": "wandb.sdk.public_artifacts",
    "login": "wandb.sdk.login",
    "plot_table": "wandb.media.charts",
    "restore": "wandb.sdk.restored_files",
    "sagemaker_auth": "wandb.sdk.sagemaker",
    "setup": "wandb.sdk.init",
    "sweep": "wandb.sweeps.public",
    "teardown": "wandb.sdk.init",
    "termerror": "wandb.sdk.lib.terminal",
    "termlog": "wandb.sdk.lib.terminal",
    "termsetup": "wandb.sdk.lib.terminal",
    "termwarn": "wandb.sdk.lib.terminal",
    "use_artifact": "wandb.sdk.public_artifacts",
    "use_model": "wandb.sdk.public_artifacts",
    "visualize": "wandb.media.charts",
}
_OWN = (
    "alert", "define_metric", "ensure_configured", "finish", "join", "log", "mark_preempting", "pin_config_keys",
    "require", "save", "unwatch", "watch",
)  # fmt: skip
# Those that a later release brings are here as well: what they raise at their import says so.
_MODULES = (
    "apis", "automations", "catboost", "cli", "data_types", "env", "errors", "gym", "integration", "jupyter", "keras",
    "lightgbm", "plot", "sacred", "sdk", "sklearn", "tensorboard", "tensorflow", "util", "wandb_run", "wandb_torch",
    "xgboost",
)  # fmt: skip
# Modules of later releases without a file here: naming one says so.
_LATER_MODULES = ("agents", "analytics", "docker", "profiler", "proto", "trigger", "wandb_agent")
_MODULE_ALIASES = {"helper": "wandb.sdk.wandb_helper", "wandb_sdk": "wandb.sdk", "wandb_lib": "wandb.sdk.lib"}


def names() -> List[str]:
    """What completion offers. Not the modules for libraries: who looks at each name in turn would load them all."""
    return [*_HOMES, *_OWN, "apis", "data_types", "env", "errors", "plot", "run", "util"]


def resolve(name: str, root: Dict[str, Any]) -> Any:
    """The root's attribute `name`; kept in `root`, its globals, unless it changes with the runs.

    Raises NotYetError for a public name that a later release brings, AttributeError for any other.
    """
    if name == "run":
        return active.current()
    if name in ("config", "summary"):
        run = active.current()
        return _BeforeInit(f"wandb.{name}") if run is None else getattr(run, name)
    if name.startswith("__"):
        raise AttributeError(f"module 'wandb' has no attribute {name!r}")
    if name in _HOMES:
        value = getattr(load(_HOMES[name]), name)
    elif name in _OWN:
        value = globals()[name]
    elif name in _MODULES or name in _MODULE_ALIASES:
        value = _module(_MODULE_ALIASES.get(name, f"wandb.{name}"))
    elif name == "_attach":
        value = load("wandb.sdk.attach").attach  # type: ignore[attr-defined,unused-ignore]
    elif name == "api":
        value = _OlderApi()
    elif name == "patched":
        value = {"tensorboard": [], "keras": [], "gym": []}
    else:
        raise _of_a_later_release(name)
    root[name] = value
    return value


def _module(name: str) -> ModuleType:
    """A module, or what stands for it where the library that it is for is not there."""
    try:
        return load(name)
    except ImportError:
        return _WithoutItsLibrary(name)


class _WithoutItsLibrary(ModuleType):
    """There, as programs ask with `hasattr`; whoever takes something from it is told what is missing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(load(self.__name__), name)


def _of_a_later_release(name: str) -> AttributeError:
    if name in _LATER_MODULES:
        return MissingAttributeError(f"wandb.{name}")
    return AttributeError(f"module 'wandb' has no attribute {name!r}")


class _OlderApi:
    """`wandb.api`, of which programs use the key."""

    @property
    def api_key(self) -> str | None:
        """The API key for the server, if one is known."""
        import os

        with loading():
            from wandb.credentials import find_key

        found = find_key(session.settings(), os.environ)
        return found[0] or None if found else None

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotYetError(f"wandb.api.{name}")


class _BeforeInit:
    """Stands for `wandb.config` and `wandb.summary` while no run is open; every use says what is missing."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _fail(self, use: str) -> NoReturn:
        name = object.__getattribute__(self, "_name")
        raise UsageError(f"There is no run yet: call wandb.init() before {name}{use}.")

    def __getattr__(self, key: str) -> NoReturn:
        if key.startswith("__"):
            raise AttributeError(key)
        self._fail(f".{key}")

    def __setattr__(self, key: str, value: object) -> None:
        self._fail(f".{key}")

    def __getitem__(self, key: str) -> NoReturn:
        self._fail(f"[{key!r}]")

    def __setitem__(self, key: str, value: object) -> None:
        self._fail(f"[{key!r}]")


def current(call: str) -> Run:
    """The run that a function of the root acts on. Raises UsageError if there is none."""
    run = active.current()
    if run is None:
        raise UsageError(f"There is no run yet: call wandb.init() before wandb.{call}().")
    return run


def log(data: Dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
    """`Run.log` of the current run."""
    current("log").log(data, step, commit)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """`Run.finish` of the current run; nothing if there is none."""
    run = active.current()
    if run is not None:
        run.finish(exit_code)


def join(exit_code: int | None = None) -> None:
    """Older name of `finish`."""
    finish(exit_code)


def save(
    glob_str: Union[str, os.PathLike[str]],
    base_path: Union[str, os.PathLike[str], None] = None,
    policy: str = "live",
    glob: bool = True,
) -> Union[bool, List[str]]:
    """`Run.save` of the current run."""
    return current("save").save(glob_str, base_path, policy, glob)


def define_metric(
    name: str,
    step_metric: Union[str, Metric, None] = None,
    step_sync: bool | None = None,
    hidden: bool | None = None,
    summary: str | None = None,
    overwrite: bool | None = None,
    *,
    goal: str | None = None,
) -> Metric:
    """`Run.define_metric` of the current run."""
    run = current("define_metric")
    return run.define_metric(name, step_metric, step_sync, hidden, summary, overwrite, goal=goal)


def watch(
    models: Any,
    criterion: Any = None,
    log: str | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> None:
    """`Run.watch` of the current run."""
    current("watch").watch(models, criterion, log, log_freq, idx, log_graph)


def unwatch(models: Any = None) -> None:
    """`Run.unwatch` of the current run."""
    current("unwatch").unwatch(models)


def alert(title: str, text: str, level: Any = None, wait_duration: Any = None) -> None:
    """`Run.alert` of the current run."""
    current("alert").alert(title, text, level, wait_duration)


def mark_preempting() -> None:
    """`Run.mark_preempting` of the current run."""
    current("mark_preempting").mark_preempting()


def pin_config_keys(keys: Sequence[str] = ()) -> None:
    """`Run.pin_config_keys` of the current run."""
    current("pin_config_keys").pin_config_keys(keys)


def ensure_configured() -> None:
    """Nothing to do here; kept for programs that call it."""


def require(
    requirement: Union[str, Iterable[str], None] = None, experiment: Union[str, Iterable[str], None] = None
) -> None:
    """Ask for a behaviour by name: those that are the default today are accepted, others are a NotYetError."""
    wanted = requirement or experiment or ()
    for name in (wanted,) if isinstance(wanted, str) else wanted:
        if name not in ("core", "service", "require"):
            raise NotYetError(f"The requirement {name!r}")
