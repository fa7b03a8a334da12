from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.answers.answer_log import ANSWERS, Answer, AnswerBook
from leadq.crm.answers.challenge import Challenge
from leadq.crm.answers.challenge_log import ChallengeLog
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.labels import first_worked
from leadq.features.landmarks import handoffs
from leadq.foundation.problems import InputError
from tests.crm.reading.conftest import READ_AT, SIMPLE, SourceFolder, lead_rows

Rows = Callable[[History, str], list[dict[str, Any]]]
MAPPED = SIMPLE.replace("sources:", "sources:\n  dispositions: {path: answers.csv}")
HEAD = "lead_id,decided_at,decision,reason\n"
MARCH = datetime(2024, 3, 1, 12, tzinfo=UTC)


def _answer(sources: SourceFolder, lead: str, at: datetime, decision: Any = "accepted", **more: Any) -> None:
    reason = "no_budget" if decision == "rejected" else None
    answer = Answer(lead_id=lead, decided_at=at, decision=decision, reason=reason, rep="Ann", **more)
    AnswerBook(sources.path / "store" / ANSWERS).record(answer)


@pytest.fixture
def leads(sources: SourceFolder) -> SourceFolder:
    sources.write("leads.csv", lead_rows(30))
    return sources


def test_without_answers_reading_is_as_it_was_and_makes_no_file(leads: SourceFolder) -> None:
    history = leads.read(SIMPLE)
    assert "dispositions" not in history.counts
    assert not (leads.path / "store").exists()


def test_answers_are_dispositions_where_none_are_mapped(leads: SourceFolder, rows_of: Rows) -> None:
    before = leads.read(SIMPLE).sha256
    _answer(leads, "L0002", MARCH, "rejected", note="write to ann@example.com")
    history = leads.read(SIMPLE)
    (row,) = rows_of(history, "dispositions")
    assert (row["lead_id"], row["decision"], row["reason"], row["channel"]) == (
        "L0002",
        "rejected",
        "no_budget",
        "desk",
    )
    assert (row["note"], row["rep"], row["decided_at"]) == ("write to [e-mail]", "Ann", MARCH)
    assert (history.counts["dispositions"].read, history.counts["dispositions"].used) == (1, 1)
    assert history.sha256 != before
    assert leads.read(SIMPLE).sha256 == history.sha256
    assert any("1 decision from the desk, in answers.sqlite" in note for note in read_notes(history.folder))


def test_mapped_ones_say_crm_and_stand_beside_them(leads: SourceFolder, rows_of: Rows) -> None:
    leads.write(
        "answers.csv", HEAD + "L0002,2024-02-20T10:00:00Z,rejected,no_budget\nL0005,2024-02-20T10:00:00Z,accepted,\n"
    )
    _answer(leads, "L0002", MARCH)
    history = leads.read(MAPPED)
    found = [(row["lead_id"], row["decision"], row["channel"]) for row in rows_of(history, "dispositions")]
    assert sorted(found) == [("L0002", "accepted", "desk"), ("L0002", "rejected", "crm"), ("L0005", "accepted", "crm")]
    assert history.counts["dispositions"].read == 3


def test_what_is_worked_again_says_only_the_draw_of_the_desk(leads: SourceFolder) -> None:
    leads.write(
        "answers.csv", HEAD + "L0002,2024-02-20T10:00:00Z,worked_again,\nL0005,2024-02-20T10:00:00Z,accepted,\n"
    )
    _answer(leads, "L0003", MARCH, "rejected")
    log = ChallengeLog(leads.path / "store" / ANSWERS)
    for number in range(3, 24):
        challenge = Challenge(lead_id=f"L{number:04}", challenged_at=MARCH, side="marketing", who="Mia",
                              about="rejection", of_at=MARCH, note="asked for a price")  # fmt: skip
        log.record(challenge)
    picked = {one.lead_id for one in log.all() if one.picked}
    assert picked
    history = leads.read(f"rejected_share: 0.5\n{MAPPED}")
    assert history.counts["dispositions"].rejected == 1
    with open_engine() as backend:
        tables = open_tables(backend, history)
        assert set(tables.worked_again.lead_id.to_pyarrow().to_pylist()) == picked
        answers = tables.dispositions.select("lead_id", "decision").to_pyarrow().to_pylist()
    assert {(one["lead_id"], one["decision"]) for one in answers} == {("L0003", "rejected"), ("L0005", "accepted")}


def test_a_disagreement_and_an_answer_after_the_reading_are_no_dispositions(leads: SourceFolder, rows_of: Rows) -> None:
    _answer(leads, "L0002", MARCH, None, suggested_tier="T3")
    _answer(leads, "L0002", READ_AT + timedelta(seconds=1))
    _answer(leads, "L0005", READ_AT)
    assert [row["lead_id"] for row in rows_of(leads.read(SIMPLE), "dispositions")] == ["L0005"]


