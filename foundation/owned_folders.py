"""Folders that leadq replaces as a whole: only new ones, empty ones and its own, so that nobody's work is ever removed.

A folder is leadq's by a mark file that leadq alone writes. Leaves out the replacing itself (``atomic_files.py``), whose two passing
names beside the folder are looked at as well.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from leadq.foundation.private_scratch import PARTIAL
from leadq.foundation.problems import Problem, StoreError, UsageError

_REMEDY = "Name another folder with --folder."


def place_of(folder: Path) -> Path:
    """Return where a folder really is.

    Raises
    ------
    UsageError
        It is the folder that the command runs in, or holds it: that is never replaced.
    """
    place, here = folder.resolve(), Path.cwd()
    if place == here or place in here.parents:
        rule = "must not be the folder that the command runs in"
        raise UsageError(Problem(where=str(folder), rule=rule, remedy=_REMEDY))
    return place


def replaceable(folder: Path, *, mark: str, writer: str, is_ours: Callable[[str], bool] = lambda _: True) -> Path:
    """Return where a folder really is, if it may be replaced.

    Parameters
    ----------
    folder : Path
    mark : str
        Name of the file that is in every folder of this kind.
    writer : str
        The command that writes it, for the message.
    is_ours : callable
        Whether a name in a marked folder is one of those that the command writes.

    Raises
    ------
    UsageError
        It is a file, holds something else, or is the folder that the command runs in; nothing was touched.
    StoreError
        It cannot be looked at.
    """
    place = place_of(folder)
    try:
        for one in (place, place.with_name(f"{place.name}{PARTIAL}"), place.with_name(f"{place.name}.old")):
            if one.exists() and (foreign := _foreign(one, mark, is_ours)):
                rule = f"must be new, empty or written by {writer}"
                raise UsageError(Problem(where=str(one), rule=rule, value=f"with {foreign}", remedy=_REMEDY))
    except OSError as error:
        problem = Problem(where=str(place), rule="must be readable", value=str(error.strerror), remedy=_REMEDY)
        raise StoreError(problem) from error
    return place


def _foreign(folder: Path, mark: str, is_ours: Callable[[str], bool]) -> str:
    """Return the first name that leadq did not write, empty where there is none."""
    if not folder.is_dir():
        return "a file of that name"
    names = sorted(path.name for path in folder.iterdir())
    if names and mark not in names:
        return names[0]
    return next((name for name in names if not is_ours(name)), "")
