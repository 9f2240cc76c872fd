"""Names and paths in a run folder, and the one answer to "where does this process append?".

The creator appends to the transaction log, alone; every other process of the run appends to the spool of its
host. Everything under `files/` is made from these two by whoever follows them.
"""

from __future__ import annotations

import os

from wandb.runlog.transaction_log import FILE_HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Tuple

_RUN_FILE_PREFIX, _RUN_FILE_SUFFIX, _SPOOL_SUFFIX = "run-", ".wandb", ".spool"


def file_name_part(text: str) -> str:
    """`text` with everything that could trouble a file system replaced by `_`; at most 64 characters."""
    return "".join(c if c.isalnum() and c.isascii() or c in "-_" else "_" for c in text)[:64]


def _age(name: str, run_id: str) -> Tuple[str, int]:
    """The order of the folders of a run: by the moment in their names and, within one, by the number at the end."""
    moment = name.partition("run-")[2]  # sent and offline ones differ in front of it
    first, _, number = moment.rpartition("-")
    is_number = number.isdigit() and first.endswith(run_id)
    return (first, int(number)) if is_number else (moment, 0)


def is_gone(path: str) -> bool:
    """Whether there is surely nothing at this path; a disk that fails to say has not said so."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


class RunLayout:
    """The paths of one run; `run_dir` is absolute.

    In a folder that it shares with other runs, since somebody has put their run files together, whatever is the run's
    alone has its id in the name: what is called `files` there is nobody's.
    """

    def __init__(self, run_dir: str, run_id: str, is_shared: bool = False) -> None:
        self.run_id = run_id
        self._own = f"{_RUN_FILE_PREFIX}{run_id}." if is_shared else ""
        self.move_to(run_dir)

    def move_to(self, run_dir: str) -> None:
        """The folder is there from now on."""
        run_id, own = self.run_id, self._own
        self.run_dir = os.path.abspath(run_dir)
        self.transaction_log = os.path.join(self.run_dir, f"{_RUN_FILE_PREFIX}{run_id}{_RUN_FILE_SUFFIX}")
        self.files_dir = os.path.join(self.run_dir, f"{own}files")
        self.logs_dir = os.path.join(self.run_dir, f"{own}logs")
        # The SDK's own words, never the user's: of the process that called `init`, and of the helpers.
        self.diary = os.path.join(self.logs_dir, "debug.log")
        self.helper_diary = os.path.join(self.logs_dir, "debug-internal.log")
        self.lease = os.path.join(self.run_dir, f"{own}follower.lease")
        # Of whoever uploads the run: its lease, what the server has acknowledged, and how far it is.
        self.upload_lease = os.path.join(self.run_dir, f"{own}upload.lease")
        self.checkpoint = os.path.join(self.run_dir, f"{own}checkpoint.json")
        self.upload_status = os.path.join(self.logs_dir, "upload-status.json")
        # The mark of a run that has been sent whole.
        self.synced_marker = f"{self.transaction_log}.synced"
        # What the creator shows at the end of a run, left there by the follower.
        self.closing_report = os.path.join(self.logs_dir, "closing-report.json")

    @property
    def place(self) -> str:
        """What people are told of where it is: the folder, or the run file if there are others in it."""
        return self.transaction_log if self._own else self.run_dir

    def artifact_answer(self, client_id: str) -> str:
        """What came of sending the artifact with that identifier of its client: where it says so, once it is known."""
        return os.path.join(self.logs_dir, "artifacts", f"{file_name_part(client_id)}.json")

    @classmethod
    def find(cls, path: str) -> RunLayout | None:
        """The layout of a run folder, or of the run whose `.wandb` file is named; None if there is no run."""
        return next(iter(cls.find_all(path)), None)

    @classmethod
    def find_all(cls, path: str) -> List[RunLayout]:
        """The runs whose `.wandb` files are in this folder, or the one whose file is named."""
        is_file = path.endswith(_RUN_FILE_SUFFIX) and os.path.isfile(path)
        folder, named = os.path.split(path) if is_file else (path, "")
        try:
            names = sorted(os.listdir(folder or os.curdir))
        except OSError:
            names = [named]
        logs = [name for name in names if name.startswith(_RUN_FILE_PREFIX) and name.endswith(_RUN_FILE_SUFFIX)]
        found = [cls(folder, name[len(_RUN_FILE_PREFIX) : -len(_RUN_FILE_SUFFIX)]) for name in logs]
        if len(found) > 1:
            found = [one if one.has_own_folder() else cls(folder, one.run_id, is_shared=True) for one in found]
        return [one for one in found if not is_file or os.path.basename(one.transaction_log) == named]

    def has_own_folder(self) -> bool:
        """Whether the folder is named for this run, perhaps with a number behind the id."""
        import re  # not in a training process

        name = os.path.basename(os.path.realpath(self.run_dir))
        return re.fullmatch(rf"(offline-)?run-\d{{8}}_\d{{6}}-{re.escape(self.run_id)}(-\d+)?", name) is not None

    @classmethod
    def parts(cls, parent: str, run_id: str) -> List[RunLayout]:
        """The folders in `parent` of one run, which may have been resumed, the last one first."""
        try:
            names = [name for name in os.listdir(parent) if run_id in name and "run-" in name]
        except OSError:
            return []
        names.sort(key=lambda name: _age(name, run_id), reverse=True)
        found = [cls(os.path.join(parent, name), run_id) for name in names]
        return [part for part in found if os.path.exists(part.transaction_log)]

    def earlier_parts(self) -> List[RunLayout]:
        """The folders of the same run that were made before this one, beside it, the last one first."""
        parent, own = os.path.split(self.run_dir)
        age = _age(own, self.run_id)
        parts = self.parts(parent, self.run_id)
        return [part for part in parts if _age(os.path.basename(part.run_dir), self.run_id) < age]

    def spool(self, host: str) -> str:
        """The multi-writer log of the processes on `host`."""
        return os.path.join(self.run_dir, f"run-{self.run_id}.{file_name_part(host)}{_SPOOL_SUFFIX}")

    def spools(self) -> List[str]:
        """The run's spools that exist now, sorted by name. Raises OSError if the disk does not say."""
        try:
            names = os.listdir(self.run_dir)
        except (FileNotFoundError, NotADirectoryError):
            return []
        prefix = f"{_RUN_FILE_PREFIX}{self.run_id}."
        own = [name for name in names if name.startswith(prefix) and name.endswith(_SPOOL_SUFFIX)]
        hosts = {name: name[len(prefix) : -len(_SPOOL_SUFFIX)] for name in own}  # has no dots, which an id may have
        return sorted(os.path.join(self.run_dir, name) for name, host in hosts.items() if "." not in host)

    def holds_nothing(self) -> bool:
        """Whether the process that made it was killed before it said which run that is; False if the disk won't say."""
        try:
            has_records = os.path.getsize(self.transaction_log) > len(FILE_HEADER)
            return not has_records and not any(map(os.path.getsize, self.spools()))
        except OSError:
            return False

    def links(self) -> List[str]:
        """What of it is a link: `init` makes none there, and what one leads to is not the run's."""
        own = (self.transaction_log, self.files_dir, self.logs_dir, self.diary, self.helper_diary, self.closing_report)
        return [path for path in (*own, self.lease, *self.spools()) if os.path.islink(path)]


def create_run_folder(parent: str, name: str) -> str:
    """Make `parent/name`, or `name-1`, `name-2`... if somebody has it already; the path that is ours alone.

    Raises OSError if nothing can be made there.
    """
    os.makedirs(parent, exist_ok=True)
    for number in range(10_000):
        path = os.path.join(parent, f"{name}-{number}" if number else name)
        try:
            os.mkdir(path)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"too many run folders named {name} in {parent}")


def link_latest(parent: str, target: str, name: str = "latest-run") -> None:
    """Point `parent/name` at a run folder, or a file in it; the last of several runs wins, a failure is not an error.

    A link beside it is replaced in one step, so a reader never finds it missing.
    """
    link = os.path.join(parent, name)
    temporary = f"{link}.{os.urandom(6).hex()}"
    try:
        os.symlink(os.path.relpath(target, parent), temporary)
        os.replace(temporary, link)
    except OSError:
        # No symlinks on this file system, or a folder stands there: the link is a convenience only.
        try:
            os.unlink(temporary)
        except OSError:
            return
