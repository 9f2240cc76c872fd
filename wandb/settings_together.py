"""Rules between several settings; what one setting alone may be stands in `settings_checks`."""

from __future__ import annotations

from wandb.errors import ArgumentValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

EXCLUSIVE = ("fork_from", "resume", "resume_from")


def check_together(values: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    """Raises UsageError if two settings contradict each other, and says where both came from."""
    given = [name for name in EXCLUSIVE if name in values]
    if len(given) > 1:
        told = " and ".join(f"{name} (from {sources[name]})" for name in given)
        raise ArgumentValueError(f"Only one of fork_from, resume and resume_from can be used, got {told}.")
    run_id, fork, rewind = (values.get(name) for name in ("run_id", "fork_from", "resume_from"))
    if fork is not None and run_id == fork.run:
        raise ArgumentValueError(
            f"fork_from (from {sources['fork_from']}) makes a new run, and it can't have the old one's id {run_id!r} "
            f"(from {sources['run_id']}); resume_from goes on with the old one."
        )
    if rewind is not None and run_id not in (None, rewind.run):
        raise ArgumentValueError(
            f"resume_from (from {sources['resume_from']}) goes on with the run {rewind.run!r}, but run_id "
            f"(from {sources['run_id']}) names {run_id!r}."
        )
