"""Scratch that only its owner can read, and that the next command removes where a killed one left it.

A folder of a living process is held by a lock of the kernel (``flock``), which dies with the process: a folder that can be locked
belongs to nobody. Leaves out files of a store, which its only writer cleans.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL = ".partial"
"""Ends the name of what is not complete."""
_PREFIX = "leadq-scratch-"


@contextmanager
def owner_only() -> Iterator[int]:
    """Make what is written inside the block readable by its owner only; yield the mask of before.

    The mask is the process's: other threads that write in the meantime write so, too.
    """
    before = os.umask(0o077)
    try:
        yield before
    finally:
        os.umask(before)


def hold(folder: Path) -> int | None:
    """Lock ``folder`` for this process and return the descriptor to close; None where another process holds it.

    Where a file system does not lock, every folder can be held.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        return descriptor
    return descriptor


def made_and_held(make: Callable[[], Path]) -> tuple[Path, int]:
    """Make a folder and lock it; anew where another process, which cleans up, took it for abandoned before it was locked.

    Returns
    -------
    tuple of Path and int
        The folder, and the descriptor to close.
    """
    while True:
        folder = make()
        with suppress(FileNotFoundError):
            held = hold(folder)
            if held is None:  # the other one is removing it
                continue
            if folder.is_dir() and os.path.samestat(folder.stat(), os.fstat(held)):
                return folder, held
            os.close(held)


@contextmanager
def private_scratch() -> Iterator[Path]:
    """Yield a new folder of the machine's temporary folder, of mode 700 and its files of mode 600; removed at the end."""
    remove_abandoned()
    with owner_only():
        folder, held = made_and_held(lambda: Path(tempfile.mkdtemp(prefix=_PREFIX)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)


def remove_abandoned(*places: Path) -> None:
    """Remove what killed processes left: partial folders in ``places``, and scratch in the machine's temporary folder.

    What cannot be removed, or is another user's or a living process's, is left as it is.
    """
    temporary = Path(tempfile.gettempdir())
    left = [*temporary.glob(f"{_PREFIX}*"), *(one for place in places for one in place.glob(f"*{PARTIAL}"))]
    for folder in left:
        with suppress(OSError):
            if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
                continue
            held = hold(folder)
            if held is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held)


def give_to_readers(folder: Path, mask: int) -> None:
    """Give ``folder`` and all in it the modes that new files have under ``mask``."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)
