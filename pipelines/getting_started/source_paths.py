"""Which files ``leadq init --from`` means: files, patterns of parts, and folders with the tables of one export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leadq.crm.reading.sources.parts import TABLES, is_named
from leadq.foundation.plurals import counted
from leadq.foundation.problems import InputError, Problem

_MOST_FILES = 60


def source_paths(given: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files, each once, those of a folder by name.

    Raises
    ------
    InputError
        A path is no file, or a folder holds no table or too many.
    """
    found: list[Path] = []
    problems: list[Problem] = []
    for path in given:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if _is_table(one))
            found += inside
            if not inside or len(inside) > _MOST_FILES:
                problems.append(_no_folder(path, len(inside)))
        elif is_named(path):
            found.append(path)
        else:
            remedy = (
                "Give the path of a CSV, .xlsx, Parquet, JSON or ZIP file, a pattern of its parts such as deals-*.csv in quotes, or a "
                "folder with such files."
            )
            problems.append(Problem(where=str(path), rule="must be a file", remedy=remedy))
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(one.resolve() for one in found))


def _is_table(path: Path) -> bool:
    return path.is_file() and not path.name.startswith((".", "~$")) and path.name.lower().endswith((*TABLES, ".zip"))


def _no_folder(path: Path, files: int) -> Problem:
    return Problem(
        where=str(path),
        rule=f"a folder must hold the tables of one export, at most {_MOST_FILES} files",
        value=counted(files, "file"),
        remedy="Give the files themselves, each with a --from of its own, or a pattern in quotes such as 'deals-*.csv'.",
    )
