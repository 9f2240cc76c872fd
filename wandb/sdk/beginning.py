"""The first records of a run: what any reader must know of it stands in its log from the first second."""

from __future__ import annotations

import os
import sys

from wandb.errors import AuthenticationError
from wandb.loading import loading
from wandb.sdk.interface.source import rank
from wandb.sdk.lib.json_values import dumps
from wandb.sdk.lib.notebook import program_and_arguments
from wandb.sdk.resume import note_part, take_over
from wandb.settings import working_dir
from wandb.settings_fields import SECRETS, without_credentials
from wandb.version import __version__
from wandb.wire.encode import path_items

_LEAST_KEY = 40  # characters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    from wandb.process import ProcessIdentity
    from wandb.runlog.part import Part
    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.run import Run
    from wandb.settings import Settings


def publish_beginning(
    run: Run, interface: Interface, creator: ProcessIdentity, started: float, earlier: Part | None
) -> None:
    """The header and the run record: config and everything a reader must know stand in them from the first second."""
    settings = run._settings
    interface.publish("header", "HeaderRecord", {"version_info": {"producer": __version__, "min_consumer": "0.70.0"}})
    settings.x_stats_pid = creator.pid
    items = _settings_items(settings, creator, {} if earlier is None else note_part(run, settings, earlier))
    moment = settings.fork_from or settings.resume_from
    branch = {"run": moment.run, "value": float(moment.value), "metric": moment.metric} if moment else None
    if moment and moment.metric == "_step":
        run._starting_step = int(moment.value) + 1
    # What begins with an underscore is the program's, too, but for our own section.
    config = [((key,), value) for key, value in run._config._as_dict().items() if key != "_wandb"]
    seconds, fraction = divmod(started, 1)
    fields = {
        "run_id": run.id,
        "entity": run.entity,
        "project": run.project,
        "display_name": settings.run_name or "",
        "notes": settings.run_notes or "",
        "tags": list(settings.run_tags or ()),
        "run_group": run.group,
        "job_type": run.job_type,
        "host": settings.host or creator.host,
        "sweep_id": settings.sweep_id or "",
        "branch_point": branch,
        "starting_step": run._starting_step,
        "resume": settings.resume in ("allow", "must", "auto"),
        "start_time": {"seconds": int(seconds), "nanos": int(fraction * 1e9)},
        "config": {"update": path_items(config, dumps)},
        "settings": {"item": items},
    }
    interface.publish("run", "RunRecord", fields)
    if earlier is not None:
        take_over(run, settings, earlier)


def _settings_items(settings: Settings, creator: ProcessIdentity, more: Dict[str, Any]) -> List[Dict[str, str]]:
    """What readers of the record know of the settings, of the program and of `more`; secrets are left out.

    Of the program's own arguments all else is kept as it is: people look them up to start it again.
    """
    values = settings.to_dict(explicit_only=True).items()
    known = {key: without_credentials(dumps(value)) for key, value in values if key not in SECRETS and key != "stop_fn"}
    program, arguments = program_and_arguments(settings)
    arguments = _without_key(settings, arguments)
    own = {"_creator": creator.to_json(), "_program": program, "_args": arguments, "_cwd": working_dir(), **more}
    own.update({"_executable": sys.executable}, **({} if rank() is None else {"_rank": rank()}))
    if settings.stop_fn is not None:
        own["_stops_by_call"] = True
    known.update({key: dumps(value) for key, value in own.items()})
    return [{"key": key, "value_json": text} for key, text in sorted(known.items())]


def _without_key(settings: Settings, arguments: List[str]) -> List[str]:
    """The arguments with asterisks for the API key that is in use, and for all that is evidently a secret."""
    if not arguments:
        return arguments
    with loading():
        from wandb.masking import MASK, masked_arguments

    arguments = masked_arguments(arguments)
    if max(map(len, arguments)) < _LEAST_KEY:
        return arguments  # netrc need not be read
    with loading():
        from wandb.credentials import find_key

    try:
        key, _ = find_key(settings, os.environ) or ("", "")
    except AuthenticationError:
        key = os.environ.get("WANDB_API_KEY", "")  # it is malformed; whoever needs it says so
    return [argument.replace(key, MASK) for argument in arguments] if key else arguments
