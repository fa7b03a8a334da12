"""Which reasons the CRM itself has for losing a deal or rejecting a lead: its own words, how often each was said.

Words that hardly anybody used are only counted: they may be sentences about one customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.history import History

FEWEST = 5
"""Rows that must say a word before it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidReasons:
    """Reasons in the CRM's own words, the commonest first.

    Parameters
    ----------
    words : tuple of (str, int)
        Those said at least five times.
    rows : int
        Rows with a reason; those with a rare one among them.
    without : int
        Lost deals and rejections that say none.
    """

    words: tuple[tuple[str, int], ...]
    rows: int
    without: int


def said_reasons(history: History, since: datetime | None) -> SaidReasons:
    """Count what was said of deals lost and leads rejected since ``since``; of all time where that is None."""
    deals = pq.read_table(
        history.path("opportunities"), columns=["closed_at", "outcome", "loss_reason"], partitioning=None
    )
    answers = pq.read_table(
        history.path("dispositions"), columns=["decided_at", "decision", "reason"], partitioning=None
    )
    lost = _since(deals.filter(pc.equal(deals["outcome"], "lost")), "closed_at", since)["loss_reason"]
    rejected = _since(answers.filter(pc.equal(answers["decision"], "rejected")), "decided_at", since)["reason"]
    every = pa.chunked_array([*lost.chunks, *rejected.chunks], type=pa.string())
    plain = pc.utf8_trim_whitespace(every.drop_null())
    plain = plain.filter(pc.not_equal(plain, ""))
    counted = sorted(
        ((str(one["values"]), int(one["counts"])) for one in pc.value_counts(plain).to_pylist()),
        key=lambda one: (-one[1], one[0]),
    )
    return SaidReasons(
        words=tuple(one for one in counted if one[1] >= FEWEST), rows=len(plain), without=len(every) - len(plain)
    )


def _since(table: pa.Table, column: str, since: datetime | None) -> pa.Table:
    return table if since is None else table.filter(pc.fill_null(pc.greater_equal(table[column], since), False))
