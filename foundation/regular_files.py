"""A file that a person names, read whole and only if it is one: no pipe that hangs, no device without end, nothing huge.

Leaves out what the bytes mean (``yaml_reader.py``) and writing (``atomic_files.py``).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class UnfitFileError(Exception):
    """What a path leads to cannot be read as a file of the size that is wanted.

    Parameters
    ----------
    rule, value, remedy : str
        As a :class:`leadq.foundation.problems.Problem` has them; ``remedy`` is empty where the file is not there.
    """

    def __init__(self, rule: str, value: str, remedy: str = "") -> None:
        super().__init__(rule)
        self.rule, self.value, self.remedy = rule, value, remedy


def read_regular_file(path: Path, *, most_bytes: int) -> bytes:
    """Return the bytes of ``path``, which may be a symbolic link to a file.

    The size is asked for before anything is read, and what is no file is not even opened. Never waits for a writer.

    Raises
    ------
    UnfitFileError
        There is nothing, nothing that may be read, no file, or more than ``most_bytes``.
    """
    try:
        _check(os.stat(path), most_bytes)  # noqa: PTH116 - Path.stat says less of a path that cannot be one
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(opened, "rb") as file:
            _check(os.fstat(opened), most_bytes)  # it may have been replaced in between
            content = file.read(most_bytes + 1) or b""  # None: what gives nothing now
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        value = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UnfitFileError("must be a file that can be read", value) from error
    if len(content) > most_bytes:
        raise _too_large(most_bytes, "more")
    return content


def _check(found: os.stat_result, most_bytes: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(found.st_mode)), "something else")
        raise UnfitFileError("must be an ordinary file", kind, "Name a file there, or write what it gives into one.")
    if found.st_size > most_bytes:
        raise _too_large(most_bytes, f"{found.st_size:,} bytes")


def _too_large(most_bytes: int, value: str) -> UnfitFileError:
    remedy = "Keep long lists (of competitors, say) in the data, and name a field or a file of it here."
    return UnfitFileError(f"must not be larger than {most_bytes:,} bytes", value, remedy)
