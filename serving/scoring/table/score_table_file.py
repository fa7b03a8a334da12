"""The score table on disk: streamed, whole or not at all, the same bytes for the same scores.

Made in two passes: parts as they are scored (``night_parts.py``), then the table with each lead's percentile, which is only known when all
are scored. Kept in memory are one part and eight bytes a scored lead. Left out: when a table counts as published; that is
the run's manifest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.score_table import REJECTED, SCORES, scores_schema
from leadq.foundation.arrays import Floats
from leadq.foundation.atomic_files import new_file
from leadq.serving.scoring.changes.score_reuse import STATES
from leadq.serving.scoring.table.night_parts import (
    FINE_PARTS,
    GROUP_ROWS,
    PART_ROWS,
    STATE,
    read_part,
)

_COUNTED = ("status", "status_reason", "tier", "tier_by", "model_tier")
_NEVER_REPEAT = ("lead_id", "probability", "margin", "percentile", "previous_probability", "age_days", "contribution")
"""Columns whose values differ from lead to lead: a dictionary of them would be in vain."""


def finish_scores(parts: Sequence[Path], path: Path, *, ranks_of: Floats | None = None) -> dict[str, Any]:
    """Make the score table of its parts, with every lead's percentile.

    Parameters
    ----------
    parts : sequence of Path
        In order, as :func:`leadq.serving.scoring.table.night_parts.score_parts` gives them.
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
    among = _probabilities(parts) if ranks_of is None else ranks_of
    counted = _Counted()
    group_rows = GROUP_ROWS if len(parts) <= FINE_PARTS else PART_ROWS
    with new_file(path) as partial:
        schema = _without_state(read_part(parts[0])).schema if parts else SCORES
        contract = scores_schema(schema.names)
        # no schema of Arrow's, no pandas metadata, no times, a fixed codec: the bytes follow from the rows alone
        with pq.ParquetWriter(
            partial,
            schema,
            compression="snappy",  # read everywhere; zstd makes the file 15 % smaller and writing half as slow again
            version="2.6",
            store_schema=False,
            use_dictionary=[name for field in contract for name in _repeating(field, field.name)],
            write_statistics=[field.name for field in contract if not pa.types.is_nested(field.type)],
        ) as writer:
            for batch in _ahead(parts, among):
                counted.add(batch)
                writer.write_batch(batch, row_group_size=group_rows)
        with partial.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        size = partial.stat().st_size
    return {**counted.document(), "file": path.name, "sha256": digest, "bytes": size}


def write_states(parts: Sequence[Path], path: Path) -> None:
    """Write the states that the parts keep (:mod:`leadq.serving.scoring.changes.score_reuse`), for the next night to compare with.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """
    with new_file(path) as partial, pq.ParquetWriter(partial, STATES, compression="snappy") as writer:
        for part in parts:
            columns = [read_part(part, name).column(0) for name in STATES.names]
            writer.write_batch(pa.record_batch(columns, schema=STATES))


def _without_state(batch: pa.RecordBatch) -> pa.RecordBatch:
    rows = batch.drop_columns([STATE]) if STATE in batch.schema.names else batch
    return rows.replace_schema_metadata(None)


def _ahead(parts: Sequence[Path], among: Floats) -> Iterator[pa.RecordBatch]:
    """Yield the parts with their percentiles, the next one being read while one is written."""
    with ThreadPoolExecutor(1) as reader:
        coming = [reader.submit(_ranked, part, among) for part in parts[:1]]
        for number in range(len(parts)):
            batch = coming.pop().result()
            if number + 1 < len(parts):
                coming.append(reader.submit(_ranked, parts[number + 1], among))
            yield batch


def _ranked(part: Path, among: Floats) -> pa.RecordBatch:
    batch = _without_state(read_part(part))
    place = SCORES.get_field_index("percentile")
    probability = batch.column("probability").to_numpy(zero_copy_only=False).astype(np.float64)
    column = pa.array(percentiles(probability, among), pa.float64(), from_pandas=True)  # NaN to null
    return batch.set_column(place, SCORES.field(place), column)


def _repeating(field: pa.Field, path: str) -> list[str]:
    """Parquet columns of a field whose values repeat."""
    if pa.types.is_list(field.type):
        return _repeating(field.type.value_field, f"{path}.list.element")
    if pa.types.is_struct(field.type):
        return [name for one in field.type for name in _repeating(one, f"{path}.{one.name}")]
    return [] if field.name in _NEVER_REPEAT else [path]


def _probabilities(parts: Sequence[Path]) -> Floats:
    """All probabilities of the parts, ascending."""
    found = np.empty(len(parts) * PART_ROWS)  # no more than this; what is not filled takes no memory
    count = 0
    for part in parts:
        probability = read_part(part, "probability").column(0).drop_null().to_numpy()
        found[count : count + len(probability)] = probability
        count += len(probability)
    found = found[:count]
    found.sort()
    return found


def sorted_probabilities(path: Path) -> Floats:
    """Return all probabilities of a score table in ascending order."""
    column = pq.read_table(path, columns=["probability"], partitioning=None)["probability"].drop_null()
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


@dataclass(slots=True)
class _Counted:
    rows: int = 0
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in _COUNTED})
    probability: dict[str, float] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        for name in _COUNTED:
            column = batch.column(name)
            if pa.types.is_dictionary(column.type):
                column = column.cast(pa.string())
            if name == "status_reason":
                column = self._apart(batch, column)
            for one in pc.value_counts(column).to_pylist():
                if one["values"] is not None:
                    self.by[name][one["values"]] += one["counts"]
        columns = [batch.column("tier").cast(pa.string()).fill_null(""), batch.column("probability")]
        sums = (
            pa.table(columns, ["tier", "probability"])
            .group_by("tier", use_threads=False)
            .aggregate([("probability", "sum")])
        )
        for row in sums.to_pylist():
            self.probability[row["tier"]] = self.probability.get(row["tier"], 0.0) + (row["probability_sum"] or 0.0)

    def _apart(self, batch: pa.RecordBatch, reasons: pa.Array) -> pa.Array:
        """Count reasons of rejections, which are none for not being scored, and leave them out."""
        if "rejected_at" not in batch.schema.names:
            return reasons
        stands = pc.equal(batch.column("status").cast(pa.string()), REJECTED)
        for one in pc.value_counts(reasons.filter(stands)).to_pylist():
            self.rejected[one["values"]] += one["counts"]
        return reasons.filter(pc.invert(stands))

    def document(self) -> dict[str, Any]:
        counts = {name: dict(sorted(counter.items())) for name, counter in self.by.items()}
        if self.rejected:
            counts["rejected"] = dict(sorted(self.rejected.items()))
        sums = {tier: round(total, 6) for tier, total in sorted(self.probability.items()) if tier}
        total = round(sum(self.probability.values()), 6)
        return {"rows": self.rows, "counts": counts, "probability_sums": sums, "probability_sum": total}
