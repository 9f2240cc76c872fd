"""What is known of the machine and the program besides the run itself: host, GPU, git, packages, the script.

Gathered in a thread of the service, never in the training process, with a time limit on every command it runs:
a huge, broken or sleeping git costs the run nothing. The facts are appended to the spool like anybody's records.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from wandb.masking import is_secret
from wandb.process import host_name
from wandb.service.diary import diary
from wandb.service.packages import requirements
from wandb.settings_fields import SENT_MODES, without_credentials, without_secrets
from wandb.sync.rewrite import copy, rewrite
from wandb.version import __version__
from wandb.wire.decode import message_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    from wandb.runlog.layout import RunLayout
    from wandb.service.spool_writer import SpoolWriter

_COMMAND_SECONDS = 5.0
_GIT_SECONDS = 1.0
_GIT_PLACES = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE")  # by which git finds one elsewhere
_PYTHONS = {"cpython": "CPython", "pypy": "PyPy"}
_PROCESSORS = "/sys/devices/system/cpu"
_FILES_WANDB = 1  # FilesItem.FileType.WANDB


class Facts:
    """Gathers once; a failure of one part is written to the diary and leaves the others alone."""

    def __init__(self, layout: RunLayout, settings: Dict[str, Any], writer: SpoolWriter) -> None:
        self._layout = layout
        self._settings = settings
        self._append = writer.append
        self._thread = threading.Thread(target=self._gather, name="facts", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Let it come to its end, within a limit; what is missing then stays out of the record."""
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _gather(self) -> None:
        for part in (self._telemetry, self._requirements, self._environment, self._code):
            try:
                part()
            except Exception:
                # Any host may lack what a part looks at (/proc, a user name, package metadata): the rest goes on.
                diary().warning("could not gather %s", part.__name__.strip("_"), exc_info=True)

    def _telemetry(self) -> None:
        record = message_class("Record")()
        record.telemetry.python_version = _python_version()
        record.telemetry.cli_version = __version__
        system = os.uname()
        record.telemetry.platform = f"{system.sysname.lower()}-{system.machine}"
        record.telemetry.feature.offline = self._settings.get("mode") not in SENT_MODES
        self._append(record)

    def _environment(self) -> None:
        if self._settings.get("x_disable_meta"):
            return
        record = message_class("Record")()
        environment = record.environment
        self._describe_program(environment)
        if not self._settings.get("x_disable_machine_info"):
            describe_machine(environment, self._settings)
        environment.writer_id = os.urandom(16).hex()
        git: List[str] = []
        asking = threading.Thread(target=lambda: git.extend(git_facts(self._settings)), name="git", daemon=True)
        if not self._settings.get("disable_git"):
            asking.start()
            asking.join(_GIT_SECONDS)
            if asking.is_alive():  # a huge or sleeping repository: its facts come later, or never
                self._append(record)
                asking.join()
        if any(git):
            remote, commit, root = git
            environment.git.remote_url, environment.git.commit = remote, commit
            environment.root = root or environment.root
        self._append(record)

    def _describe_program(self, environment: Any) -> None:
        settings = self._settings
        program, cwd = str(settings.get("_program") or ""), str(settings.get("_cwd") or "")
        environment.os = operating_system()
        environment.python = f"{_PYTHONS.get(sys.implementation.name, sys.implementation.name)} {_python_version()}"
        environment.started_at.seconds, environment.started_at.nanos = divmod(time.time_ns(), 10**9)
        environment.args.extend(str(argument) for argument in settings.get("_args", ()))
        environment.program = os.path.join(cwd, program) if program else ""
        environment.code_path = os.path.relpath(program, cwd) if os.path.isabs(program) else program
        environment.code_path_local = environment.code_path
        environment.root = cwd
        environment.host = settings.get("host") or host_name()
        environment.executable = str(settings.get("_executable") or "")
        environment.email = settings.get("email") or ""
        environment.username = settings.get("username") or _user_name()
        environment.docker = settings.get("docker") or ""
        for name, value in os.environ.items():
            if name.startswith("SLURM_") and not is_secret(name, value):  # SLURM_JWT lets its holder start jobs
                environment.slurm[_utf8(name[6:].lower())] = _utf8(value)

    def _requirements(self) -> None:
        if self._settings.get("x_save_requirements", True) is False:
            return
        path = os.path.join(self._layout.files_dir, "requirements.txt")
        rewrite(path, "".join(f"{line}\n" for line in requirements()))
        self._add_file("requirements.txt")

    def _code(self) -> None:
        program = os.path.join(str(self._settings.get("_cwd", "")), str(self._settings.get("_program") or ""))
        if not self._settings.get("save_code") or not os.path.isfile(program):
            return
        name = f"code/{os.path.basename(program)}"
        target = os.path.join(self._layout.files_dir, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        copy(program, target)
        self._add_file(name)

    def _add_file(self, name: str) -> None:
        record = message_class("Record")()
        record.files.files.add(path=name, type=_FILES_WANDB)
        self._append(record)


def _utf8(text: str) -> str:
    """The text without what UTF-8 can't carry: variables of the environment may hold any bytes."""
    return text.encode("utf-8", "replace").decode()


def _python_version() -> str:
    return sys.version.split()[0]


def operating_system() -> str:
    """What `platform.platform()` says, without the process that it starts to ask for the processor's name."""
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):
        libc = None
    if not libc:
        import platform

        return platform.platform()
    system = os.uname()
    parts = (system.sysname, system.release, system.machine, "with", libc.replace(" ", ""))
    return "-".join(part.replace(" ", "_") for part in parts)


