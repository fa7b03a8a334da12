"""The leads of the list: one array a column, numbers for texts, so that 100,000 of them are filtered and sorted in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import TIME
from leadq.foundation.arrays import Bools, Ints

Codes = npt.NDArray[np.int32]
Floats32 = npt.NDArray[np.float32]

NOT_SCORED = "not scored"
REJECTED = "rejected"
WITHOUT_SCORE = (REJECTED, NOT_SCORED)
"""What stands in the place of a tier where a lead has no score."""
_NEVER_US = np.iinfo(np.int64).max
_TEXTS = ("account_id", "owner", "source", "campaign")
_PLAIN = [
    "lead_id",
    *_TEXTS,
    "age_days",
    "status",
    "status_reason",
    "probability",
    "previous_probability",
    "tier",
    "worked",
]
_LATER = ("wakes_at", "returned_at")
_REASON = "reasons_for.list.element.sentence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A column of n texts: ``codes`` are places among ``values``, -1 where there is none."""

    codes: Codes
    values: tuple[str, ...]

    def at(self, row: int) -> str:
        """Return a row's text, empty where there is none."""
        code = int(self.codes[row])
        return self.values[code] if code >= 0 else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeadRows:
    """All leads of tonight, the best tier and the highest probability first; ``lead_id`` breaks ties.

    Parameters
    ----------
    lead_id : Array of n strings
    account_id, owner, source, campaign, tier, reason, moved : Texts
        ``tier`` holds one of :data:`WITHOUT_SCORE` for a lead without score, ``moved`` says how the tier changed since the last night.
    age_days, probability, before : float32 arrays of shape (n,)
        NaN where not known; ``before`` is the probability of the last night.
    wakes_us : int64 array of shape (n,)
        Until when a rejected lead sleeps, in microseconds since 1970; far away where it does not.
    returned : bool array of shape (n,)
        Whether it came back from a rejection and was not answered since.
    rose : bool array of shape (n,)
        Whether its tier is better than the first one of its last week, or since it came back in it.
    run : int64 array of shape (n,)
        Which of tonight's runs scored the lead.
    """

    lead_id: pa.Array
    account_id: Texts
    owner: Texts
    source: Texts
    campaign: Texts
    tier: Texts
    reason: Texts
    moved: Texts
    age_days: Floats32
    probability: Floats32
    before: Floats32
    wakes_us: Ints
    returned: Bools
    rose: Bools
    run: Ints

    def __len__(self) -> int:
        return len(self.lead_id)

    def place(self, lead_id: str) -> int | None:
        """Return the lead's row."""
        found = pc.index(self.lead_id, lead_id).as_py()
        return None if found < 0 else int(found)


def read_lead_rows(files: Sequence[tuple[Path, Path | None]], *, tiers: Sequence[str]) -> LeadRows:
    """Read the list out of score tables and their tables of moves.

    Parameters
    ----------
    files : sequence of (scores, moves)
        The whole night first; a later row of a lead takes the place of an earlier one.
    tiers : sequence of str
        Best first.
    """
    table = pa.concat_tables([_read(scores, moves, place) for place, (scores, moves) in enumerate(files)])
    if len(files) > 1:
        table = _newest(table)
    without = pc.if_else(pc.equal(table["status"], REJECTED), REJECTED, NOT_SCORED)
    tier = pc.coalesce(table["tier"], pc.if_else(pc.equal(table["status"], "scored"), "no tier", without))
    rank = pc.fill_null(pc.index_in(tier, value_set=pa.array(tiers, pa.string())), len(tiers))
    table = table.append_column("shown_tier", tier).append_column("rank", rank)
    order = pc.sort_indices(
        table, sort_keys=[("rank", "ascending"), ("probability", "descending"), ("lead_id", "ascending")]
    )
    table = table.take(order).combine_chunks()
    numbers: dict[str, Any] = {
        name: table[column].to_numpy(zero_copy_only=False).astype(np.float32)
        for name, column in {
            "age_days": "age_days",
            "probability": "probability",
            "before": "previous_probability",
        }.items()
    }
    texts: dict[str, Any] = {name: _texts(table[name]) for name in _TEXTS}
    return LeadRows(
        lead_id=table["lead_id"].combine_chunks(),
        **texts,
        tier=_texts(table["shown_tier"]),
        reason=_texts(table["reason"]),
        moved=_texts(table["moved"]),
        **numbers,
        wakes_us=pc.fill_null(table["wakes_at"].cast(pa.int64()), _NEVER_US).to_numpy().astype(np.int64),
        returned=table["returned_at"].is_valid().to_numpy(),
        rose=np.zeros(table.num_rows, np.bool_),
        run=table["run"].to_numpy(zero_copy_only=False).astype(np.int64),
    )


