"""Runs of folders on this disk, found and chosen as the public API finds and chooses those of a server."""

from __future__ import annotations

import glob
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Sequence, Union

from wandb.apis.choice import matcher, ordered
from wandb.apis.run import Run
from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.runlog.layout import RunLayout

if TYPE_CHECKING:
    Paths = Union[str, "os.PathLike[str]", Sequence[Union[str, "os.PathLike[str]"]]]

_FORMATS = ("default", "pandas", "polars")


def run_folders(paths: Paths) -> List[RunLayout]:
    """The runs at these paths, each once: a run folder, its `.wandb` file, or every run below a folder, at any depth.

    `*`, `?` and `**` in a path are resolved. Links to folders below it are not followed: `latest-run` is a second name.
    Raises ArgumentValueError for a path that does not exist.
    """
    found: Dict[str, RunLayout] = {}
    for path in _texts(paths):
        matches = [path] if os.path.exists(path) else sorted(glob.glob(path, recursive=True))
        if not matches:
            raise ArgumentValueError(f"There is no run at {path}: nothing is there by this name.")
        for match in matches:
            for layout in _runs_below(match):
                found.setdefault(os.path.realpath(layout.transaction_log), layout)
    return list(found.values())


def _texts(paths: Paths) -> List[str]:
    several = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    try:
        return [os.path.expanduser(os.fspath(path)) for path in several]
    except TypeError:
        raise ArgumentTypeError(f"local is a path or a list of paths, not {paths!r:.200}.") from None


def _runs_below(path: str) -> Iterator[RunLayout]:
    if not os.path.isdir(path):
        layout = RunLayout.find(path) if path.endswith(".wandb") else None
        if layout is not None:
            yield layout
        return
    for folder, below, names in os.walk(path):
        below.sort()
        layout = RunLayout.find(folder) if any(name.endswith(".wandb") for name in names) else None
        if layout is not None:
            below.clear()  # a run folder holds no others
            yield layout


class Runs(Sequence[Run]):
    """The chosen runs of the folders; which they are is settled when this is made."""

    def __init__(self, runs: List[Run]) -> None:
        self._runs = runs

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, place: Any) -> Any:
        return self._runs[place]

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: str = "default",
        stream: str = "default",
    ) -> Any:
        """`Run.history` of all, each row with its `run_id`: a list ("default"), or a frame ("pandas", "polars").

        Raises ArgumentValueError for another format, UsageError if its library is missing.
        """
        if format not in _FORMATS:
            raise ArgumentValueError(f"`histories` knows the formats {', '.join(_FORMATS)}, not {format!r}.")
        rows = [
            {"run_id": run.id, **row}
            for run in self._runs
            for row in run.history(samples, keys, x_axis, pandas=False, stream=stream)
        ]
        if format == "default":
            return rows
        try:
            library: Any = import_module(format)
        except ImportError:
            raise UsageError(f"format={format!r} needs {format}: pip install {format}") from None
        return library.DataFrame(rows, **({"strict": False} if format == "polars" else {}))

    def __repr__(self) -> str:
        return f"<Runs ({len(self)})>"


class LocalRuns:
    """The runs of some folders; looked for anew at each call, so that new ones are found."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        run_folders(paths)  # a path that does not exist is told now

    def _all(self) -> List[Run]:
        return [Run(layout) for layout in run_folders(self._paths)]

    def runs(
        self,
        path: str | None = None,
        filters: Dict[str, Any] | None = None,
        order: str = "+created_at",
        per_page: int = 50,
        include_sweeps: bool = False,
        lazy: bool = True,
    ) -> Runs:
        """The runs of all folders, or of a project (`"project"` or `"entity/project"`), chosen and sorted.

        `filters` are MongoDB's: names such as `state`, `tags`, `config.lr` and `summary_metrics.loss`, with values or
        operators (`{"$gt": 0.5}`). `order` is such a name behind `+` or `-`. `per_page`, `include_sweeps` and `lazy`
        mean something at a server only. Raises ArgumentValueError for a filter that is none.
        """
        *entity, project = (path or "").split("/")[-2:]
        runs = [run for run in self._all() if not project or run.project == project]
        if entity and entity[0]:
            runs = [run for run in runs if run.entity == entity[0]]
        matches = matcher(filters or {})
        return Runs(ordered([run for run in runs if matches(run)], order))

    def run(self, path: str = "") -> Run:
        """The run with this id, `project/id`, `entity/project/id`, or this folder; the newest one of several.

        Without a path, the only run there is. Raises ArgumentValueError if there is none.
        """
        runs = self._all()
        if path and os.path.exists(path):
            wanted = {layout.run_dir for layout in run_folders(path)}
            found = [run for run in runs if run.dir in wanted]
        else:
            parts = path.split("/")
            found = [run for run in runs if not path or run.path[-len(parts) :] == parts]
            found.sort(key=lambda run: run.created_at)
        if not found:
            known = ", ".join(run.id for run in runs[:10]) + (", …" if len(runs) > 10 else "")
            raise ArgumentValueError(f"There is no run {path!r}; those that are there: {known or 'none'}.")
        if not path and len(found) > 1:
            raise ArgumentValueError(f"There are {len(found)} runs: give an id, or use runs().")
        return found[-1]
