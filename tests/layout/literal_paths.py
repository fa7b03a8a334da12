"""The rule of the house on files that engines read: the file of exactly that name, and no columns out of the names of its folders.

DuckDB reads a folder ``source=hubspot`` as a column, ``*`` as many files, and pyarrow a folder of files as a hive; all by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.layout.house import Checkout

_INSIDE = r"\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)"
_ENGINE = re.compile(
    rf"\b((?:\w+\.)?(?:read_parquet|parquet_scan|read_csv|read_csv_auto|read_json|read_json_auto|read_ndjson)){_INSIDE}"
)
_ARROW = re.compile(rf"\b(pq\.read_table|pq\.ParquetDataset|pd\.read_parquet){_INSIDE}")
_SPARK = re.compile(rf"\.(?:read|write)\b[^\n]*\.parquet{_INSIDE}")
_OF_PANDAS = ("pd.", "pandas.")
_FIRST_READING = "crm/reading/first_reading/"
"""Does what it did: models are scored as they were trained."""


def engines_read_literal_paths(tree: Checkout) -> Iterator[str]:
    """Every reading of a file by an engine says that its folders' names mean nothing, and gets its path from one place."""
    for name in tree.code:
        if name.startswith(_FIRST_READING):
            continue
        text = (tree.root / name).read_text(encoding="utf-8")
        for complaint in (*_by_duckdb(text), *_by_others(text)):
            yield f"{name}: {complaint}"


def engines_count_what_is_true(tree: Checkout) -> Iterator[str]:
    """Counts of a condition are 0 where nothing is there: DuckDB's count_if is null then, and a comparison with it ends the reading."""
    for name in tree.code:
        if name != "crm/storage/scratch_database.py" and "count_if(" in (tree.root / name).read_text(encoding="utf-8"):
            yield f"{name}: count_if is null over an empty column; say count_true, which open_engine of scratch_database knows"


def _by_duckdb(text: str) -> Iterator[str]:
    calls = [call for call in _ENGINE.finditer(text) if not call[1].startswith(_OF_PANDAS)]
    for call in calls:
        if not re.search(r"hive_partitioning=False|hive_partitioning=false|AS_IT_STANDS", call[2]):
            yield f"{call[1]} must say hive_partitioning=false or **AS_IT_STANDS"
        if not re.search(r"\bengine_path\b", text):
            yield f"{call[1]} must get its path from engine_path"
        elif re.match(r"\s*(?:str\(|\w+\s*,)", call[2]):
            yield f"{call[1]} must be given engine_path(...)"


def _by_others(text: str) -> Iterator[str]:
    for call in _ARROW.finditer(text):
        if "partitioning=None" not in call[2]:
            yield f"{call[1]} must say partitioning=None"
    for call in _SPARK.finditer(text):
        if "spark_path(" not in call[1]:
            yield "Spark must get its path from spark_path"