def with_rises(leads: LeadRows, nights: Sequence[pa.Table], *, tiers: Sequence[str]) -> LeadRows:
    """Say which leads rose.

    Parameters
    ----------
    leads : LeadRows
    nights : sequence of Table
        ``lead_id, tier`` of the nights of the last week before tonight, oldest first. A night without a tier (rejected, not scored)
        begins anew.
    tiers : sequence of str
        Best first.
    """
    unknown, best_first = len(tiers), pa.array(tiers, pa.string())
    first = np.full(len(leads), -1, np.int64)
    for night in nights:
        at = pc.index_in(leads.lead_id, value_set=night["lead_id"].combine_chunks())
        rank = pc.index_in(night["tier"].cast(pa.string()).combine_chunks(), value_set=best_first).take(at)
        then = pc.fill_null(rank, unknown).to_numpy(zero_copy_only=False).astype(np.int64)
        first = np.where(then == unknown, -1, np.where(first < 0, then, first))
    places = [tiers.index(tier) if tier in tiers else unknown for tier in leads.tier.values]
    now = np.array([*places, unknown], np.int64)[leads.tier.codes]
    return replace(leads, rose=(first >= 0) & (now < first))


def _read(scores: Path, moves: Path | None, place: int) -> pa.Table:
    with pq.ParquetFile(scores, pre_buffer=False) as file:
        columns = [*_PLAIN, *(name for name in _LATER if name in file.schema_arrow.names), _REASON]
        groups = [file.read_row_group(at, columns=columns, use_threads=False) for at in range(file.num_row_groups)]
        groups = groups or [file.read(columns=columns, use_threads=False)]  # a run over no lead
    table = pa.concat_tables([_with_first_reason(group) for group in groups])
    table = table.append_column("run", pa.array(np.full(table.num_rows, place, np.int64)))
    moved = pa.nulls(table.num_rows, pa.string())
    if moves is not None:
        with pq.ParquetFile(moves, pre_buffer=False) as file:
            events = file.read(columns=["lead_id", "sentence"], use_threads=False).combine_chunks()
        at = pc.index_in(table["lead_id"], value_set=events["lead_id"].combine_chunks())
        moved = events["sentence"].take(at)
    return table.append_column("moved", moved)


def _with_first_reason(group: pa.Table) -> pa.Table:
    """Put each lead's first sentence in the place of its reasons."""
    lists = group["reasons_for"].combine_chunks()
    empty = pc.equal(pc.fill_null(pc.list_value_length(lists), 0), 0)
    start = pc.if_else(empty, pa.scalar(None, pa.int32()), lists.offsets[:-1])
    sentences = lists.values.field("sentence").dictionary_encode()
    shown = group.select(_PLAIN).append_column("reason", sentences.take(start).cast(pa.string()))
    for name in _LATER:
        there = name in group.schema.names
        shown = shown.append_column(name, group[name].cast(TIME) if there else pa.nulls(group.num_rows, TIME))
    return shown


def _newest(table: pa.Table) -> pa.Table:
    """Keep the last row of each lead."""
    places = pa.table({"lead_id": table["lead_id"], "place": pa.array(np.arange(table.num_rows))})
    last = places.group_by("lead_id").aggregate([("place", "max")])["place_max"]
    return table.take(pc.take(last, pc.sort_indices(last)))


def _texts(column: pa.ChunkedArray) -> Texts:
    encoded = column.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Texts(codes=codes, values=tuple(encoded.dictionary.to_pylist()))
