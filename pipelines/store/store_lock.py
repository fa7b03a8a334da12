"""One writer a store: an operating-system lock that dies with its process, and says who holds it.

The lock is the kernel's (``flock``), so a killed run leaves nothing to clean; the text in the file is only for the
message. Leaves out network file systems that do not lock: a store belongs on a local or properly locking disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from leadq.foundation.problems import Problem, StoreError


@contextmanager
def only_writer(path: Path, *, doing: str, now: datetime) -> Iterator[None]:
    """Hold the lock ``path`` for the length of the block.

    Parameters
    ----------
    path : Path
        Lock file; made with its folder, never removed (removing it would let two writers in).
    doing : str
        What the holder does, told to whoever comes second.
    now : datetime
        Since when.

    Raises
    ------
    StoreError
        Somebody else holds it, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        place, rule, value = str(path), "must be writable", str(error.strerror)
        remedy = "Fix the permissions or free up disk space; nothing was changed."
        if path.parent.is_file():
            place, rule, value, remedy = str(path.parent), "must be a folder", "a file", "Move the file away."
        raise StoreError(Problem(where=place, rule=rule, value=value, remedy=remedy)) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(_held(path)) from error
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "doing": doing, "since": now.isoformat()}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, (json.dumps(holder) + "\n").encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _held(path: Path) -> Problem:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"process {holder['pid']} on {holder['host']} ({holder['doing']}, since {holder['since']})"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return Problem(
        where=str(path.parent),
        rule="only one run at a time can write to a store",
        value=who,
        remedy="Wait until it has finished. If it is stuck, end that process; that also releases the lock.",
    )
