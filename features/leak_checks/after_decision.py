"""Check 6: a field that is changed after the decision more often for wins than for losses was written because of it.

Only changes within a month of the decision count, and only leads decided a month before the data was read, so that wins and
losses were watched equally long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.engine.duckdb_engine import DAY_US, microseconds
from leadq.features.leak_checks.closed_leads import ClosedLeads
from leadq.features.leak_checks.finding import MIN_CLASS, LeakFinding

LIMIT = 0.05
WATCHED_DAYS = 30

_CHANGED = """
SELECT h.entity, h.field, d.won, count(DISTINCT d.lead_id) AS leads
FROM decided_leads d JOIN read_parquet($changes, hive_partitioning=false) h
  ON h.entity_id = CASE h.entity WHEN 'lead' THEN d.lead_id ELSE d.account_id END
WHERE epoch_us(h.changed_at) > d.decided_us AND epoch_us(h.changed_at) <= d.decided_us + $watched_us
GROUP BY ALL
"""


def check_changes(backend: Any, history: History, closed: ClosedLeads) -> Iterator[LeakFinding]:
    """Compare how often each tracked field changed after wins and after losses."""
    watched = closed.frame[closed.frame["decided_us"] <= microseconds(history.read_at) - WATCHED_DAYS * DAY_US]
    n_won, n_lost = int(watched["won"].sum()), int((~watched["won"].astype(bool)).sum())
    if min(n_won, n_lost) < MIN_CLASS:
        return
    backend.con.register("decided_leads", ClosedLeads(frame=watched).arrow())
    try:
        changed: pd.DataFrame = backend.con.execute(
            _CHANGED, {"changes": engine_path(history.path("field_history")), "watched_us": WATCHED_DAYS * DAY_US}
        ).df()
    finally:
        backend.con.unregister("decided_leads")
    for (entity, field), rows in changed.groupby(["entity", "field"]):
        won = rows.loc[rows["won"].astype(bool), "leads"].sum() / n_won
        lost = rows.loc[~rows["won"].astype(bool), "leads"].sum() / n_lost
        error = float(np.sqrt(won * (1 - won) / n_won + lost * (1 - lost) / n_lost))
        if won - lost > LIMIT and won - lost > 2 * error:
            yield LeakFinding(
                check=6,
                name="changed after the decision",
                field=f"{entity}s.{field}",
                figure=float(won - lost),
                limit=LIMIT,
                consequence="quarantine",
                sentence=f"{entity}s.{field} was changed within {WATCHED_DAYS} days after the decision for {won:.0%} of the "
                f"won and {lost:.0%} of the lost leads: people change it because of the outcome.",
            )
