"""What is known of the machine and the program besides the run itself: host, GPU, git, packages, the script.

Gathered in a thread of the service, never in the training process, with a time limit on every command it runs:
a huge, broken or sleeping git costs the run nothing. The facts are appended to the spool like anybody's records.
"""

from __future__ import annotations

import getpass
import logging
import os
import platform
import re
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, Dict, List

from wandb.process import host_name
from wandb.settings_fields import without_credentials, without_secrets
from wandb.sync.rewrite import copy, rewrite
from wandb.version import __version__
from wandb.wire.decode import message_class

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from wandb.runlog.layout import RunLayout
    from wandb.service.spool_writer import SpoolWriter

_log = logging.getLogger(__name__)

_COMMAND_SECONDS = 5.0
_GIT_SECONDS = 1.0
_METADATA_FIELD = re.compile(r"^(Name|Version):[ \t]*(.*\S)", re.M)
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
                _log.warning("could not gather %s", part.__name__.strip("_"), exc_info=True)

    def _telemetry(self) -> None:
        record = message_class("Record")()
        record.telemetry.python_version = platform.python_version()
        record.telemetry.cli_version = __version__
        record.telemetry.platform = f"{platform.system().lower()}-{platform.machine()}"
        record.telemetry.feature.offline = self._settings.get("mode") != "online"
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
        environment.os = platform.platform()
        environment.python = f"{platform.python_implementation()} {platform.python_version()}"
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
            if name.startswith("SLURM_"):
                environment.slurm[_utf8(name[6:].lower())] = _utf8(value)

    def _requirements(self) -> None:
        if self._settings.get("x_save_requirements", True) is False:
            return
        from importlib.metadata import distributions

        names = set()
        for found in distributions():
            try:
                names.add(_name_and_version(found))
            except Exception as error:  # somebody's metadata: not UTF-8, no file, no version
                _log.warning("a package without readable metadata: %s", error)
        path = os.path.join(self._layout.files_dir, "requirements.txt")
        rewrite(path, "".join(f"{name}\n" for name in sorted(names, key=str.lower)))
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


def _name_and_version(package: Distribution) -> str:
    """`name==version`; raises KeyError.

    Only the first lines are looked at: to parse the whole, as `metadata` does, takes ten times as long, and an
    environment has hundreds of packages.
    """
    text = package.read_text("METADATA") or package.read_text("PKG-INFO") or ""
    fields = dict(_METADATA_FIELD.findall(text.partition("\n\n")[0]))
    return f"{fields['Name']}=={fields['Version']}"


def _utf8(text: str) -> str:
    """The text without what UTF-8 can't carry: variables of the environment may hold any bytes."""
    return text.encode("utf-8", "replace").decode()


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container's user without a passwd entry


def run_command(command: List[str], cwd: str | None = None) -> str:
    """What a command prints; "" if it is not there, fails, or takes longer than a few seconds."""
    environment = {**without_secrets(os.environ), "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        process = subprocess.Popen(command, cwd=cwd, env=environment, start_new_session=True, **pipes)  # type: ignore[call-overload]
    except OSError as error:
        _log.info("%s: %s", command[0], error)
        return ""
    try:
        printed = process.communicate(timeout=_COMMAND_SECONDS)[0]
    except subprocess.TimeoutExpired as error:
        _log.info("%s: %s", command[0], error)
        os.killpg(process.pid, signal.SIGKILL)  # what it has started, too
        process.communicate()
        return ""
    return str(printed.decode("utf-8", "replace").strip()) if process.returncode == 0 else ""


def git_facts(settings: Dict[str, Any]) -> List[str]:
    """[remote URL without credentials, commit, root of the work tree]; "" for what is not known."""
    cwd = str(settings.get("git_root") or settings.get("_cwd") or "")
    if not os.path.isdir(cwd):
        return ["", "", ""]
    root = run_command(["git", "rev-parse", "--show-toplevel"], cwd)
    commit = settings.get("git_commit") or (run_command(["git", "rev-parse", "--verify", "HEAD"], cwd) if root else "")
    name = settings.get("git_remote") or "origin"
    remote = settings.get("git_remote_url") or ""
    if root and not remote:
        remote = run_command(["git", "config", "--get", f"remote.{name}.url"], cwd)
    return [without_credentials(remote), commit, root]


def describe_machine(environment: Any, settings: Dict[str, Any]) -> None:
    """Processors, memory, disks and GPUs into an EnvironmentRecord."""
    import psutil

    environment.cpu_count = settings.get("x_stats_cpu_count") or psutil.cpu_count(logical=False) or 0
    environment.cpu_count_logical = settings.get("x_stats_cpu_logical_count") or psutil.cpu_count() or 0
    environment.cpu.count = environment.cpu_count
    environment.cpu.count_logical = environment.cpu_count_logical
    environment.cpu.model = platform.processor() or platform.machine()
    environment.memory.total = psutil.virtual_memory().total
    for path in settings.get("x_stats_disk_paths") or ("/",):
        usage = psutil.disk_usage(path)
        environment.disk[path].total, environment.disk[path].used = usage.total, usage.used
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
