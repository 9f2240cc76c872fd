"""Digests of files: base64 of md5 or xxh128, read in pieces of fixed size, several files at once.

Whoever copies hashes what he copies in the same pass, so that a file that changes meanwhile can't get a digest of
other bytes than the copy has.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path

from wandb.artifacts.enums import DigestAlgorithm
from wandb.errors import UnsupportedError
from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, Callable, Iterable, List, Tuple, TypeVar

    T = TypeVar("T")
    R = TypeVar("R")

MD5 = DigestAlgorithm.MANIFEST_MD5
PIECE = 1 << 17  # bytes: as much as stays in a processor's cache between hashing and writing
_MOST_THREADS = 8
# An entry names the algorithm of its digest in `extra`, unless it is md5.
EXTRA_KEY, EXTRA_VALUE = "alg", "XXH128"


def new_hash(algorithm: DigestAlgorithm = MD5) -> Any:
    """An empty hash object. Raises UnsupportedError for xxh128 without the package of that name."""
    if algorithm is MD5:
        # Not for security: systems that forbid md5 for that still give it.
        return hashlib.md5(usedforsecurity=False) if sys.version_info >= (3, 9) else hashlib.md5()
    from importlib import import_module

    try:
        return import_module("xxhash").xxh3_128()
    except ImportError:
        raise UnsupportedError("Digests of the algorithm XXH128 need a package: pip install xxhash") from None


def as_base64(digest: bytes) -> str:
    """How a file's digest is written in a manifest."""
    return base64.b64encode(digest).decode("ascii")


def as_hex(digest: str) -> str:
    """The same digest in hexadecimal digits. Raises ValueError for text that is no base64."""
    return base64.b64decode(digest, validate=True).hex()


def unread_digest(path: str) -> str:
    """What stands for the digest of a file that is not to be read: the md5 of its URI, links resolved."""
    hasher = new_hash()
    hasher.update(Path(os.path.realpath(path)).as_uri().encode("ascii"))
    return as_base64(hasher.digest())


def file_digest(path: str, algorithm: DigestAlgorithm = MD5) -> Tuple[str, int]:
    """The digest and the size of a file. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return digest_of(file, algorithm)


def digest_of(source: Any, algorithm: DigestAlgorithm = MD5, target: BinaryIO | Any = None) -> Tuple[str, int]:
    """The digest and the size of what is left of an open file; with `target`, written there as well."""
    hasher, size = new_hash(algorithm), 0
    piece = memoryview(bytearray(PIECE))
    while True:
        count = source.readinto(piece)
        if not count:
            return as_base64(hasher.digest()), size
        hasher.update(piece[:count])
        size += count
        if target is not None:
            target.write(piece[:count])


def in_parallel(
    function: Callable[[T], R], items: Iterable[T], threads: int = 0, give_up: Callable[[], object] = bool
) -> List[R]:
    """`function` of each item, in their order; the first error is raised once those that have begun are done.

    `give_up` is called then, or at an interrupt, so that they need not be done to their end.
    """
    work = list(items)
    count = min(len(work), threads or min(_MOST_THREADS, (os.cpu_count() or 1) + 1))
    if count < 2:
        return [function(item) for item in work]
    try:
        with loading():
            from concurrent.futures import ThreadPoolExecutor
    except RuntimeError:  # as below; this module then can't be loaded any more
        return [function(item) for item in work]
    with ThreadPoolExecutor(count, thread_name_prefix="wandb-files") as pool:
        futures = []
        try:
            for item in work:
                futures.append(pool.submit(function, item))
        except RuntimeError:
            # The interpreter is at its end and starts no threads any more: an exit handler of the program called us.
            return [future.result() for future in futures] + [function(item) for item in work[len(futures) :]]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            give_up()
            raise
