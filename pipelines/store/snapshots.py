"""What was known of every open lead each night, kept as changes: the only complete point-in-time history.

A night stores the rows that differ from the last stored state and points to the night before, so the row of any lead
in any run is found by walking back. Rows are kept exactly as the scorer saw them. Features that count days change
every night by themselves; what this saves is leads that nothing can be said of any more. Leaves out compaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import TIME
from leadq.crm.storage.parquet_rows import rows_of_lead
from leadq.foundation.atomic_files import new_file
from leadq.foundation.problems import Problem, StoreError
from leadq.pipelines.store.run_manifest import Run
from leadq.pipelines.store.store import Store
from leadq.serving.scoring.table.night_parts import FINE_PARTS, GROUP_ROWS

_ADDED = ("snapshot_as_of", "snapshot_hash")
_EMPTY = pa.schema([("lead_id", pa.string()), ("snapshot_as_of", TIME), ("snapshot_hash", pa.uint64())])


def row_hashes(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """Hash of each row's values under the batch's column names, shape (n_rows,)."""
    names = _unsigned(
        pd.util.hash_array(np.array([f"{field.name}:{field.type}" for field in batch.schema], dtype=object))
    )
    salt = np.bitwise_xor.reduce(names * np.arange(1, len(names) + 1, dtype=np.uint64))
    values = _unsigned(pd.util.hash_pandas_object(batch.to_pandas(), index=False).to_numpy())
    return np.bitwise_xor(values, salt)


def _unsigned(hashes: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    return hashes.astype(np.uint64, copy=False)


class SnapshotWriter:
    """Passes batches through and stores the rows that changed.

    Parameters
    ----------
    partial : Path
        File to write.
    as_of : datetime
    earlier : tuple of Path
        Snapshot files of the nights this one rests on, latest first.
    """

    def __init__(self, partial: Path, *, as_of: datetime, earlier: tuple[Path, ...]) -> None:
        self._partial = partial
        self._as_of = as_of
        self._earlier = earlier
        self._writer: pq.ParquetWriter | None = None
        self._writes = 0
        self.stored = 0
        self.seen = 0

    def keep(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield every batch unchanged, having stored its changed rows."""
        for batch in batches:
            hashes = row_hashes(batch)
            stored_hashes, missing = self._stored_hashes(batch.column("lead_id"))
            changed = missing | (hashes != stored_hashes)
            rows = batch.filter(pa.array(changed))
            as_of = pa.array([self._as_of] * rows.num_rows, TIME)
            stored = pa.Table.from_batches([rows])
            stored = stored.append_column(_ADDED[0], as_of).append_column(_ADDED[1], pa.array(hashes[changed]))
            self._write(stored)
            self.seen += batch.num_rows
            self.stored += rows.num_rows
            yield batch

    def _stored_hashes(self, lead_ids: pa.Array) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
        """Last stored hash of each lead, and where there is none."""
        found = np.zeros(len(lead_ids), dtype=np.uint64)
        missing = np.ones(len(lead_ids), dtype=np.bool_)
        if not len(lead_ids):
            return found, missing
        ends = pc.min_max(lead_ids).as_py()  # batches come in order of lead_id, so this reads few row groups
        within = (pc.field("lead_id") >= ends["min"]) & (pc.field("lead_id") <= ends["max"])
        for path in self._earlier:
            table = ds.dataset(path).to_table(columns=["lead_id", "snapshot_hash"], filter=within)
            place = pc.index_in(lead_ids, table.column("lead_id").combine_chunks())
            here = missing & pc.is_valid(place).to_numpy(zero_copy_only=False)
            found[here] = table.column("snapshot_hash").to_numpy()[place.fill_null(0).to_numpy()[here]]
            missing &= ~here
            if not missing.any():
                break
        return found, missing

    def _write(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._partial, rows.schema, compression="zstd", store_schema=True)
        fine = self._writes < FINE_PARTS
        self._writer.write_table(rows, row_group_size=GROUP_ROWS if fine else None)
        self._writes += 1

    def close(self) -> None:
        """Finish the file; a night without open leads leaves a table without rows."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._partial, _EMPTY)
        self._writer.close()


@contextmanager
def new_snapshot(
    store: Store, run_id: str, *, as_of: datetime, previous_runs: tuple[str, ...]
) -> Iterator[SnapshotWriter]:
    """Yield a writer whose file appears in the store when the block succeeds."""
    earlier = tuple(store.table(run.snapshot) for run in store.chain(previous_runs))
    with new_file(store.snapshot_path(run_id)) as partial:
        writer = SnapshotWriter(partial, as_of=as_of, earlier=earlier)
        try:
            yield writer
        finally:
            writer.close()


def rests_on(store: Store, run_id: str) -> Iterator[Run]:
    """Yield a run and all whose snapshots its own rests on, newest first.

    Raises
    ------
    StoreError
        The run or one it rests on is gone.
    """
    for run in store.chain((run_id,)):
        yield run
        if run.run_id == run_id and run.inputs.kind != "night":
            yield from store.chain(run.inputs.previous_runs)


def snapshot_of(store: Store, lead_id: str, run_id: str) -> pa.RecordBatch:
    """Give back what was known of a lead in a run, exactly as the scorer saw it (one row).

    Raises
    ------
    StoreError
        The run is not committed, or the lead was not open then.
    """
    for run in rests_on(store, run_id):
        rows = rows_of_lead(store.table(run.snapshot), lead_id)
        if rows.num_rows:
            return rows.drop_columns(list(_ADDED)).combine_chunks().to_batches()[0]
    remedy = "Name a lead that was open in that run; its score table lists them."
    raise StoreError(Problem(where=f"run {run_id}", rule="must know the lead", value=lead_id, remedy=remedy))
