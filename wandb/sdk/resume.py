"""Where a run goes on: what `resume` means for the parts of it that are in this folder, and the file of resume="auto".

| | a part of the run is here | none is |
|---|---|---|
| allow, auto | goes on | begins |
| must | goes on | begins, with a warning: only a server could know of the run |
| never | UsageError | begins |
| not set | begins; nothing is read | begins |

What goes on has the step after the last one, the runtime, the summary and the config so far, and name, tags and notes
where `init` is given none. With `resume_from` the step is the one that was asked for, and the summary starts empty.
"""

from __future__ import annotations

import json
import os

from wandb.errors import UsageError
from wandb.loading import loading
from wandb.sdk.lib.json_values import dumps
from wandb.sdk.lib.terminal import termlog, termwarn
from wandb.settings_files import read_small_file
from wandb.settings_values import check
from wandb.wire.encode import path_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.runlog.part import Part
    from wandb.sdk.run import Run
    from wandb.settings import Settings


def part_to_resume(settings: Settings, parent: str) -> Part | None:
    """The part in `parent` that this run goes on from. Raises UsageError where resume="never" meets one."""
    if not (settings.resume or settings.resume_from):
        return None
    with loading():
        from wandb.runlog.last_part import last_part

    try:
        part, problems = last_part(parent, str(settings.run_id), settings.project or "", settings.entity or "")
    except Exception as error:  # none is expected: whatever is in an old folder, it doesn't keep a run from beginning
        part, problems = None, [f"{type(error).__name__}: {error}"]
    if part is not None and settings.resume == "never":
        raise UsageError(
            f"resume='never' asks for a run that does not exist yet, but {part.layout.run_dir} is a part of the run "
            f"{settings.run_id!r}. Give another id, or resume='allow' to go on with that run."
        )
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        termwarn(f"Not everything of the run's earlier part could be read: {problems[0]}{more}")
    if part is None and settings.resume == "must":
        termwarn(
            f"resume='must': no part of the run {settings.run_id!r} is in {parent}, so this one begins at step 0. If a "
            "server has the run, `wandb sync` adds this part to it."
        )
    if part is not None and part.is_running():
        termwarn(
            f"The part of this run in {part.layout.run_dir} is still being recorded. This one goes on from what it has "
            "so far; their steps may overlap, and both are kept."
        )
    return part


def note_part(run: Run, settings: Settings, part: Part) -> Dict[str, Any]:
    """Set the run to go on from a part; returns the setting that goes into its run record."""
    from wandb.runlog.part import RESUMED_FROM

    settings.resumed = True
    if settings.resume:
        run._starting_step = part.step + 1
        run._earlier_steps = True
    run._earlier_runtime = part.runtime
    run._config._carry_over(part.config)
    return {
        RESUMED_FROM: {
            "folder": os.path.basename(part.layout.run_dir),
            "ended": part.ended,
            "runtime": part.runtime,
            "display_name": part.name,
            "notes": part.notes,
            "tags": part.tags,
        }
    }


def take_over(run: Run, settings: Settings, part: Part) -> None:
    """After the run record: names, which stand in it only if they were given, and the summary so far."""
    settings.run_name = settings.run_name or part.name or None
    settings.run_notes = settings.run_notes or part.notes or None
    settings.run_tags = settings.run_tags or tuple(part.tags) or None
    if settings.resume and part.summary:
        updates = [((key,), value) for key, value in part.summary.items()]
        for path, value in updates:
            run._summary_state.update(path, value)
        run._interface.publish("summary", "SummaryRecord", {"update": path_items(updates, dumps)})
    if not settings.quiet:
        termlog(f"Going on with the run {run.id} at step {run.starting_step}, after {part.layout.run_dir}")


def id_to_resume(settings: Settings) -> str | None:
    """With resume="auto": the id of this folder's last run, if that did not end well."""
    try:
        content = json.loads(read_small_file(str(settings.resume_fname)))
    except FileNotFoundError:
        return None  # the last run ended well, or there was none
    except (OSError, ValueError, RecursionError):
        content = None
    try:
        return str(check("run_id", content["run_id"], str(settings.resume_fname)))
    except (KeyError, TypeError, UsageError):
        termwarn(f"{settings.resume_fname} names no run, so a new one begins.")
        return None


def remember_to_resume(settings: Settings) -> None:
    """Leave the id for the next `init` with resume="auto"."""
    path = str(settings.resume_fname)
    temporary = f"{path}.{os.urandom(6).hex()}"
    try:
        with open(temporary, "wb") as file:
            file.write(_remembered(settings))
        os.replace(temporary, path)  # a job that is killed here leaves the old file or the new one
    except OSError as error:
        termwarn(f"resume=auto will not find this run: {error}")


def forget_to_resume(settings: Settings) -> None:
    """The run has ended well; what another run has left there since stays."""
    try:
        if read_small_file(str(settings.resume_fname)) == _remembered(settings):
            os.unlink(str(settings.resume_fname))
    except OSError:
        return


def _remembered(settings: Settings) -> bytes:
    return json.dumps({"run_id": settings.run_id}).encode()
