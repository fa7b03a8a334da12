"""Figures of a history that say what it can prove: counted where the data is, small enough to hold.

Only counts and the delays of wins; what they mean is said in ``readiness.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.engine.duckdb_engine import DAY_US, microseconds, moment, open_engine, open_tables
from leadq.features.landmarks import handoffs
from leadq.features.readiness.closing_records import Closings, find_closings
from leadq.features.readiness.win_delays import WinDelays, win_delays

ROUND_DAYS = (1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 150, 180, 270, 365, 540, 730)
"""Horizons people agree on."""
COVERED = 0.95
"""Share of past wins that a horizon should cover (docs/method.md, Label)."""
_MAX_LEADS = 200_000

_LEADS = """
WITH state AS (
  SELECT lead_id, bool_or(outcome = 'won') AS won, arg_max(outcome, occurred_at) AS last, bool_or(outcome = 'reopened') AS reopened
  FROM read_parquet($outcomes, hive_partitioning=false) GROUP BY lead_id)
SELECT count(*) AS leads, count(*) FILTER (l.created_at IS NULL) AS undated,
  count(*) FILTER (s.won) AS won, count(*) FILTER (NOT s.won AND s.last = 'lost') AS lost,
  count(*) FILTER (s.reopened) AS reopened, epoch_us(min(l.created_at)) AS first_us
FROM read_parquet($leads, hive_partitioning=false) l LEFT JOIN state s USING (lead_id)
"""
_SAMPLE = """
WITH sampled AS (
  SELECT lead_id, created_at FROM read_parquet($leads, hive_partitioning=false)
  WHERE created_at IS NOT NULL ORDER BY md5(lead_id) LIMIT $most),
closed AS (
  SELECT lead_id, min(occurred_at) AS closed_at FROM read_parquet($outcomes, hive_partitioning=false)
  WHERE outcome <> 'reopened' GROUP BY lead_id)
SELECT epoch_us(s.created_at)::DOUBLE AS created_us, epoch_us(c.closed_at)::DOUBLE AS closed_us
FROM sampled s LEFT JOIN closed c USING (lead_id) ORDER BY s.lead_id
"""
_FIRST_WINS = """
CREATE TEMP TABLE first_wins AS
WITH starts AS (
  SELECT l.lead_id, epoch_us(l.created_at) AS created_us, h.handoff_us IS NOT NULL AS handed_off,
    greatest(coalesce(h.handoff_us, epoch_us(l.created_at)), epoch_us(l.created_at)) AS start_us
  FROM read_parquet($leads, hive_partitioning=false) l LEFT JOIN handoffs h USING (lead_id) WHERE l.created_at IS NOT NULL)
SELECT s.lead_id, s.created_us, s.start_us, s.handed_off, min(epoch_us(o.occurred_at)) AS won_us
FROM starts s JOIN read_parquet($outcomes, hive_partitioning=false) o ON o.lead_id = s.lead_id AND o.outcome = 'won'
  AND epoch_us(o.occurred_at) > s.start_us AND epoch_us(o.occurred_at) <= $until_us
