"""A file's path as an engine takes it: the file of exactly that name, and no meaning out of the names of its folders.

DuckDB and Spark read ``source=hubspot/`` as a column and ``a*b`` as many files. Every path that goes to an engine comes from here, and
every reading by an engine says ``hive_partitioning=false``; ``tests/layout/house.py`` holds the rooms to both.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from leadq.foundation.problems import ConfigError, Problem

AS_IT_STANDS = {"hive_partitioning": False, "filename": False, "union_by_name": False}
"""Options of DuckDB's ``read_parquet``, ``read_csv`` and ``read_json`` (its own, and Ibis'): columns come from the file alone."""

_PATTERN = re.compile(r"[*?\[]")


def engine_path(path: Path) -> str:
    """Return ``path``, from the root, as a text that DuckDB takes for this one file.

    Raises
    ------
    ConfigError
        The path has a backslash beside one of ``* ? [``: DuckDB has no words for such a file.

    Examples
    --------
    >>> engine_path(Path("/exports/a*b?[c]/leads.csv"))
    '/exports/a[*]b[?][[]c]/leads.csv'
    """
    whole = str(path.absolute())
    if _PATTERN.search(whole) is None:
        return whole
    if "\\" in whole:
        remedy = "Rename the folder or file, or move it."
        raise ConfigError(Problem(where=whole, rule="must not have a backslash beside *, ? or [", remedy=remedy))
    return _PATTERN.sub(lambda found: f"[{found[0]}]", whole)


def spark_path(path: Path) -> str:
    """Return ``path``, from the root, as a text that Spark takes for this one file or folder of parts.

    Examples
    --------
    >>> spark_path(Path("/shared/a*b c/part"))
    'file:///shared/a%5C*b%20c/part'
    """
    escaped = re.sub(r"([*?\[\]{}\\])", r"\\\1", str(path.absolute()))
    return "file://" + quote(escaped, safe="/*?[]{},:=!")
