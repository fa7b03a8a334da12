"""Rejected and returned leads from tonight's batch to the score table, the list, the card and what is delivered."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.connectors.connector import column_name
from leadq.crm.contract.score_table import SCORES, WITH_REJECTIONS, with_later_columns
from leadq.models.bundle.bundle import Bundle
from leadq.serving.delivery.planning.payload import our_fields, payload, read_scores, takes_rejections
from leadq.serving.desk.lead_columns import read_lead_rows
from leadq.serving.desk.lead_list import NOBODY, Answered, find
from leadq.serving.desk.list_query import Query
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.scoring.table.tier_summary import tier_rows
from leadq.serving.words.card import Standing, card_of
from leadq.serving.words.card_text import card_text, short_text
from leadq.serving.words.sentences import read_sentences
from tests.serving.conftest import AS_OF
from tests.serving.scoring.table.score_table import write_scores

MakeBatch = Callable[..., pa.RecordBatch]
TIERS = ("T1", "T2", "T3")
TIME, DAY = pa.timestamp("us", tz="UTC"), timedelta(days=1)


@pytest.fixture
def rejected(lead_batch: MakeBatch) -> pa.RecordBatch:
    """Six leads: 0 and 1 stand rejected (1 sleeps for three days more), 2 came back, 3 is too old, 4 and 5 are as ever."""
    given = AS_OF - 5 * DAY
    return lead_batch(
        6,
        status_reason=pa.array(["outside_icp", "no_budget", None, "too old", None, None]),
        rejected_at=pa.array([given, given, given, None, None, None], TIME),
        track=pa.array(["close", "nurture", None, None, None, None]),
        next_owner=pa.array([None, "marketing", None, None, None, None], pa.string()),
        wakes_at=pa.array([None, AS_OF + 3 * DAY, None, None, None, None], TIME),
        returned_at=pa.array([None, None, AS_OF - DAY, None, None, None], TIME),
    )


@pytest.fixture
def table(run: ScoringRun, rejected: pa.RecordBatch, tmp_path: Path) -> tuple[Path, dict]:
    written = write_scores(score_batches([rejected], run), tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet", written


def test_they_have_no_score_and_everybody_else_has_the_score_of_before(
    run: ScoringRun, lead_batch: MakeBatch, table: tuple[Path, dict], agreement: Agreement
) -> None:
    path, written = table
    rows = pq.read_table(path)
    assert rows.schema == WITH_REJECTIONS
    assert rows["status"].to_pylist() == ["rejected", "rejected", "scored", "not_scored", "scored", "scored"]
    for name in ("probability", "margin", "tier", "model_tier", "reasons_for", "contributions"):
        assert rows[name].is_null().to_pylist()[:2] == [True, True]
    (before,) = score_batches([lead_batch(6)], run)
    assert before.schema == SCORES
    for name in set(SCORES.names) - {"percentile"}:
        assert rows[name].to_pylist()[4:] == before.column(name).to_pylist()[4:]
    assert written["counts"]["rejected"] == {"no_budget": 1, "outside_icp": 1}
    assert written["counts"]["status_reason"] == {"too old": 1}
    lines = [(row.tier, row.label, row.leads) for row in tier_rows(written, agreement)]
    assert lines[-3:] == [("not scored", "too old", 1), ("rejected", "no budget", 1), ("rejected", "outside icp", 1)]


def test_a_table_of_before_is_read_with_nothing_known_of_rejections(run: ScoringRun, lead_batch: MakeBatch) -> None:
    rows = with_later_columns(pa.Table.from_batches(list(score_batches([lead_batch(2)], run))))
    assert rows.schema == WITH_REJECTIONS
    assert rows["rejected_at"].null_count == 2


def test_lists_of_what_came_back_and_of_what_wakes(table: tuple[Path, dict]) -> None:
    leads = read_lead_rows([(table[0], None)], tiers=TIERS)
    now_us = int(AS_OF.timestamp() * 1e6)

    def ids(query: Query, answered: Answered = NOBODY) -> set[str]:
        return set(leads.lead_id.take(find(leads, query, answered=answered, now_us=now_us).rows).to_pylist())

    assert ids(Query()) == {"L000002", "L000004", "L000005"}
    assert ids(Query(tier="rejected")) == {"L000000", "L000001"}
    assert ids(Query(list="returned")) == {"L000002"}
    assert ids(Query(list="wakes")) == {"L000001"}
    old_answer = Answered(by_kind={"rejected": frozenset({"L000002"})})
    assert ids(Query(answered="no"), old_answer) == ids(Query())  # what came back waits for a new answer


def test_the_card_says_why_since_when_and_what_follows(
    run: ScoringRun, rejected: pa.RecordBatch, bundle: Bundle
) -> None:
    (scored,) = score_batches([rejected], run)
    texts = [
        card_text(card := card_of(row, run.agreement, Standing.of(bundle), read_sentences())) + short_text(card)
        for row in scored.to_pylist()
    ]
    given, wakes = f"{AS_OF - 5 * DAY:%Y-%m-%d}", f"{AS_OF + 3 * DAY:%Y-%m-%d}"
    assert f"Rejected: outside icp ({given}); next: close." in texts[0]
    assert f"Rejected: no budget ({given}); next: nurture by marketing; wakes on {wakes}." in texts[1]
    assert "won within" in texts[2]
    assert "Not scored: it is older" in texts[3]
    facts = dict(card_of(scored.to_pylist()[2], run.agreement, Standing.of(bundle), read_sentences()).facts)
    assert facts["Came back"] == f"{AS_OF - DAY:%Y-%m-%d}, rejected on {given}"


def test_a_target_that_asks_is_told_and_any_other_gets_what_it_got(table: tuple[Path, dict]) -> None:
    fields = [one.name for one in our_fields(column_name, TIERS)]
    asked = [one.name for one in our_fields(column_name, TIERS, rejections=True)]
    assert (takes_rejections(fields), takes_rejections(asked)) == (False, True)
    assert asked == [*fields, "lq_track", "lq_next_owner", "lq_wakes_at", "lq_returned_at"]
    rows = list(read_scores(table[0]))
    told = [dict(zip(asked, json.loads(payload(row, rejections=True)), strict=True)) for row in rows]
    assert [len(json.loads(payload(row))) for row in rows] == [len(fields)] * 6
    assert [one["lq_status"] for one in told[:3]] == ["rejected: outside_icp", "rejected: no_budget", "scored"]
    assert (told[1]["lq_track"], told[1]["lq_next_owner"]) == ("nurture", "marketing")
    assert told[1]["lq_wakes_at"] == f"{AS_OF + 3 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    assert (told[1]["lq_tier"], told[1]["lq_score"]) == (None, None)
    assert told[2]["lq_returned_at"] == f"{AS_OF - DAY:%Y-%m-%dT%H:%M:%SZ}"
    assert told[4]["lq_wakes_at"] is None