@pytest.mark.parametrize("mapped", [True, False])
def test_an_answer_on_a_lead_that_is_gone_is_left_out_with_a_note_until_the_lead_is_back(
    leads: SourceFolder, rows_of: Rows, mapped: bool
) -> None:
    text = MAPPED if mapped else SIMPLE
    leads.write("answers.csv", HEAD + "L0002,2024-02-20T10:00:00Z,accepted,\n")
    note = "dispositions: 1 decision from the desk is about a lead no longer in leads"
    _answer(leads, "L0099", MARCH)
    history = leads.read(text)
    count = history.counts["dispositions"]
    assert (count.read, count.used, count.rejected) == (mapped, mapped, 0)
    assert [row["lead_id"] for row in rows_of(history, "dispositions")] == ["L0002"] * mapped
    assert rows_of(history, "rejected") == []
    assert note in read_notes(history.folder)
    _answer(leads, "L0005", MARCH)
    history = leads.read(text)
    assert [row["lead_id"] for row in rows_of(history, "dispositions")] == [*["L0002"] * mapped, "L0005"]
    assert note in read_notes(history.folder)
    leads.write("leads.csv", lead_rows(100))
    history = leads.read(text)
    assert [row["lead_id"] for row in rows_of(history, "dispositions")] == [*["L0002"] * mapped, "L0005", "L0099"]
    assert note not in read_notes(history.folder)


def test_a_mapped_disposition_of_no_lead_still_stops_it(leads: SourceFolder) -> None:
    leads.write("answers.csv", HEAD + "gone,2024-02-20T10:00:00Z,accepted,\n")
    _answer(leads, "L0002", MARCH)
    with pytest.raises(InputError, match="names no lead that is in leads"):
        leads.read(MAPPED)


def test_an_answer_follows_its_lead_through_a_merge(leads: SourceFolder, rows_of: Rows) -> None:
    leads.write("aliases.csv", "old_lead_id,lead_id,merged_at\nL0002,L0005,2024-04-01T00:00:00Z\n")
    _answer(leads, "L0002", MARCH)
    history = leads.read(SIMPLE.replace("sources:", "sources:\n  lead_aliases: {path: aliases.csv}"))
    assert [row["lead_id"] for row in rows_of(history, "dispositions")] == ["L0005"]


def test_a_flat_source_leaves_them_out_and_says_so(sources: SourceFolder) -> None:
    sources.write(
        "leads.csv", "lead_id,y\n" + "".join(f"{place},{'yes' if place % 2 else 'no'}\n" for place in range(40))
    )
    _answer(sources, "3", MARCH)
    history = sources.read("flat: {path: leads.csv, outcome: y, won: [yes], lost: [no]}\n")
    assert pq.read_metadata(history.path("dispositions")).num_rows == 0
    assert any("1 decision from the desk is not read" in note for note in read_notes(history.folder))


def test_the_hand_off_is_the_first_acceptance_whoever_gave_it(leads: SourceFolder) -> None:
    leads.write("answers.csv", HEAD + "L0002,2024-03-10T12:00:00Z,accepted,\nL0005,2024-02-20T12:00:00Z,accepted,\n")
    without = leads.read(MAPPED)
    assert _handed_off(without) == {"L0002": MARCH + timedelta(days=9), "L0005": datetime(2024, 2, 20, 12, tzinfo=UTC)}
    for lead, moment, decision in (
        ("L0002", MARCH, "accepted"),  # nine days before the CRM's
        ("L0005", MARCH, "rejected"),  # a later rejection undoes no hand-off
        ("L0008", MARCH, "accepted"),
        ("L0008", MARCH + timedelta(days=1), "accepted"),
    ):
        _answer(leads, lead, moment, decision)
    history = leads.read(MAPPED)
    expected = {"L0002": MARCH, "L0005": datetime(2024, 2, 20, 12, tzinfo=UTC), "L0008": MARCH}
    assert _handed_off(history) == expected
    with open_engine() as backend:
        worked = first_worked(open_tables(backend, history)).to_pyarrow().to_pylist()
    assert {row["lead_id"]: row["worked_us"] for row in worked} == {
        lead: microseconds(moment) for lead, moment in expected.items()
    }


def _handed_off(history: History) -> dict[str, datetime]:
    with open_engine() as backend:
        rows = handoffs(open_tables(backend, history), microseconds(READ_AT)).to_pyarrow().to_pylist()
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return {row["lead_id"]: epoch + timedelta(microseconds=row["handoff_us"]) for row in rows}
