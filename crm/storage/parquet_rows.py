"""One lead's rows out of a large Parquet file, without reading the rest: only the row groups that can hold it, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

LEAD_ID = "lead_id"


def rows_of_lead(path: Path, lead_id: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a lead's rows of a file that is in order of ``lead_id``; none where it has none.

    Takes a few milliseconds and the memory of one row group, on one thread.

    Parameters
    ----------
    path : Path
    lead_id : str
    columns : sequence of str, optional
        All without.

    Raises
    ------
    OSError, pa.ArrowException
        The file is gone or damaged.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        wanted = None if columns is None else [LEAD_ID, *columns]
        for group in _groups(file.metadata, lead_id):
            table = file.read_row_group(group, columns=wanted, use_threads=False)
            found = table.filter(pc.equal(table[LEAD_ID], lead_id))
            if found.num_rows:
                return found if columns is None else found.select(list(columns))
        names = file.schema_arrow.names if columns is None else list(columns)
        return file.schema_arrow.empty_table().select(names)


def moved_sentence(moves: Path, lead_id: str) -> str:
    """Return how a lead came into its tier, out of a run's table of moves; empty where it stayed."""
    table = rows_of_lead(moves, lead_id, ["sentence"])
    return str(table["sentence"][0]) if table.num_rows else ""


def _groups(metadata: pq.FileMetaData, lead_id: str) -> list[int]:
    """Row groups whose ids reach from before to after this one; all that do not say."""
    place = metadata.schema.names.index(LEAD_ID)
    found = []
    for group in range(metadata.num_row_groups):
        told = metadata.row_group(group).column(place).statistics
        if told is None or not told.has_min_max or told.min <= lead_id <= told.max:
            found.append(group)
    return found