def _user_name() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container's user without a passwd entry


def run_command(command: List[str], cwd: str | None = None) -> str:
    """What a command prints; "" if it is not there, fails, or takes longer than a few seconds."""
    if not any(os.access(os.path.join(folder, command[0]), os.X_OK) for folder in os.get_exec_path()):
        return ""
    import signal
    import subprocess

    environment = {**without_secrets(os.environ), "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        process = subprocess.Popen(command, cwd=cwd, env=environment, start_new_session=True, **pipes)  # type: ignore[call-overload]
    except OSError as error:
        diary().info("%s: %s", command[0], error)
        return ""
    try:
        printed = process.communicate(timeout=_COMMAND_SECONDS)[0]
    except subprocess.TimeoutExpired as error:
        diary().info("%s: %s", command[0], error)
        os.killpg(process.pid, signal.SIGKILL)  # what it has started, too
        process.communicate()
        return ""
    return str(printed.decode("utf-8", "replace").strip()) if process.returncode == 0 else ""


def git_facts(settings: Dict[str, Any]) -> List[str]:
    """[remote URL without its secrets, commit, root of the work tree]; "" for what is not known."""
    cwd = str(settings.get("git_root") or settings.get("_cwd") or "")
    if not os.path.isdir(cwd):
        return ["", "", ""]
    root = run_command(["git", "rev-parse", "--show-toplevel"], cwd) if _may_be_in_repository(cwd) else ""
    commit = settings.get("git_commit") or (run_command(["git", "rev-parse", "--verify", "HEAD"], cwd) if root else "")
    name = settings.get("git_remote") or "origin"
    remote = settings.get("git_remote_url") or ""
    if root and not remote:
        remote = run_command(["git", "config", "--get", f"remote.{name}.url"], cwd)
    return [without_credentials(remote), commit, root]


def _may_be_in_repository(folder: str) -> bool:
    """Whether git would find one: to ask it takes a process."""
    if not os.environ.keys().isdisjoint(_GIT_PLACES):
        return True
    folder = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above
    return True


def describe_machine(environment: Any, settings: Dict[str, Any]) -> None:
    """Processors, memory, disks and GPUs into an EnvironmentRecord."""
    environment.cpu_count = settings.get("x_stats_cpu_count") or cores()
    environment.cpu_count_logical = settings.get("x_stats_cpu_logical_count") or os.cpu_count() or 0
    environment.cpu.count = environment.cpu_count
    environment.cpu.count_logical = environment.cpu_count_logical
    environment.cpu.model = os.uname().machine
    environment.memory.total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in settings.get("x_stats_disk_paths") or ("/",):
        usage = os.statvfs(path)
        disk = environment.disk[path]
        disk.total, disk.used = usage.f_blocks * usage.f_frsize, (usage.f_blocks - usage.f_bfree) * usage.f_frsize
    fields = "name,memory.total,uuid,pci.bus_id"
    for line in run_command(["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"]).splitlines():
        values = [value.strip() for value in line.split(",")]
        if len(values) == 4 and values[1].isdigit():
            environment.gpu_nvidia.add(
                name=values[0], memory_total=int(values[1]) << 20, uuid=values[2], pci_bus_id=values[3]
            )
    if environment.gpu_nvidia:
        environment.gpu_type = settings.get("x_stats_gpu_type") or environment.gpu_nvidia[0].name
        environment.gpu_count = settings.get("x_stats_gpu_count") or len(environment.gpu_nvidia)


def cores() -> int:
    """How many the machine has, each counted once whatever number of threads it runs at a time; 0 if not known."""
    threads = set()
    try:
        for name in os.listdir(_PROCESSORS):
            if name[3:].isdigit():
                with open(f"{_PROCESSORS}/{name}/topology/thread_siblings_list", encoding="utf-8") as file:
                    threads.add(file.read())
        return len(threads)
    except OSError:  # not Linux, or one that does not tell
        import psutil

        return psutil.cpu_count(logical=False) or 0
