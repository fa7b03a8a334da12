"""Score tables for the benchmarks of delivery: a demo company's champion scores drawn leads, whose ids are those of the fake's leads.

A later night has other scores for every tenth lead, or for none. Tables are made once and kept.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.nightly import CHUNK, champion_of, make_leads, score_file, seen_tonight
from leadq.serving.scoring.table.night_parts import PART_ROWS
from tests.fake_salesforce.ids import new_id

MOVED = 0.37
"""By how much of all leads a changed lead moves up or, where that ends, down."""


def make_scores(project: Path, cache: Path, leads: int) -> dict[str, Path]:
    """Return the tables of three nights: the first, one in which a tenth changed, one in which nothing did since the first."""
    cache.mkdir(parents=True, exist_ok=True)
    tables = {name: cache / f"{name}_{leads}.parquet" for name in ("first", "tenth", "same")}
    if not all(path.exists() for path in tables.values()):
        bundle = champion_of(project / "store")
        drawn = cache / f"leads_{leads}.parquet"
        make_leads(seen_tonight(project / "store", bundle), drawn, leads)
        score_file(bundle, drawn, cache)
        for days, (name, path) in enumerate(tables.items()):
            _as_night(cache / "scores.parquet", path, days=days, changed_every=10 if name == "tenth" else 0)
    return tables


def _as_night(scores: Path, path: Path, *, days: int, changed_every: int) -> None:
    """Copy a table with the ids of Salesforce's leads, as it was some days later."""
    partial = path.with_suffix(".partial")
    with pq.ParquetFile(scores) as file, pq.ParquetWriter(partial, file.schema_arrow, compression="zstd") as writer:
        start = 0
        for batch in file.iter_batches(CHUNK, use_threads=False):
            rows = pa.Table.from_batches([batch])
            numbers = np.arange(start, start + rows.num_rows)
            start += rows.num_rows
            columns = {name: rows[name] for name in rows.column_names}
            columns["lead_id"] = pa.array([new_id("Lead", int(number) + 1) for number in numbers])
            columns["scored_at"] = pa.array([one + timedelta(days=days) for one in rows["scored_at"].to_pylist()])
            if changed_every:
                moved = np.where(numbers % changed_every == 0, MOVED, 0.0)
                percentile = rows["percentile"].to_numpy() + moved
                columns["percentile"] = pa.array(np.where(percentile > 1.0, percentile - 1.0, percentile))
            writer.write_table(pa.table(columns).cast(file.schema_arrow), row_group_size=PART_ROWS)
    partial.replace(path)
