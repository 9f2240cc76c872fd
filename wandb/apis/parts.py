"""Which run folders are parts of one run: each later one names the folder that it goes on from.

Folders that only have the same id are runs of their own. Reads the first records of logs whose id is there more than
once, and nothing of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, NamedTuple, Sequence, Tuple

from wandb.runlog.part import Part, first_record, moments

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout


class EarlierPart(NamedTuple):
    """A part that another one goes on from; what it has from the step `end` on was gone back behind (`resume_from`)."""

    layout: RunLayout
    end: int | None


class PartedRun(NamedTuple):
    """The folders of one run: the last one, and those before it in the order in which they began."""

    layout: RunLayout
    earlier: Tuple[EarlierPart, ...] = ()


def parted_runs(layouts: Sequence[RunLayout]) -> List[PartedRun]:
    """The runs that these folders are, each where its first folder was."""
    by_id: Dict[str, List[RunLayout]] = {}
    for layout in layouts:
        by_id.setdefault(layout.run_id, []).append(layout)
    found: List[PartedRun] = []
    for same in by_id.values():
        found += [PartedRun(same[0])] if len(same) == 1 else _joined(same)
    return found


def _joined(layouts: List[RunLayout]) -> List[PartedRun]:
    """Of folders with the same id; one whose beginning can't be read is by itself."""
    known = {layout.run_dir: first_record(layout) for layout in layouts}
    groups: Dict[str, List[RunLayout]] = {layout.run_dir: [layout] for layout in layouts}
    for layout in layouts:
        part = known[layout.run_dir]
        before = None if part is None else part.before()
        if before is None or before.run_dir not in groups or groups[before.run_dir] is groups[layout.run_dir]:
            continue
        one, other = groups[before.run_dir], groups[layout.run_dir]
        one += other
        for member in other:
            groups[member.run_dir] = one
    distinct = {id(group): group for group in groups.values()}
    return [_in_order(group, known) for group in distinct.values()]


def _in_order(group: List[RunLayout], known: Dict[str, Part | None]) -> PartedRun:
    parts = [(layout, known[layout.run_dir]) for layout in group]
    began = moments([part for _, part in parts if part is not None])
    parts.sort(key=lambda pair: began.get(pair[0].transaction_log, (0.0, 0)))
    end: int | None = None
    earlier: List[EarlierPart] = []
    for layout, part in reversed(parts):
        earlier.insert(0, EarlierPart(layout, end))
        if part is not None and part.settings.get("resume_from"):
            begins = int(part.run.get("starting_step", 0))
            end = begins if end is None else min(begins, end)
    return PartedRun(earlier[-1].layout, tuple(earlier[:-1]))
