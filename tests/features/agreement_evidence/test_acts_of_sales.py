"""What counts as a touch in a draft: kinds as people write them, none of the lead's own, and no kind missed that nobody agreed on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from leadq.crm.contract.history import History
from leadq.features.agreement_evidence.acts_of_sales import acts_of_sales
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("agreed", "hours", "touches", "in_the_data"),
    [
        ((), 2, 2, True),
        (("e_mail",), 3, 1, True),
        (("call", "e-mail"), 2, 2, True),
        (("sms",), 2, 2, False),
    ],
)
def test_touches_that_count(
    write_history: Callable[..., History],
    tmp_path: Path,
    agreed: tuple[str, ...],
    hours: int,
    touches: int,
    in_the_data: bool,
) -> None:
    done = [(1, "Call", " Inbound "), (2, "Call", "outbound"), (3, "E-Mail", None)]
    rows = {
        "leads": [{"lead_id": "L1", "created_at": START}],
        "touches": [
            {"lead_id": "L1", "occurred_at": START + timedelta(hours=hour), "kind": kind, "direction": direction}
            for hour, kind, direction in done
        ],
    }
    history = write_history(tmp_path, rows, read_at=START + timedelta(days=30), has_touches=True)
    with open_engine() as backend:
        tables = open_tables(backend, history)
        entered = microseconds(START)
        none = pa.array([None], pa.int64())
        one = {"hand_over_id": [0], "lead_id": ["L1"], "entered_us": [entered], "handed_over_us": [entered]}
        handed = pa.table({**one, "next_us": none})
        acts = acts_of_sales(tables, backend.create_table("handed", ibis.memtable(handed), temp=True), agreed)
    assert acts.kinds_agreed is in_the_data
    (row,) = acts.rows.to_dict("records")
    assert row["open_until_us"] == microseconds(history.read_at)  # neither closed nor entered anew
    assert (row["first_touch_us"] - entered, row["touches"]) == (hours * 3_600_000_000, touches)
