"""The three data sets of LEADQ_SHARED_DATA through their example configurations."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History, TableCount
from leadq.crm.reading.ingest import read_history

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("LEADQ_SHARED_DATA", ROOT / ".." / "shared" / "data")).resolve()
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
RowsOf = Callable[[History, str], list[dict[str, Any]]]


def _read(example: str, folder: Path) -> History:
    if not (DATA / example).is_dir():
        pytest.skip(f"{DATA / example} is absent; set LEADQ_SHARED_DATA")
    config = read_config(ROOT / "examples" / example / "leadq.yaml", environment={"LEADQ_SHARED_DATA": str(DATA)})
    return read_history(config, folder=folder / "history", read_at=READ_AT)


def _outcomes(history: History, rows_of: RowsOf) -> Counter[str]:
    return Counter(row["outcome"] for row in rows_of(history, "outcomes"))


def test_loan_leads(tmp_path: Path, rows_of: RowsOf) -> None:
    history = _read("loan_leads_2012", tmp_path)
    assert history.counts["leads"] == TableCount(read=13_087, used=13_087, rejected=0)
    assert history.counts["events"].rejected == 0
    assert history.counts["touches"] == TableCount(read=71_376, used=71_376, rejected=0)
    assert _outcomes(history, rows_of) == {"won": 2_246, "lost": 7_635 + 2_807}
    assert [(field.name, field.type) for field in history.own_fields] == [("amount_req", "number")]
    kinds = {row["kind"] for row in rows_of(history, "events")}
    assert {"A_APPROVED", "A_DECLINED"} <= kinds
    assert not kinds & {"A_REGISTERED", "A_ACTIVATED", "O_ACCEPTED", "W_Valideren aanvraag"}
    assert history.has_touches
    assert rows_of(history, "leads")[0]["created_at"].isoformat() == "2011-09-30T22:38:44.546000+00:00"


def test_crm_opportunities(tmp_path: Path, rows_of: RowsOf) -> None:
    history = _read("crm_opportunities", tmp_path)
    leads = rows_of(history, "leads")
    assert history.counts["leads"] == TableCount(read=8_800, used=8_800, rejected=0)
    assert _outcomes(history, rows_of) == {"won": 4_238, "lost": 2_473}
    assert sum(row["created_at"] is None for row in leads) == 500
    assert sum(row["account_id"] is None for row in leads) == 1_425
    assert all(row["series"] and row["regional_office"] for row in leads)
    assert {row["industry"] for row in rows_of(history, "accounts")} >= {"technology"}
    assert {field.name for field in history.own_fields if field.status == "used"} >= {
        "close_value",
        "product",
        "series",
    }


def test_bank_calls(tmp_path: Path, rows_of: RowsOf) -> None:
    history = _read("bank_calls", tmp_path)
    assert history.counts["leads"] == TableCount(read=41_188, used=41_188, rejected=0)
    assert _outcomes(history, rows_of) == {"won": 4_640, "lost": 36_548}
    assert len(history.own_fields) == 20
    assert all(field.status == "used" for field in history.own_fields)
    assert not history.dated


def test_examples_are_complete_and_hold_no_data() -> None:
    for example in ("loan_leads_2012", "crm_opportunities", "bank_calls"):
        files = {
            path.name for path in (ROOT / "examples" / example).iterdir() if path.suffix in (".csv", ".gz", ".parquet")
        }
        assert files == set()
        assert (ROOT / "examples" / example / "agreement.yaml").is_file()
