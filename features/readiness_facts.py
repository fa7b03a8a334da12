"""Figures of a history that say what it can prove: counted where the data is, small enough to hold.

Only counts and the delays of wins; what they mean is said in ``readiness.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm.history import History
from features.engine import DAY_US, microseconds, moment, open_engine

ROUND_DAYS = (1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 150, 180, 270, 365, 540, 730)
"""Horizons people agree on."""
COVERED = 0.95
"""Share of past wins that a horizon should cover (method section 1)."""
_MAX_LEADS = 200_000

_LEADS = """
WITH state AS (
  SELECT lead_id, bool_or(outcome = 'won') AS won, arg_max(outcome, occurred_at) AS last, bool_or(outcome = 'reopened') AS reopened
  FROM read_parquet($outcomes) GROUP BY lead_id)
SELECT count(*) AS leads, count(*) FILTER (l.created_at IS NULL) AS undated,
  count(*) FILTER (s.won) AS won, count(*) FILTER (NOT s.won AND s.last = 'lost') AS lost,
  count(*) FILTER (s.reopened) AS reopened, epoch_us(min(l.created_at)) AS first_us, epoch_us(max(l.created_at)) AS last_us
FROM read_parquet($leads) l LEFT JOIN state s USING (lead_id)
"""
_SAMPLE = """
WITH sampled AS (
  SELECT lead_id, created_at FROM read_parquet($leads) WHERE created_at IS NOT NULL ORDER BY md5(lead_id) LIMIT $most),
closed AS (
  SELECT lead_id, min(occurred_at) AS closed_at, min(occurred_at) FILTER (outcome = 'won') AS won_at
  FROM read_parquet($outcomes) WHERE outcome <> 'reopened' GROUP BY lead_id)
SELECT epoch_us(s.created_at)::DOUBLE AS created_us, epoch_us(c.closed_at)::DOUBLE AS closed_us, epoch_us(c.won_at)::DOUBLE AS won_us
FROM sampled s LEFT JOIN closed c USING (lead_id) ORDER BY s.lead_id
"""
_COUNTS = {
    "events": "SELECT count(*) FROM read_parquet($path)",
    "events_with_known_at": "SELECT count(*) FILTER (known_at > occurred_at) FROM read_parquet($path)",
    "touches": "SELECT count(*) FROM read_parquet($path)",
    "dispositions": "SELECT count(*) FROM read_parquet($path)",
}
_TABLE_OF = {"events_with_known_at": "events"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFacts:
    """Counts of a history; moments are UTC, ``win_delays_days`` has shape (n_wins,) or is a sample of it.

    ``first_close`` is the earliest outcome; ``expected_before`` how many of the leads created before it should have been
    closed by then, judging by those created later: many expected and none seen means that old closings were cut off.
    """

    leads: int
    undated: int
    won: int
    lost: int
    reopened: int
    first_created: datetime | None
    last_created: datetime | None
    first_close: datetime | None
    expected_before: float
    win_delays_days: npt.NDArray[np.float64]
    rows: dict[str, int]

    @property
    def open(self) -> int:
        """Leads without a decision."""
        return self.leads - self.won - self.lost

    def covered_by(self, horizon_days: float) -> float:
        """Share of wins that came within ``horizon_days`` of the lead's creation; NaN without a win."""
        return float(np.mean(self.win_delays_days <= horizon_days)) if self.win_delays_days.size else float("nan")

    @property
    def round_horizon_days(self) -> int | None:
        """Smallest round number of days that covers 95 % of the wins; None without a win or beyond two years."""
        return next((days for days in ROUND_DAYS if self.covered_by(days) >= COVERED), None)


def read_facts(history: History, *, memory_limit: str = "1GB") -> HistoryFacts:
    """Count ``history``."""
    paths = {"leads": str(history.path("leads")), "outcomes": str(history.path("outcomes"))}
    with open_engine(memory_limit=memory_limit) as backend:
        ((leads, undated, won, lost, reopened, first, last),) = backend.con.execute(_LEADS, paths).fetchall()
        sample: pd.DataFrame = backend.con.execute(_SAMPLE, {**paths, "most": _MAX_LEADS}).df()
        rows = {name: _count(backend, history, name, query) for name, query in _COUNTS.items()}
    dated = history.dated
    return HistoryFacts(
        leads=leads,
        undated=undated,
        won=won,
        lost=lost,
        reopened=reopened,
        first_created=moment(first) if dated and first is not None else None,
        last_created=moment(last) if dated and last is not None else None,
        first_close=_first_close(sample) if dated else None,
        expected_before=_expected_before(sample) if dated else 0.0,
        win_delays_days=_win_delays(sample, history.read_at) if dated else np.empty(0),
        rows=rows,
    )


def _count(backend: Any, history: History, name: str, query: str) -> int:
    ((rows,),) = backend.con.execute(query, {"path": str(history.path(_TABLE_OF.get(name, name)))}).fetchall()
    return int(rows)


def _win_delays(sample: pd.DataFrame, read_at: datetime) -> npt.NDArray[np.float64]:
    """Days from creation to the win; of leads old enough for a late win to have been seen, where there are enough."""
    wins = sample.dropna(subset=["won_us"])
    created = wins["created_us"].to_numpy()
    delays_us = wins["won_us"].to_numpy() - created
    if delays_us.size == 0:
        return np.empty(0)
    old_enough = created <= microseconds(read_at) - np.quantile(delays_us, 0.99)
    kept = delays_us[old_enough] if old_enough.sum() >= 30 else delays_us
    return np.asarray(kept / DAY_US, dtype=np.float64)


def _first_close(sample: pd.DataFrame) -> datetime | None:
    first = sample["closed_us"].min()
    return None if pd.isna(first) else moment(int(first))


def _expected_before(sample: pd.DataFrame) -> float:
    """How many closings to expect before the first one seen, from how fast leads created after it were closed."""
    first = sample["closed_us"].min()
    later, early = sample[sample["created_us"] >= first], sample[sample["created_us"] < first]
    delays = np.sort((later["closed_us"] - later["created_us"]).to_numpy())  # NaN, never closed, sorts last
    if np.isfinite(delays).sum() < 30 or early.empty:
        return 0.0
    waited = (first - early["created_us"]).to_numpy()
    return float((np.searchsorted(delays, waited, side="left") / delays.size).sum())
