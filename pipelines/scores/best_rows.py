"""The best rows of score tables: best tier first, then the highest probability; read a piece at a time, so that memory stays bounded.

Leaves out which tables those are (``newest_runs.py``) and how a row is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.score_table import SCORES
from leadq.foundation.arrays import Bools, Floats

PLAIN = (
    *("lead_id", "tier", "probability", "status", "status_reason", "tier_by", "previous_probability", "trend"),
    *("percentile", "account_id", "owner", "source", "campaign", "created_at", "age_days", "worked", "as_of"),
    *("model_version", "agreement_version", "run_id"),
)
"""Columns of the score table that a row keeps as they are."""
SENTENCES = {"reason_for": "reasons_for", "reason_against": "reasons_against"}
"""The strongest reason of each side, in words, and the column that it is the first entry of."""
_KEYS = ("lead_id", "status", "tier", "probability")
_RANK = "_rank"
_ORDER = [(_RANK, "ascending"), ("probability", "descending"), ("lead_id", "ascending")]
ROWS = pa.schema([*(SCORES.field(name) for name in PLAIN), *((name, pa.string()) for name in SENTENCES)])
"""What :func:`best_rows` returns."""


def best_rows(
    tables: Sequence[Path], ranks: Sequence[str], *, only: Collection[str] = (), top: int | None = None
) -> pa.Table:
    """Return rows in order: by tier as ``ranks`` has them, other tiers, no tier, not scored; the highest probability first.

    Parameters
    ----------
    tables : sequence of Path
        Score tables, the newest first; of a lead in several the newest row counts.
    ranks : sequence of str
        Tiers, best first.
    only : collection of str
        Only rows of these tiers; all without.
    top : int, optional
        No more rows than this; then no more than that and a piece of a table are in memory.

    Returns
    -------
    Table
        With the columns of :data:`ROWS`.
    """
    best = ROWS.append(pa.field(_RANK, pa.float64())).empty_table()
    newer = pa.array([], pa.string())
    pieces: list[pa.Table] = []
    for place, path in enumerate(tables):
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for group in range(file.num_row_groups):
                limit = _last_key(best) if top is not None and best.num_rows == top else np.inf
                rows = _wanted(file, group, ranks, only=only, newer=newer, top=top, limit=limit)
                if top is None:
                    pieces.append(rows)
                elif rows.num_rows:
                    best = _sorted(pa.concat_tables([best, rows])).slice(0, top)
            if place + 1 < len(tables):
                newer = pa.concat_arrays([newer, file.read(columns=["lead_id"])["lead_id"].combine_chunks()])
    return _sorted(pa.concat_tables([best, *pieces])).drop_columns([_RANK])


def _wanted(
    file: pq.ParquetFile,
    group: int,
    ranks: Sequence[str],
    *,
    only: Collection[str],
    newer: pa.Array,
    top: int | None,
    limit: float,
) -> pa.Table:
    """Read the rows of a piece that can be among the best; most pieces are done with after their keys."""
    keys = file.read_row_group(group, columns=list(_KEYS), use_threads=False)
    rank = _ranks(keys, ranks)
    order = rank + 1.0 - _floats(keys["probability"])
    wanted: Bools = order <= limit
    if len(newer):
        wanted &= ~_flags(pc.is_in(keys["lead_id"], value_set=newer))
    if only:
        wanted &= _flags(pc.is_in(keys["tier"], value_set=pa.array(sorted(only), pa.string())))
    if top is not None and np.count_nonzero(wanted) > top:  # rows as good as the last one stay: their ids decide
        wanted &= order <= np.partition(order[wanted], top - 1)[top - 1]
    chosen = pa.array(np.flatnonzero(wanted))
    if not len(chosen):
        return ROWS.append(pa.field(_RANK, pa.float64())).empty_table()
    lists = [f"{column}.list.element.sentence" for column in SENTENCES.values()]
    rows = file.read_row_group(group, columns=[*PLAIN, *lists], use_threads=False).take(chosen)
    columns = [rows[name].cast(SCORES.field(name).type) for name in PLAIN]
    columns += [_first_sentences(rows[column]) for column in SENTENCES.values()]
    return pa.table([*columns, pa.array(rank[wanted])], schema=ROWS.append(pa.field(_RANK, pa.float64())))


def _ranks(keys: pa.Table, ranks: Sequence[str]) -> Floats:
    """Place of each row's tier; behind all of them other tiers, then no tier, then not scored."""
    place = pc.index_in(keys["tier"], value_set=pa.array(ranks, pa.string()))
    without = pc.if_else(pc.equal(keys["status"], "scored"), len(ranks) + 1, len(ranks) + 2)
    behind = pc.if_else(pc.is_valid(keys["tier"]), len(ranks), without)
    found: Floats = pc.coalesce(pc.cast(place, pa.int64()), behind).to_numpy().astype(np.float64)
    return found


def _floats(column: pa.ChunkedArray) -> Floats:
    found: Floats = pc.fill_null(column, 0.0).to_numpy()
    return found


def _flags(column: pa.ChunkedArray) -> Bools:
    found: Bools = column.to_numpy()
    return found


def _first_sentences(lists: pa.ChunkedArray) -> pa.Array:
    """Return the sentence of each row's first reason; null where it has none."""
    rows = lists.combine_chunks()
    owners, first = np.unique(pc.list_parent_indices(rows).to_numpy(), return_index=True)
    at = np.full(len(rows), -1, dtype=np.int64)
    at[owners] = first
    return pc.struct_field(pc.list_flatten(rows), "sentence").take(pa.array(at, mask=at < 0)).cast(pa.string())


def _last_key(best: pa.Table) -> float:
    last = best.slice(best.num_rows - 1)
    return float(last[_RANK][0].as_py() + 1.0 - (last["probability"][0].as_py() or 0.0))


def _sorted(rows: pa.Table) -> pa.Table:
    return rows.take(pc.sort_indices(rows, sort_keys=_ORDER))
