"""What came of leads by month: wins, what they were worth, and leads that sales accepted. For holding a goal against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.foundation.arrays import Floats

MONTHS = 12
_CAPPED_AT = 0.95
"""Amounts above this quantile count as it: one large deal makes no goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Achieved:
    """The newest full months, at most twelve.

    Parameters
    ----------
    wins, accepted : tuple of int
        A month each, oldest first; empty where nothing is dated or recorded.
    amount : float or None
        Mean of a won opportunity in the currency that was asked for; None where none has an amount in it.
    """

    wins: tuple[int, ...]
    accepted: tuple[int, ...]
    amount: float | None


def achieved(history: History, currency: str) -> Achieved:
    """Count what came of leads until the history was read; amounts in ``currency`` only."""
    outcomes = pq.read_table(history.path("outcomes"), columns=["lead_id", "occurred_at", "outcome"], partitioning=None)
    won = outcomes.filter(pc.equal(outcomes["outcome"], "won"))
    answers = pq.read_table(
        history.path("dispositions"), columns=["lead_id", "decided_at", "decision"], partitioning=None
    )
    accepted = answers.filter(pc.equal(answers["decision"], "accepted"))
    return Achieved(
        wins=_by_month(won, "occurred_at", history),
        accepted=_by_month(accepted, "decided_at", history),
        amount=_amount(history, currency),
    )


def _by_month(table: pa.Table, column: str, history: History) -> tuple[int, ...]:
    """Count leads by the month of their first row, in full months before the history was read."""
    if not table.num_rows or not history.dated:
        return ()
    first = table.group_by("lead_id").aggregate([(column, "min")])[f"{column}_min"].drop_null()
    month = first.to_numpy().astype("datetime64[M]").astype(np.int64)
    if not len(month):
        return ()
    now = int(np.datetime64(history.read_at.replace(tzinfo=None), "M").astype(np.int64))
    full = range(max(int(month.min()) + 1, now - MONTHS), now)
    return tuple(int((month == one).sum()) for one in full)


def _amount(history: History, currency: str) -> float | None:
    deals = pq.read_table(history.path("opportunities"), columns=["outcome", "amount", "currency"], partitioning=None)
    known = pc.and_(pc.equal(deals["outcome"], "won"), pc.is_valid(deals["amount"]))
    there = deals.filter(known)
    same = pc.equal(pc.utf8_upper(pc.fill_null(there["currency"], currency)), currency)
    amounts: Floats = there.filter(same)["amount"].cast(pa.float64()).to_numpy()
    return float(np.minimum(amounts, np.quantile(amounts, _CAPPED_AT)).mean()) if len(amounts) else None