GROUP BY ALL
"""
_WIN_COUNTS = """
SELECT count(*), count(*) FILTER (handed_off), count(*) FILTER (won_us > start_us + $horizon_us) FROM first_wins
"""
_WIN_SAMPLE = """
SELECT created_us::DOUBLE AS created_us, start_us::DOUBLE AS start_us, won_us::DOUBLE AS won_us FROM first_wins
ORDER BY md5(lead_id), lead_id LIMIT $most
"""
_COUNTS = {
    "events": "SELECT count(*) FROM read_parquet($path, hive_partitioning=false)",
    "events_with_known_at": "SELECT count(*) FILTER (known_at > occurred_at) FROM read_parquet($path, hive_partitioning=false)",
    "touches": "SELECT count(*) FROM read_parquet($path, hive_partitioning=false)",
    "dispositions": "SELECT count(*) FROM read_parquet($path, hive_partitioning=false)",
}
_TABLE_OF = {"events_with_known_at": "events"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WinTimes:
    """First wins after hand-off (after creation where a lead has none), and how long they took.

    Parameters
    ----------
    wins, handed_off, late : int
        All of them, those of leads with a hand-off, those that came later than the agreed horizon.
    delays, delays_from_creation : WinDelays
        From hand-off, as the label sees it, and from creation; without leads of a time whose closings are cut off.
    """

    wins: int
    handed_off: int
    late: int
    delays: WinDelays
    delays_from_creation: WinDelays

    @property
    def round_horizon_days(self) -> int | None:
        """Smallest round number of days that covers 95 % of the wins; None without a win or beyond two years."""
        return next((days for days in ROUND_DAYS if self.delays.covered_by(days) >= COVERED), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFacts:
    """Counts of a history; moments are UTC, ``closings`` and ``win_times`` are empty for a source without dates."""

    leads: int
    undated: int
    won: int
    lost: int
    reopened: int
    first_created: datetime | None
    closings: Closings
    win_times: WinTimes
    rows: dict[str, int]

    @property
    def open(self) -> int:
        """Leads without a decision."""
        return self.leads - self.won - self.lost


def read_facts(history: History, horizon_days: int, *, memory_limit: str = "1GB") -> HistoryFacts:
    """Count ``history``; wins later than ``horizon_days`` days are late."""
    paths = {"leads": engine_path(history.path("leads")), "outcomes": engine_path(history.path("outcomes"))}
    with open_engine(memory_limit=memory_limit) as backend:
        ((leads, undated, won, lost, reopened, first),) = backend.con.execute(_LEADS, paths).fetchall()
        rows = {name: _count(backend, history, name, query) for name, query in _COUNTS.items()}
        closings, win_times = _NO_CLOSINGS, _NO_WINS
        if history.dated:
            sample: pd.DataFrame = backend.con.execute(_SAMPLE, {**paths, "most": _MAX_LEADS}).df()
            closings = find_closings(sample["created_us"].to_numpy(), sample["closed_us"].to_numpy())
            win_times = _win_times(backend, history, paths, horizon_days, closings)
    return HistoryFacts(
        leads=leads,
        undated=undated,
        won=won,
        lost=lost,
        reopened=reopened,
        first_created=moment(first) if history.dated and first is not None else None,
        closings=closings,
        win_times=win_times,
        rows=rows,
    )


def _count(backend: Any, history: History, name: str, query: str) -> int:
    ((rows,),) = backend.con.execute(query, {"path": engine_path(history.path(_TABLE_OF.get(name, name)))}).fetchall()
    return int(rows)


def _win_times(
    backend: Any, history: History, paths: dict[str, str], horizon_days: int, closings: Closings
) -> WinTimes:
    until_us = microseconds(history.read_at)
    backend.create_table("handoffs", handoffs(open_tables(backend, history), until_us), temp=True)
    backend.con.execute(_FIRST_WINS, {**paths, "until_us": until_us})
    ((wins, handed_off, late),) = backend.con.execute(_WIN_COUNTS, {"horizon_us": horizon_days * DAY_US}).fetchall()
    sample: pd.DataFrame = backend.con.execute(_WIN_SAMPLE, {"most": _MAX_LEADS}).df()
    if closings.truncated and closings.first_us is not None:
        sample = sample[sample["created_us"] >= closings.first_us]
    return WinTimes(
        wins=wins,
        handed_off=handed_off,
        late=late,
        delays=_delays(sample, "start_us", until_us),
        delays_from_creation=_delays(sample, "created_us", until_us),
    )


def _delays(wins: pd.DataFrame, start: str, until_us: int) -> WinDelays:
    began = wins[start].to_numpy()
    return win_delays((wins["won_us"].to_numpy() - began) / DAY_US, (until_us - began) / DAY_US)


_NO_CLOSINGS = Closings(first_us=None, expected_before=0.0, closed_before=0)
_NO_DELAYS = win_delays(np.empty(0), np.empty(0))
_NO_WINS = WinTimes(wins=0, handed_off=0, late=0, delays=_NO_DELAYS, delays_from_creation=_NO_DELAYS)
