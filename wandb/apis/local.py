"""Runs of folders on this disk, found and chosen as the public API finds and chooses those of a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Sequence, Union

from wandb.apis.choice import matcher, ordered
from wandb.apis.local_run import LocalRun
from wandb.apis.parts import parted_runs
from wandb.apis.run_list import Runs
from wandb.errors import ApiTypeError, ApiValueError
from wandb.runlog.layout import RunLayout
from wandb.sync.finding import expanded

if TYPE_CHECKING:
    Paths = Union[str, "os.PathLike[str]", Sequence[Union[str, "os.PathLike[str]"]]]


def run_folders(paths: Paths) -> List[RunLayout]:
    """The runs at these paths, each once: a run folder, its `.wandb` file, or every run below a folder, at any depth.

    `*`, `?` and `**` in a path are resolved. Links to folders below it are not followed: `latest-run` is a second name.
    Raises ApiValueError for a path that does not exist.
    """
    found: Dict[str, RunLayout] = {}
    for path in _texts(paths):
        matches = expanded(path)
        if not matches:
            raise ApiValueError(f"There is no run at {path}: nothing is there by this name.")
        for match in matches:
            for layout in _runs_below(match):
                found.setdefault(os.path.realpath(layout.transaction_log), layout)
    return list(found.values())


def _texts(paths: Paths) -> List[str]:
    several = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    try:
        return [os.path.expanduser(os.fspath(path)) for path in several]
    except TypeError:
        raise ApiTypeError(f"local is a path or a list of paths, not {paths!r:.200}.") from None


def _runs_below(path: str) -> Iterator[RunLayout]:
    if not os.path.isdir(path):
        yield from RunLayout.find_all(path) if path.endswith(".wandb") else ()
        return
    for folder, below, names in os.walk(path):
        below.sort()
        layouts = RunLayout.find_all(folder) if any(name.endswith(".wandb") for name in names) else []
        if layouts:
            below.clear()  # a run folder holds no others
        yield from layouts


def local_runs(layouts: Sequence[RunLayout]) -> List[LocalRun]:
    """The runs of these folders; those that were resumed are one with all their parts."""
    return [LocalRun(*run) for run in parted_runs(layouts)]


class LocalRunList(Runs, Sequence[LocalRun]):
    """The chosen runs of the folders; which they are is settled when this is made."""

    def __init__(self, runs: List[LocalRun]) -> None:
        self._runs = runs

    def __iter__(self) -> Iterator[LocalRun]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, place: Any) -> Any:
        return self._runs[place]

    def __repr__(self) -> str:
        return f"<Runs ({len(self)})>"


class LocalRuns:
    """The runs of some folders; looked for anew at each call, so that new ones are found."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        run_folders(paths)  # a path that does not exist is told now

    def _all(self) -> List[LocalRun]:
        return local_runs(run_folders(self._paths))

    def runs(
        self,
        path: str | None = None,
        filters: Dict[str, Any] | None = None,
        order: str = "+created_at",
        per_page: int = 50,
        include_sweeps: bool = False,
        lazy: bool = True,
    ) -> LocalRunList:
        """The runs of all folders, or of a project (`"project"` or `"entity/project"`), chosen and sorted.

        `filters` are MongoDB's: names such as `state`, `tags`, `config.lr` and `summary_metrics.loss`, with values or
        operators (`{"$gt": 0.5}`). `order` is such a name behind `+` or `-`. `per_page`, `include_sweeps` and `lazy`
        mean something at a server only. Raises ApiValueError for a filter that is none.
        """
        *entity, project = (path or "").split("/")[-2:]
        runs = [run for run in self._all() if not project or run.project == project]
        if entity and entity[0]:
            runs = [run for run in runs if run.entity == entity[0]]
        matches = matcher(filters or {})
        return LocalRunList(ordered([run for run in runs if matches(run)], order))

    def run(self, path: str = "") -> LocalRun:
        """The run with this id, `project/id`, `entity/project/id`, or this folder; the newest one of several.

        Without a path, the only run there is. Raises ApiValueError if there is none.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise ApiTypeError(f"A run is named by a text or a path, not {path!r:.200}.")
        runs, path = self._all(), os.fspath(path)
        if path and os.path.exists(path):
            wanted = {(layout.run_dir, layout.run_id) for layout in run_folders(path)}
            found = [run for run in runs if any((folder, run.id) in wanted for folder in run.dirs)]
        else:
            parts = path.split("/")
            found = [run for run in runs if not path or run.path[-len(parts) :] == parts]
            found.sort(key=lambda run: run.created_at)
        if not found:
            known = ", ".join(run.id for run in runs[:10]) + (", …" if len(runs) > 10 else "")
            raise ApiValueError(f"There is no run {path!r}; those that are there: {known or 'none'}.")
        if not path and len(found) > 1:
            raise ApiValueError(f"There are {len(found)} runs: give an id, or use runs().")
        return found[-1]
