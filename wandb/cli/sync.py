"""`wandb sync`: find run folders, send each, report, and let the exit status tell."""

from __future__ import annotations

import fnmatch
import os
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Callable, Dict, List, Tuple

import click

from wandb.cli.clean import delete, goes_on, lives, say_left_out
from wandb.cli.saying import say
from wandb.cli.sync_report import Report
from wandb.credentials import can_ask, find_key
from wandb.errors import AuthenticationError, CorruptLog, UsageError
from wandb.runlog.layout import RunLayout
from wandb.runlog.lease import is_held
from wandb.settings import Settings, resolve
from wandb.settings_values import check
from wandb.sync.access import Access
from wandb.sync.finding import Found, expanded, find_runs
from wandb.sync.later_parts import beginnings
from wandb.sync.outgoing import run_record
from wandb.sync.registration import Overrides
from wandb.sync.sending import Outcome, Sending
from wandb.sync.synced_mark import CONSOLE_TEXT, is_ours, is_synced, left_out
from wandb.wire.decode import moment_of

_HOUR = 3600.0
_LOOK_SECONDS = 0.1


def _checked(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A name that servers can have, before one hears of it."""
    if value and option.name == "entity" and "/" in value:
        raise click.BadParameter("the name of a user or team has no / in it.")
    try:
        return check(str(option.name), value, "the command line") if value else value
    except UsageError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("paths", nargs=-1)
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--id", "run_id", callback=_checked, help="Send under this run id; several become one run.")
@click.option("--project", "-p", callback=_checked, help="Send to this project.")
@click.option("--entity", "-e", callback=_checked, help="Send to this user or team.")
@click.option("--job-type", help="Use this job type.")
@click.option("--replace-tags", help="Rename tags: old=new,...")
@click.option("--include-online/--no-include-online", "--no-skip-online/--skip-online", help="Online runs, too.")
@click.option("--include-synced/--no-include-synced", "--no-skip-synced/--skip-synced", help="Runs sent before, too.")
@click.option("--include-offline/--no-include-offline", default=True, help="Runs of mode offline.")
@click.option("--include-globs", default="", help="Only folders whose names match one of these, with commas between.")
@click.option("--exclude-globs", default="", help="No folders whose names match one of these.")
@click.option("--sync-all", is_flag=True, help="All runs of this folder, without asking.")
@click.option("--append", is_flag=True, help="Go on behind what the server has; what happens anyway.")
@click.option("--follow", "--live", is_flag=True, help="Stay with runs that go on, until they end.")
@click.option("--skip-console", is_flag=True, help="Send no console lines.")
@click.option("--mark-synced/--no-mark-synced", default=True, help="Mark runs that were sent whole.")
@click.option("--dry-run", "--view", is_flag=True, help="Only say what would be sent, or deleted.")
@click.option("--clean", is_flag=True, help="Delete the folders of runs that were sent.")
@click.option("--clean-old-hours", type=float, default=24.0, help="... only those that ended so long ago.")
@click.option("--clean-force", is_flag=True, help="... without asking.")
@click.option("-n", "at_once", type=click.IntRange(1), default=5, help="How many runs are sent at once.")
def sync(paths: Tuple[str, ...], **options: Any) -> None:
    """Send runs that are on this disk: run folders, .wandb files, folders of runs.

    Without PATHS, those of this folder that were not sent yet. What the server has is not sent again. The exit status
    is 1 if anything could not be sent, and 2 if there is nothing at a path.
    """
    settings = resolve({}, {})
    options["replace_tags"] = _renamed(options["replace_tags"] or "")
    if options["clean"]:
        _clean(settings, paths, options)
        return
    found = find_runs(_places(settings, paths), options["include_synced"], _wanted(options), but_for=_left_out(options))
    found.runs = [layout for layout in found.runs if not (lives(layout) and _is_being_sent(layout))]
    found.missing = [path for path in found.missing if paths and not os.path.isdir(path)]  # a folder may be empty
    _list(found, bool(paths))
    if options["dry_run"] or not found.runs:
        raise SystemExit(1 if found.missing else 0)
    is_asked_for = paths or options["yes"] or options["sync_all"]
    if not is_asked_for and can_ask() and not click.confirm("Send them?", default=True, err=True):
        raise SystemExit(1)
    access = _access(settings)
    report = Report(settings, options["verbose"])
    outcomes = _send_all(found, access, options, report)
    whole = sum(outcome.is_whole for outcome in outcomes)
    live = sum(outcome.goes_on and not outcome.problems for outcome in outcomes)
    failed = len(outcomes) - whole - live + len(found.missing)
    counts = ((whole, "sent"), (live, "still going on"), (failed, "not or not wholly sent"))
    say(f"Runs: {', '.join(f'{count} {what}' for count, what in counts if count)}.")
    raise SystemExit(1 if failed else 0)


def _places(settings: Settings, paths: Tuple[str, ...]) -> List[str]:
    """Where to look: only what a person gave may be a pattern, never the name of the folder that he is in."""
    if not paths:
        return [settings.wandb_dir]
    places = {path: expanded(path) for path in paths}
    for path, matches in places.items():
        if not matches:
            raise click.BadParameter(f"there is nothing at {path}.", param_hint="PATHS")
    return [match for matches in places.values() for match in matches]


def _left_out(options: Dict[str, Any]) -> Tuple[str, ...]:
    """What is not to be sent, nor missed."""
    return (CONSOLE_TEXT,) if options["skip_console"] else ()


def _is_being_sent(layout: RunLayout) -> bool:
    held = is_held(layout.upload_lease)
    if held:
        say(f"{layout.place} is being sent now, by its own helper.")
    return held


@click.group()
def beta() -> None:
    """Older spellings: `wandb beta sync` is `wandb sync`."""


beta.add_command(sync)


def _wanted(options: Dict[str, Any]) -> Callable[[str, RunLayout], bool]:
    """Whether a run in a folder of runs shall be sent."""
    include = [pattern for pattern in options["include_globs"].split(",") if pattern]
    exclude = [pattern for pattern in options["exclude_globs"].split(",") if pattern]

    def wanted(name: str, layout: RunLayout) -> bool:
        if include and not any(fnmatch.fnmatch(name, pattern) for pattern in include):
            return False
        if any(fnmatch.fnmatch(name, pattern) for pattern in exclude):
            return False
        if layout.holds_nothing():
            return False
        if name.startswith("offline-run-"):
            return bool(options["include_offline"])
        if _is_being_sent(layout):
            return False
        # Ours are wanted, too: of those that no mark proves to be sent, some never came to be sent at all.
        return options["include_online"] or os.path.exists(layout.upload_lease) or is_ours(layout)

    return wanted


def _list(found: Found, is_named: bool) -> None:
    for path in found.missing:
        say(f"ERROR There is no run in {path}.")
    for layout in found.runs:
        missing = " and ".join(left_out(layout))
        say(f"{layout.place}{f' (its {missing} was not sent)' if missing else ''}")
    if found.left_out:
        say(f"{found.left_out} runs were sent before; --include-synced looks at them, too.")
    elif not found.runs and not found.missing:
        say("There is nothing to send.")


def _access(settings: Settings) -> Access:
    found = find_key(settings, os.environ)
    if found is None:
        raise AuthenticationError(f"There is no API key for {settings.base_url}: run `wandb login`.")
    return Access(settings.to_dict(), found[0])


def _send_all(found: Found, access: Access, options: Dict[str, Any], report: Report) -> List[Outcome]:
    with ThreadPoolExecutor(options["at_once"]) as pool:
        groups = _one_after_another(found, options)
        sent = [pool.submit(_send_in_order, layouts, access, options, report) for layouts in groups]
        try:
            while wait(sent, _LOOK_SECONDS).not_done:
                report.look()
        except KeyboardInterrupt:
            report.hide()
            say("Interrupted. What was sent is not sent again; `wandb sync` goes on with the rest.")
            os._exit(130)  # threads that wait for a server could not be ended; dying at any moment is allowed here
        report.hide()
    return [outcome for future in sent for outcome in future.result()]


def _one_after_another(found: Found, options: Dict[str, Any]) -> List[List[RunLayout]]:
    """The parts of each run, in the order in which they began: the lines of one go behind those of the one before."""
    groups: Dict[str, List[RunLayout]] = {}
    for layout in found.runs:
        groups.setdefault(options["run_id"] or layout.run_id, []).append(layout)
    return [_without_copies(_in_order(parts)) if len(parts) > 1 else parts for parts in groups.values()]


def _in_order(parts: List[RunLayout]) -> List[RunLayout]:
    began = beginnings(parts)
    return sorted(parts, key=lambda layout: began.get(layout.transaction_log, (0.0, 0)))


def _without_copies(parts: List[RunLayout]) -> List[RunLayout]:
    """Of folders with the same run, begun at the same moment, one: that of which the server may have something."""
    chosen: Dict[Tuple[str, float], RunLayout] = {}
    for layout in sorted(parts, key=lambda layout: not os.path.exists(layout.checkpoint)):
        first = chosen.setdefault((layout.run_id, _beginning(layout) or len(chosen)), layout)
        if first is not layout:
            say(f"{layout.place} is a copy of {first.place}, and is not sent.")
    return [layout for layout in parts if layout in chosen.values()]


def _beginning(layout: RunLayout) -> float:
    try:
        record = run_record(layout)
    except (CorruptLog, OSError):
        record = None  # whoever sends it says so
    return 0.0 if record is None else moment_of(record.start_time)


def _send_in_order(layouts: List[RunLayout], access: Access, options: Dict[str, Any], report: Report) -> List[Outcome]:
    outcomes: List[Outcome] = []
    for number, layout in enumerate(layouts, 1):
        if outcomes and _has_to_wait(layout, outcomes[-1]):
            outcome = Outcome()
            outcome.waits = True
            outcome.problems = [f"it goes behind {layouts[number - 2].place}, of which not everything can be sent now"]
            report.result(layout.run_id, outcome)
        else:
            outcome = _send(layout, access, options, report, has_later=number < len(layouts))
        outcomes.append(outcome)
    return outcomes


def _has_to_wait(layout: RunLayout, before: Outcome) -> bool:
    """Whether the part before it has more to come, which belongs in front of this one, of which nothing is sent yet."""
    return before.waits and not os.path.exists(layout.checkpoint)


def _send(layout: RunLayout, access: Access, options: Dict[str, Any], report: Report, has_later: bool) -> Outcome:
    name = layout.run_id
    overrides = Overrides(
        entity=options["entity"] or "",
        project=options["project"] or "",
        run_id=options["run_id"] or "",
        job_type=options["job_type"] or "",
        renamed_tags=options["replace_tags"],
        skip_console=options["skip_console"],
    )
    sending = Sending(
        layout, access, overrides, lambda text: report.say(name, text), lambda values: report.progress(name, values)
    )
    outcome = sending.send(options["follow"], options["mark_synced"], has_later)
    if outcome.problems and not os.access(layout.run_dir, os.W_OK):
        outcome.problems.append(f"What was sent is noted in {layout.run_dir}, which is read-only: send a copy of it.")
    report.result(name, outcome)
    return outcome


def _renamed(text: str) -> Dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part]
    if any(not old or not new for old, _, new in pairs):
        raise click.UsageError("--replace-tags takes old=new, with commas between several.")
    return {old.strip(): new.strip() for old, _, new in pairs}


def _clean(settings: Settings, paths: Tuple[str, ...], options: Dict[str, Any]) -> None:
    """Delete the folders of runs that were sent whole and are old enough."""
    runs = find_runs(_places(settings, paths), True, lambda name, layout: True, follows_links=False).runs
    oldest = time.time() - options["clean_old_hours"] * _HOUR
    old = [layout for layout in runs if os.stat(layout.transaction_log).st_mtime <= oldest and not goes_on(layout)]
    say_left_out(old, _left_out(options), "--skip-console")

    def may_go(layout: RunLayout) -> bool:
        return is_synced(layout, _left_out(options))

    gone = [layout for layout in old if may_go(layout)]
    delete(gone, options["clean_force"], "--clean-force", may_go, options["dry_run"])
