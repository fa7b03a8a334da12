"""A file's path as an engine takes it: the file of exactly that name, and no meaning out of the names of its folders.

DuckDB and Spark read ``source=ads/`` as a column and ``a*b`` as many files. Every path that goes to an engine comes from here, and
every reading by an engine says ``hive_partitioning=false``; ``tests/layout/house.py`` holds the rooms to both.
"""

from __future__ import annotations

import re
from pathlib import Path

from leadq.crm.storage.scratch_database import text
from leadq.foundation.problems import ConfigError, Problem

AS_IT_STANDS = {"hive_partitioning": False, "filename": False, "union_by_name": False}
"""Options of DuckDB's ``read_parquet``, ``read_csv`` and ``read_json`` (its own, and Ibis'): columns come from the file alone."""

ONE_PATH = {"__globPaths__": "false"}
"""Option of Spark's readers: the path is no pattern."""

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


def parquet_rows(path: Path) -> str:
    """Return the SQL of DuckDB for the rows of a Parquet file, to stand after ``FROM``.

    Examples
    --------
    >>> parquet_rows(Path("/exports/source=ads/leads.parquet"))
    "read_parquet('/exports/source=ads/leads.parquet', hive_partitioning=false)"
    """
    return f"read_parquet({text(engine_path(path))}, hive_partitioning=false)"


def spark_path(path: Path) -> str:
    """Return ``path``, from the root, as Spark takes it beside the option :data:`ONE_PATH`; nothing in it is escaped.

    Examples
    --------
    >>> spark_path(Path("/shared/a*b c%20/part"))
    'file:///shared/a*b c%20/part'
    """
    return f"file://{path.absolute()}"
