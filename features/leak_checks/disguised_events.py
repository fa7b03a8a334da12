"""Check 5 on events: a kind that (nearly) always or never comes with a win, seen before the decision, is the outcome itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.leak_checks.closed_leads import ClosedLeads
from leadq.features.leak_checks.finding import LeakFinding
from leadq.foundation.plurals import counted

_BY_KIND = """
SELECT e.kind, count(DISTINCT d.lead_id) AS leads, count(DISTINCT d.lead_id) FILTER (d.won) AS won
FROM decided_leads d JOIN read_parquet($events, hive_partitioning=false) e
  ON e.lead_id = d.lead_id AND epoch_us(e.occurred_at) <= d.decided_us
WHERE e.kind NOT IN (SELECT unnest($known)) GROUP BY e.kind ORDER BY leads DESC, e.kind
"""


def check_kinds(backend: Any, history: History, closed: ClosedLeads) -> Iterator[LeakFinding]:
    """Name event kinds with at least 30 leads and 95 % won, or at least 100 and none won where the base is 5 % or more."""
    if not history.dated or not len(closed.frame):
        return
    base = float(closed.won.mean())
    backend.con.register("decided_leads", closed.arrow())
    try:
        operands = {"events": engine_path(history.path("events")), "known": [*history.outcome_kinds, ""]}
        rows = backend.con.execute(_BY_KIND, operands).fetchall()
    finally:
        backend.con.unregister("decided_leads")
    for kind, leads, won in rows:
        always = leads >= 30 and won / leads >= 0.95 and base < 0.9
        never = leads >= 100 and won == 0 and base >= 0.05
        if always or never:
            yield LeakFinding(
                check=5,
                name="a kind of event that decides",
                field=f"events.kind {kind}",
                figure=won / leads,
                limit=0.95 if always else 0.0,
                consequence="name",
                sentence=f"Of {counted(leads, 'lead')} with an event {kind[:60]!r} before the decision, {won / leads:.0%} were won, "
                f"compared with {base:.0%} overall: it may be the outcome under another name (ignore_kinds in leadq.yaml leaves "
                "it out).",
            )
