"""What an open run has installed in the process that called `init`, and takes back at its end: console, hooks."""

from __future__ import annotations

from wandb.descriptors import high_duplicate
from wandb.loading import loading
from wandb.runlog.layout import is_gone
from wandb.sdk.interface.interface import Interface
from wandb.sdk.lib import child_hook
from wandb.sdk.lib.descriptor_capture import leads_to
from wandb.sdk.lib.exit_hooks import ExitHooks
from wandb.sdk.lib.interruption import is_from_signal_handler
from wandb.sdk.lib.json_values import dumps
from wandb.sdk.lib.logger_capture import LoggerCapture
from wandb.sdk.lib.redirect import CAPTURE_MODES, ConsoleCapture, flushed_by_python
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List

    from wandb.sdk.interface.console_relay import ConsoleRelay
    from wandb.sdk.tensorboard_mirror import TensorboardMirror
    from wandb.settings import Settings

# How long the end of a run waits for console text that a terminal or a disk does not take.
_DRAIN_SECONDS = 3.0


class Installed:
    """Begins with `install`, ends with `undo`; a second call of that does nothing."""

    def __init__(self, settings: Settings, interface: Interface, on_program_end: Callable[[int], None]) -> None:
        self._interface = interface
        self._mode = settings.console if settings.console in CAPTURE_MODES else "off"
        self._in_notebook = bool(settings._jupyter)
        self._console = ConsoleCapture(interface.publish_output)
        self._loggers = LoggerCapture(settings.capture_loggers or {}, self._publish_line, termwarn)
        self._hooks = ExitHooks(on_program_end, interface.creator_pid)
        self._mirror = _new_mirror() if settings.sync_tensorboard else None
        self._relay: ConsoleRelay | None = None
        self._lifeline: List[int] = []  # never closed: the kernel does that when this process is gone

    def install(self) -> None:
        """Capture the console as the settings say, reach spawned children, and learn how the program ends."""
        if self._mode == "redirect":
            self._redirect()
        elif self._mode != "off":
            self._wrap()
        self._loggers.install()
        try:
            child_hook.install(self._token)
        except OSError as error:  # no descriptor left to load multiprocessing with
            if is_from_signal_handler(error):
                raise
            termwarn(f"Output of spawned child processes is not recorded: {error}")
        self._hooks.install()
        if self._mirror is not None:
            self._mirror.install()

    def _redirect(self) -> None:
        """Descriptors 1 and 2, and those of Python's streams that lead elsewhere; or else what `wrap` captures."""
        if not self._in_notebook:  # there the kernel has redirected them for itself
            try:
                with loading():
                    from wandb.sdk.interface.console_relay import ConsoleRelay

                self._relay = ConsoleRelay(self._interface, termwarn)
                self._relay.install()
                self._interface.look_after_console(self._relay.look)
                self._console.install(lambda stream: not leads_to(stream))
                return
            except Exception as error:  # no pty, descriptor or process; or what a test has put in the place of one
                if is_from_signal_handler(error):
                    raise
                termwarn(f"console=redirect is not possible here ({error!r}); Python's streams are recorded instead.")
        self._mode = "wrap"
        self._wrap()

    def _wrap(self) -> None:
        self._console.install()
        self._interface.look_after_console(self._console.look)

    def _publish_line(self, line: str) -> None:
        self._interface.publish("output_logger", "OutputLoggerRecord", {"line": line})

    def _token(self) -> Dict[str, Any]:
        return {**self._interface.token(), "console": self._mode not in ("off", "redirect")}

    def undo(self) -> None:
        """Take back what is installed; what was written before is then in the record."""
        if self._mirror is not None:
            self._mirror.restore()
        self._hooks.restore()
        child_hook.restore(self._token)
        self._loggers.restore()
        self._interface.look_after_console()
        self._console.restore()
        if self._relay is not None:
            self._relay.restore(_DRAIN_SECONDS)
            self._relay = None

    def expect_exit(self) -> None:
        """The interpreter is ending: have the service stay until it has, since there may be more to hear."""
        if self._mode != "off":
            try:
                self._lifeline = [high_duplicate(number) for number in self._interface.lifeline()]
            except OSError as error:  # no descriptor left: the next command that opens the run finds what came late
                if is_from_signal_handler(error):
                    raise

    def listen_on(self) -> None:
        """Behind the end: what the program's other exit handlers and finalizers print, recorded like a child's text."""
        ended = self._interface
        if self._mode != "off" and not ended.disk_hangs and not is_gone(ended.layout.transaction_log):
            kept = "rank0" if ended.console_processes == "rank0" else "all"
            beyond = Interface(ended.layout, ended.creator, dumps, termwarn, console_processes=kept)
            beyond.publish_output(True, "")  # makes its end of the spool: here, where that may still load modules
            ConsoleCapture(beyond.publish_output).install(flushed_by_python)


def _new_mirror() -> TensorboardMirror | None:
    """For what the program writes for TensorBoard, if it has not patched that by itself."""
    with loading():
        from wandb.sdk.tensorboard_mirror import TensorboardMirror, is_patched

    return None if is_patched() else TensorboardMirror()
