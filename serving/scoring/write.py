"""The score table on disk: streamed, whole or not at all, the same bytes for the same scores.

Written twice over: first as the batches come, then once more with each lead's percentile, which is only known when all are scored. Kept in
memory are one row group and eight bytes a scored lead. Left out: when a table counts as published; that is the run's manifest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm.atomic import new_file
from crm.schemas import SCORES

GROUP_ROWS = 50_000
_UNRANKED = ".unranked"
_COUNTED = ("status", "status_reason", "tier", "tier_by", "model_tier")

Floats = npt.NDArray[np.float64]


def scores_path(store: Path, as_of: datetime, *, part: str = "scores") -> Path:
    """Return where a run's score table lies: ``scores/as_of=2026-10-01T020000Z/scores.parquet``.

    Parameters
    ----------
    store : Path
    as_of : datetime
        Aware.
    part : str
        Another name for a run over some leads only.
    """
    return store / "scores" / f"as_of={as_of.astimezone(UTC):%Y-%m-%dT%H%M%SZ}" / f"{part}.parquet"


def write_scores(batches: Iterable[pa.RecordBatch], path: Path, *, ranks_of: Floats | None = None) -> dict[str, Any]:
    """Write the score table.

    Parameters
    ----------
    batches : iterable of RecordBatch
        In the schema :data:`crm.schemas.SCORES`; any sizes, the file does not depend on them.
    path : Path
        Of the table; replaced when all is written.
    ranks_of : ndarray of float64, optional
        Sorted probabilities to rank among instead of the table's own, for a run over some leads only
        (:func:`sorted_probabilities` of the last whole table).

    Returns
    -------
    dict
        For the run's manifest: ``rows``, counts by status, reason, tier and who decided it, sums of probability by tier,
        ``sha256`` and ``bytes`` of the file.

    Raises
    ------
    StoreError
        The disk is full or not writable; a table of that name stays as it was.
    """
    counted = _Counted()
    with new_file(path) as partial:
        unranked = partial.with_name(partial.name + _UNRANKED)
        try:
            probabilities = _write(_watched(batches, counted), unranked)
            among = np.sort(probabilities) if ranks_of is None else ranks_of
            _write(_ranked(unranked, among), partial)
        finally:
            unranked.unlink(missing_ok=True)
        digest = hashlib.sha256()
        with partial.open("rb") as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
        size = partial.stat().st_size
    return {**counted.document(), "file": path.name, "sha256": digest.hexdigest(), "bytes": size}


def sorted_probabilities(path: Path) -> Floats:
    """Return all probabilities of a score table in ascending order."""
    column = pq.read_table(path, columns=["probability"])["probability"].drop_null()
    return np.sort(column.to_numpy())


def percentiles(probability: Floats, among: Floats) -> Floats:
    """Return the share of ``among`` that scored lower, in [0, 1] (SQL's ``percent_rank``); NaN where no two differ.

    Parameters
    ----------
    probability : ndarray of shape (n,)
        NaN where not scored.
    among : ndarray of float64, ascending
    """
    if len(among) < 2 or among[0] == among[-1]:
        return np.full(len(probability), np.nan)
    share = np.searchsorted(among, probability, side="left") / (len(among) - 1)
    result: Floats = np.where(np.isnan(probability), np.nan, np.minimum(share, 1.0))
    return result


def _write(batches: Iterable[pa.RecordBatch], path: Path) -> Floats:
    """Write row groups of equal size whatever the batches; return all probabilities there are."""
    seen: list[Floats] = []
    # no pandas metadata, no times, fixed codec and level: the bytes follow from the rows alone
    with pq.ParquetWriter(path, SCORES, compression="zstd", compression_level=3, version="2.6") as writer:
        for group in _groups(batches):
            seen.append(group["probability"].drop_null().to_numpy())
            writer.write_table(group, row_group_size=GROUP_ROWS)
    return np.concatenate(seen) if seen else np.empty(0)


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= GROUP_ROWS:
            table = pa.Table.from_batches(waiting, SCORES)
            yield table.slice(0, GROUP_ROWS).combine_chunks()
            waiting = table.slice(GROUP_ROWS).to_batches()
            rows -= GROUP_ROWS
    if rows:
        yield pa.Table.from_batches(waiting, SCORES).combine_chunks()


def _ranked(unranked: Path, among: Floats) -> Iterator[pa.RecordBatch]:
    place = SCORES.get_field_index("percentile")
    with pq.ParquetFile(unranked) as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number)
            probability = table["probability"].to_numpy().astype(np.float64)
            column = pa.array(percentiles(probability, among), pa.float64(), from_pandas=True)  # NaN to null
            yield from table.set_column(place, SCORES.field(place), column).combine_chunks().to_batches()


@dataclass(slots=True)
class _Counted:
    rows: int = 0
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in _COUNTED})
    probability: dict[str, float] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        for name in _COUNTED:
            for one in pc.value_counts(batch.column(name)).to_pylist():
                if one["values"] is not None:
                    self.by[name][one["values"]] += one["counts"]
        columns = [batch.column("tier").fill_null(""), batch.column("probability")]
        sums = (
            pa.table(columns, ["tier", "probability"])
            .group_by("tier", use_threads=False)
            .aggregate([("probability", "sum")])
        )
        for row in sums.to_pylist():
            self.probability[row["tier"]] = self.probability.get(row["tier"], 0.0) + (row["probability_sum"] or 0.0)

    def document(self) -> dict[str, Any]:
        counts = {name: dict(sorted(counter.items())) for name, counter in self.by.items()}
        sums = {tier: round(total, 6) for tier, total in sorted(self.probability.items()) if tier}
        total = round(sum(self.probability.values()), 6)
        return {"rows": self.rows, "counts": counts, "probability_sums": sums, "probability_sum": total}


def _watched(batches: Iterable[pa.RecordBatch], counted: _Counted) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        counted.add(batch)
        yield batch
