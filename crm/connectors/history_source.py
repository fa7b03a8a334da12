"""History out of a CRM as files that ``leadq.yaml`` reads: one Parquet file a table of the contract, all of them or none.

Leaves out how a CRM is asked, which each connector knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import TABLES, TEXT
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.owned_folders import replaceable

_BATCH = 20_000
MARK = "leadq-extract.json"
"""Stands in every folder that :func:`new_extract` writes: only a folder that holds it is replaced."""
_OURS = frozenset({f"{table}.parquet" for table in TABLES} | {MARK, "extract.json", "rows", "scratch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What a reading brought.

    Parameters
    ----------
    read : mapping of object to int
        Rows that came, by the CRM's own name.
    rows : mapping of table to int
        Rows of the contract's tables now.
    notes : tuple of str
    """

    read: Mapping[str, int]
    rows: Mapping[str, int]
    notes: tuple[str, ...] = ()


class HistorySource(Protocol):
    """A CRM that gives its history."""

    def extract(self, folder: Path, *, whole: bool, progress: Callable[[str], None]) -> Extract:
        """Write the contract's tables into ``folder``, whole or not at all; ``whole`` reads everything again.

        Raises
        ------
        LeadqError
            The CRM cannot be asked, or the folder cannot be written; it is unchanged.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWriter:
    """Writes tables into a folder that is not yet there."""

    folder: Path
    rows: dict[str, int]

    def write(self, table: str, rows: Iterable[Mapping[str, Any]], *, own: Sequence[str] = ()) -> None:
        """Write a table in bounded memory; the order of ``rows`` is kept.

        Parameters
        ----------
        table : str
            Of the contract.
        rows : iterable of mapping
            Keys are columns of the contract and ``own``; one that is missing is null.
        own : sequence of str
            Further columns, texts.
        """
        contract = [field for field in TABLES[table] if field.name not in own]
        schema = pa.schema([*contract, *(pa.field(column, TEXT) for column in own)])
        found = 0
        rest = iter(rows)
        with pq.ParquetWriter(self.folder / f"{table}.parquet", schema) as writer:
            while batch := list(islice(rest, _BATCH)):
                writer.write_table(pa.Table.from_pylist([dict(row) for row in batch], schema=schema))
                found += len(batch)
        self.rows[table] = found


def extract_place(folder: Path, *, mark: str = MARK) -> Path:
    """Return where an extract really is, if it may be replaced: it is new, empty, or holds an extract and nothing else.

    Parameters
    ----------
    folder : Path
    mark : str
        Name of the file that extracts of this CRM hold.

    Raises
    ------
    UsageError
        It holds something else, or is the folder that the command runs in; nothing was touched.
    """
    return replaceable(
        folder, mark=mark, writer="leadq crm history from the same kind of CRM", is_ours=_OURS.__contains__
    )


@contextmanager
def new_extract(folder: Path) -> Iterator[TableWriter]:
    """Yield a writer of tables; ``folder`` is replaced when the block has succeeded.

    Raises
    ------
    UsageError
        ``folder`` holds what is no extract; see :func:`extract_place`.
    StoreError
        The folder cannot be written; it is unchanged.
    """
    with new_folder(extract_place(folder)) as partial:
        (partial / MARK).write_text(json.dumps({"version": 1}) + "\n", encoding="utf-8")
        yield TableWriter(folder=partial, rows={})
