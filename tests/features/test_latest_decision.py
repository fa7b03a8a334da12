"""An agreed check on a disposition looks at the latest decision there was, from whichever channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadq.agreement.schema import Agreement
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.field_values import fields_as_of, known_fields
from leadq.features.landmarks import tonight_points
from leadq.features.predicates import rule_hits

START = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
AS_OF = START + 20 * DAY


def _decided(lead: str, decided_at: datetime, decision: str, channel: str | None = "crm") -> dict[str, Any]:
    return {"lead_id": lead, "decided_at": decided_at, "decision": decision, "channel": channel}


@pytest.fixture
def accepted(agreement: Agreement) -> Agreement:
    """The agreement with its one rule on a disposition, within ten days."""
    (rule,) = (rule for rule in agreement.rules if rule.id == "accepted")
    (check,) = rule.when
    late = replace(rule, id="lately", when=(replace(check, within_days=10),))
    return replace(agreement, rules=(rule, late))


def test_the_latest_decision_is_the_one_that_stands(tmp_path: Any, write_history: Any, accepted: Agreement) -> None:
    early, late = AS_OF - 15 * DAY, AS_OF - 2 * DAY
    decisions = [
        _decided("accepted", late, "accepted", None),
        _decided("rejected since", early, "accepted"),
        _decided("rejected since", late, "rejected", "desk"),
        _decided("accepted since", early, "rejected", "desk"),
        _decided("accepted since", late, "accepted"),
        _decided("accepted long ago", early, "accepted", "desk"),
        _decided("rejected tomorrow", late, "accepted"),
        _decided("rejected tomorrow", AS_OF + DAY, "rejected"),
        _decided("both at once", late, "rejected"),
        _decided("both at once", late, "accepted", "desk"),
    ]
    leads = [
        {"lead_id": lead, "created_at": START} for lead in sorted({row["lead_id"] for row in decisions} | {"none"})
    ]
    history = write_history(tmp_path / "h", {"leads": leads, "dispositions": decisions})
    with open_engine() as backend:
        tables = open_tables(backend, history)
        points = tonight_points(tables, microseconds(AS_OF))
        fields = fields_as_of(tables, points, known_fields(history), {})
        hits = points.select("point_id", "lead_id").inner_join(rule_hits(tables, points, fields, accepted), "point_id")
        rows = hits.to_pyarrow().to_pylist()
    assert {row["lead_id"] for row in rows if row["rule:accepted"]} == {
        "accepted", "accepted since", "accepted long ago", "rejected tomorrow", "both at once",
    }  # fmt: skip
    assert {row["lead_id"] for row in rows if row["rule:lately"]} == {
        "accepted", "accepted since", "rejected tomorrow", "both at once",
    }  # fmt: skip
