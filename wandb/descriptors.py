"""Numbers of descriptors: a file of ours never gets one that a program takes for something else.

Where 0, 1 or 2 is closed (a daemon, `>&-`), the next file that is opened gets that number, and what a C library then
prints would go into it. And a program that closes all descriptors it does not know (`os.closerange(3, 256)`) and then
opens files of its own gets our old numbers for them: what we append would go there.
"""

from __future__ import annotations

import errno
import os

try:
    import fcntl
    import resource
except ImportError:
    pass  # not a Unix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Tuple

FIRST_FREE = 3
# Errors by which a descriptor shows that it has to be opened anew: closed by the program, forgotten by a file server.
LOST = (errno.EBADF, errno.ESTALE)
_OUT_OF_REACH = 512
_ROUND = 2048  # the kernel's table of a process grows with the highest number
_last = 0


def lifted(descriptor: int, least: int = FIRST_FREE) -> int:
    """The same open file under a number of at least `least`, not inherited by programs that are started.

    Raises OSError if there is no such number.
    """
    if descriptor >= least:
        return descriptor
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, least)
    finally:
        os.close(descriptor)


def out_of_reach(descriptor: int) -> int:
    """The same open file under a number that hardly any program opens or closes; as it is if there is none."""
    try:
        high: int = high_duplicate(descriptor)
    except OSError:
        return descriptor
    os.close(descriptor)
    return high


def high_duplicate(descriptor: int, made: Callable[[int], Any] = int) -> Any:
    """What `made` makes of one more descriptor of an open file: a number that hardly any program opens or closes.

    Or else a lower one. Not inherited by programs that are started. Raises OSError if there is no number left. All of
    it is one call from C to C, so what is made owns the descriptor before a signal handler can raise.
    """
    global _last
    lowest = max(min(_OUT_OF_REACH, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2), FIRST_FREE)
    # Each time a new number, in a long round: one that was closed for us must not soon come back as another file.
    following = _last + 1 if lowest <= _last < lowest + _ROUND else lowest
    for least in (following, lowest, FIRST_FREE):
        try:
            result = next(map(made, map(fcntl.fcntl, (descriptor,), (fcntl.F_DUPFD_CLOEXEC,), (least,))))
        except OSError as error:
            if error.errno is None or least == FIRST_FREE:
                raise  # the program's own: a time limit; or there is no number left
            continue
        _last = result if isinstance(result, int) else result.fileno()
        break
    return result


def close_if(descriptor: int, identity: Tuple[int, int, int] | None) -> None:
    """Close it, unless it is another file by now, or none."""
    if identity is not None and identity_of(descriptor) == identity:
        os.close(descriptor)


def identity_of(descriptor: int) -> Tuple[int, int, int] | None:
    """Equal for descriptors that lead to one file, pipe or terminal; None for one that is closed."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_rdev


def is_ready(descriptor: int, seconds: float, to_write: bool = False) -> bool:
    """Whether it can be read from, or written to, within so long; an end or an error counts, too."""
    import select

    return bool(_events(descriptor, select.POLLOUT if to_write else select.POLLIN, seconds))


def has_hung_up(descriptor: int) -> bool:
    """Whether nobody has the other end of this pipe or terminal open any more."""
    import select

    return bool(_events(descriptor, 0, 0.0) & select.POLLHUP)


def _events(descriptor: int, which: int, seconds: float) -> int:
    """Those of `poll` within so long; an end and an error are among them always."""
    import select

    module: Any = select
    if not hasattr(module, "poll"):  # eventlet takes it away, and its own `select` refuses to wait for a file twice
        from importlib.util import find_spec, module_from_spec

        spec: Any = find_spec("select")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    poller = module.poll()
    poller.register(descriptor, which)
    found = poller.poll(max(0.0, seconds) * 1000)
    return int(found[0][1]) if found else 0


def path_of(descriptor: int, path: str) -> str:
    """Where the file is that was opened at `path`; "" if it has been removed, `path` if the disk does not say."""
    try:
        if os.stat(path).st_ino == os.fstat(descriptor).st_ino:
            return path
    except (FileNotFoundError, NotADirectoryError):
        pass  # surely not here
    except OSError as error:
        if error.errno is None:
            raise  # the program's own: a time limit
        return path
    try:
        found = os.readlink(f"/proc/self/fd/{descriptor}")
        return found if os.path.samestat(os.stat(found), os.fstat(descriptor)) else ""
    except OSError as error:
        if error.errno is None:
            raise
        return ""
