"""Whether a folder is a run folder and nothing else: only such a one may be deleted."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout

# Beside the run's own files, which have its id in their names: this package's, and upstream's.
_OTHERS = re.compile(r"files|logs|tmp|(follower|upload)\.lease|checkpoint(-[0-9a-f]{12})?\.json(\.part)?")


def reason_to_keep(layout: RunLayout) -> str:
    """What speaks against deleting the folder, for people; "" if it is a run's, and all in it is."""
    try:
        if not stat.S_ISDIR(os.lstat(layout.run_dir).st_mode):
            return "it is a link"
        if not layout.has_own_folder():
            return "its name is not that of this run's folder"
        if not stat.S_ISREG(os.lstat(layout.transaction_log).st_mode):
            return "its run file is a link"
        foreign = sorted(name for name in os.listdir(layout.run_dir) if not _is_of(layout, name))
    except OSError as error:
        return str(error)
    return f"{foreign[0]} in it is not the run's" if foreign else ""


def _is_of(layout: RunLayout, name: str) -> bool:
    log = os.path.basename(layout.transaction_log)
    if name in (log, f"{log}.synced", f"{log}.synced.part", f"{log}.syncstate") or _OTHERS.fullmatch(name):
        return True
    return os.path.join(layout.run_dir, name) in layout.spools()
