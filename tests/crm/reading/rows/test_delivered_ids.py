"""Ids go out as they came in: what leadq delivers as CSV, read again by leadq, has the same ids, however hostile they are."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadq.crm.connectors.files.target import FileTarget
from leadq.crm.connectors.protocol import Chunk, TargetField, TargetRow
from leadq.crm.contract.history import History
from leadq.crm.storage.spreadsheet_cells import may_run
from tests.crm.reading.conftest import SIMPLE, SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
HOSTILE = [
    "-1001", "+1001", "-1001.5", "007", "1e5", "-MxYz_1", "@ana", "+49 123", "a,b", 'say "no"', "semi;colon", "'quoted'", "x'y",
    "=cmd|'/c calc'!A1", "@SUM(A1)", "-1+cmd|A1", "\uff1dA1", "ß\u0301", "日本", "L|1", "a\\b", "true", "2024-01-01", "A1 B2",
]  # fmt: skip
SIGNS = "-+=@'\"0123456789abzABZ .,;|_/\\()éЖ日"


def _round_trip(folder: Path, ids: list[str], rows_of: RowsOf) -> None:
    sources = SourceFolder(path=folder)
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["lead_id", "created_at", "closed_at", "status"])
        writer.writerows([one, "2024-01-02T10:00:00Z", "", "open"] for one in ids)
    read = [row["lead_id"] for row in rows_of(sources.read(SIMPLE), "leads")]
    target = FileTarget(name="files", folder=folder / "out")
    target.check((TargetField(name="lq_score", kind="number"),))
    rows = tuple(TargetRow(key=one, values={"lq_score": 7.0}) for one in sorted(read))
    outcomes = target.step(Chunk(run_id="r1", number=0, rows=rows), None).outcomes or ()
    refused = {one.key for one in outcomes if one.state == "rejected"}
    assert refused == {one for one in read if may_run(one)}
    delivered = folder / "out" / "000001-r1-00000" / "scores.csv"
    if refused == set(read):
        assert not delivered.exists()
        return
    again = sources.read("flat: {path: out/000001-r1-00000/scores.csv, outcome: lq_score, won: ['7'], lost: ['0']}\n")
    assert sorted(row["lead_id"] for row in rows_of(again, "leads")) == sorted(set(read) - refused)


def test_hostile_ids_come_back_as_they_went(tmp_path: Path, rows_of: RowsOf) -> None:
    _round_trip(tmp_path, HOSTILE, rows_of)


@pytest.mark.parametrize("ids", [["-1001", "-7", "12"], ["0001", "0002"], ["7000", "7001"]])
def test_numbers_with_signs_and_zeros_come_back(tmp_path: Path, rows_of: RowsOf, ids: list[str]) -> None:
    _round_trip(tmp_path, ids, rows_of)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.text(SIGNS, min_size=1, max_size=9).map(str.strip).filter(lambda one: any(map(str.isalnum, one))),
        min_size=2,
        max_size=8,
        unique_by=str.casefold,
    )
)
def test_any_ids_come_back(tmp_path_factory: pytest.TempPathFactory, rows_of: RowsOf, ids: list[str]) -> None:
    _round_trip(tmp_path_factory.mktemp("ids"), ids, rows_of)
