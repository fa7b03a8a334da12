from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from leadq.crm.answers.answer_log import MAX_NOTE, Answer, AnswerBook, clean_note
from leadq.crm.answers.challenge import Challenge
from leadq.crm.answers.challenge_log import ChallengeLog
from leadq.crm.contract.crm_tables import DISPOSITIONS
from leadq.foundation.problems import StoreError, UsageError

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


def _accepted(lead: str, minutes: int = 0) -> Answer:
    return Answer(lead_id=lead, decided_at=NOON + timedelta(minutes=minutes), rep="Ann", decision="accepted", tier="T1")


def _rejected(lead: str, minutes: int = 0, note: str | None = None) -> Answer:
    moment = NOON + timedelta(minutes=minutes)
    return Answer(lead_id=lead, decided_at=moment, rep="Bo", decision="rejected", reason="no_budget", note=note)


def _disagreed(lead: str, minutes: int = 0) -> Answer:
    return Answer(lead_id=lead, decided_at=NOON + timedelta(minutes=minutes), rep="Ann", suggested_tier="T3")


@pytest.fixture
def book(tmp_path: Path) -> AnswerBook:
    return AnswerBook(tmp_path / "store" / "answers.sqlite")


def test_reading_never_makes_the_file(book: AnswerBook) -> None:
    assert (dict(book.latest()), book.of("L1"), book.since(NOON), book.audit()) == ({}, (), (), ())
    assert list(book.dispositions(until=NOON)) == []
    assert not book.path.parent.exists()


def test_the_later_decision_counts_and_the_earlier_one_stays(book: AnswerBook) -> None:
    answers = [_accepted("L1"), _rejected("L1", 5), _accepted("L2", 1), _disagreed("L2", 9)]
    for answer in answers:
        book.record(answer)
    assert book.of("L1") == (answers[0], answers[1])
    assert dict(book.latest()) == {"L1": answers[1], "L2": answers[2]}
    assert dict(book.disagreements()) == {"L2": answers[3]}
    assert book.since(NOON + timedelta(minutes=1)) == (answers[2], answers[1], answers[3])


def test_an_answer_that_comes_late_with_an_earlier_time_does_not_count(book: AnswerBook) -> None:
    book.record(_rejected("L1", 5))
    assert book.latest()["L1"].decision == "rejected"
    book.record(_accepted("L1", 2))
    assert book.latest()["L1"].decision == "rejected"
    book.record(_accepted("L1", 5))
    assert book.latest()["L1"].decision == "accepted"
    assert AnswerBook(book.path).latest() == book.latest()


def test_what_another_process_recorded_is_seen_and_what_was_handed_out_stays(book: AnswerBook) -> None:
    book.record(_accepted("L1"))
    before = book.latest()
    AnswerBook(book.path).record(_accepted("L2"))
    assert set(book.latest()) == {"L1", "L2"}
    assert set(before) == {"L1"}


def test_dispositions_have_the_contracts_columns_and_end_at_a_moment(book: AnswerBook) -> None:
    for answer in (_rejected("L1", 5, "left\x00 a\r\nmessage"), _accepted("L2"), _disagreed("L3"), _accepted("L4", 60)):
        book.record(answer)
    found = pa.Table.from_batches(book.dispositions(until=NOON + timedelta(minutes=30)))
    assert found.schema == DISPOSITIONS
    rows = found.to_pylist()
    assert [(row["lead_id"], row["decision"], row["channel"], row["rep"]) for row in rows] == [
        ("L2", "accepted", "desk", "Ann"),
        ("L1", "rejected", "desk", "Bo"),
    ]
    assert (rows[1]["note"], rows[1]["reason"], rows[1]["decided_at"]) == (
        "left a message",
        "no_budget",
        NOON + timedelta(minutes=5),
    )


def test_every_answer_is_in_the_audit_log_beside_what_else_was_done(book: AnswerBook) -> None:
    book.note_audit(NOON, "Ann", "signed in", {"address": "10.0.0.8"})
    book.record(_rejected("L1", 1), who="Ann")
    signed, rejected = book.audit()
    assert (signed.what, signed.lead_id, dict(signed.detail)) == ("signed in", None, {"address": "10.0.0.8"})
    assert (rejected.who, rejected.what, rejected.lead_id) == ("Ann", "rejected", "L1")
    assert rejected.detail["rep"] == "Bo"
    assert rejected.at == NOON + timedelta(minutes=1)


@pytest.mark.parametrize("table", ["answers", "audit"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {t} SET lead_id = 'x'", "DELETE FROM {t}", "INSERT OR REPLACE INTO {t} SELECT * FROM {t}"],
)
def test_nothing_recorded_can_be_changed_or_removed(book: AnswerBook, table: str, statement: str) -> None:
    book.record(_accepted("L1"))
    with sqlite3.connect(book.path) as client, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        client.execute(statement.format(t=table))
    client.close()
    assert book.of("L1") == (_accepted("L1"),)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"decision": "rejected"}, "must have a reason"),
        ({}, "must say something"),
        ({"decision": "perhaps"}, "accepted or rejected"),
        ({"decision": "accepted", "decided_at": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001
        ({"decision": "accepted", "note": "x" * (MAX_NOTE + 1)}, "at most 500 characters"),
    ],
)
def test_an_answer_that_cannot_be_taken(fields: dict[str, object], rule: str) -> None:
    with pytest.raises(UsageError, match=rule):
        Answer(**{"lead_id": "L1", "decided_at": NOON, "rep": "Ann", **fields})  # type: ignore[arg-type]


def test_a_note_loses_what_cannot_be_seen() -> None:
    assert clean_note("a\u202eb\x1b[31m\ud800 \n 👍") == "ab[31m 👍"
    assert clean_note(" \u200b\n") is None
    assert Answer(lead_id="L", decided_at=NOON, rep="A", decision="accepted", note="\n" * 900 + "y").note == "y"


def test_a_newer_file_and_a_damaged_one_are_refused_in_words(book: AnswerBook) -> None:
    book.record(_accepted("L1"))
    with sqlite3.connect(book.path) as client:
        client.execute("PRAGMA user_version = 9")
    client.close()
    for act in (book.latest, lambda: book.record(_accepted("L2"))):
        with pytest.raises(StoreError, match="schema version 3 or earlier, got 9"):
            act()
    book.path.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(StoreError, match=r"damaged.*backup"):
        AnswerBook(book.path).record(_accepted("L2"))
    with pytest.raises(StoreError, match=r"damaged.*backup"):
        AnswerBook(book.path).latest()


def test_a_refused_record_leaves_neither_answer_nor_audit_row(book: AnswerBook) -> None:
    book.record(_accepted("L1"))
    wrong = _accepted("L2")
    object.__setattr__(wrong, "decision", "perhaps")
    with pytest.raises(StoreError, match="Nothing was recorded"):
        book.record(wrong)
    assert (len(book.since(NOON)), len(book.audit())) == (1, 1)


def test_several_threads_and_two_books_record_without_loss(book: AnswerBook) -> None:
    books = (book, AnswerBook(book.path))

    def answer(place: int) -> None:
        for number in range(10):
            books[place % 2].record(_accepted(f"L{place}-{number}"))
            books[place % 2].latest()

    threads = [threading.Thread(target=answer, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(book.latest()) == 40 == len(book.audit())


ANSWERING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from leadq.crm.answers.answer_log import Answer, AnswerBook
book = AnswerBook(Path(sys.argv[1]))
for number in range(100_000):
    book.record(Answer(lead_id=f"L{number}", decided_at=datetime.now(UTC), rep="Ann", decision="accepted", note="n" * 400))
    print(number, flush=True)
"""


def test_killed_while_recording_every_acknowledged_answer_is_there_and_whole(book: AnswerBook) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ANSWERING, str(book.path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        time.sleep(0.013)
        process.send_signal(signal.SIGKILL)
        acknowledged = 20 + len(process.stdout.read().splitlines())
    answers = book.since(datetime(2020, 1, 1, tzinfo=UTC))
    assert acknowledged <= len(answers) <= acknowledged + 1
    assert [row.lead_id for row in book.audit()] == [answer.lead_id for answer in answers]
    assert all(answer.note == "n" * 400 for answer in answers)
    book.record(_accepted("after"))
    assert "after" in book.latest()


@pytest.mark.parametrize(("version", "later"), [(1, ("need", "against_record", "fits_profile")), (2, ("need",))])
def test_a_log_of_before_is_read_as_it_is_and_takes_what_came_later(
    book: AnswerBook, version: int, later: tuple[str, ...]
) -> None:
    book.record(_rejected("L1"))
    with sqlite3.connect(book.path) as client:  # as that version made it
        for column in later:
            client.execute(f"ALTER TABLE answers DROP COLUMN {column}")
        for table in ("challenges", "replies", "draw"):
            client.execute(f"DROP TABLE {table}")
        client.execute(f"PRAGMA user_version = {version}")
    client.close()
    before = pa.Table.from_batches(AnswerBook(book.path).dispositions(until=NOON))
    assert (ChallengeLog(book.path).all(), before.column("decision").to_pylist()) == ((), ["rejected"])
    former = AnswerBook(book.path)
    assert [(one.reason, one.against_record, one.fits_profile) for one in former.of("L1")] == [
        ("no_budget", None, None)
    ]
    asked = replace(_rejected("L1", 5), against_record="1 of 6 attempts is recorded", fits_profile=False, need="cost")
    former.record(asked)
    assert former.of("L1")[1] == asked
    assert former.latest()["L1"].fits_profile is False
    assert former.audit()[-1].detail["against_record"] == "1 of 6 attempts is recorded"
    about = {"side": "marketing", "who": "Mia", "about": "rejection", "note": "asked for a price"}
    made = Challenge(lead_id="L1", challenged_at=NOON + timedelta(hours=1), of_at=NOON, **about)
    assert ChallengeLog(book.path).record(made) in ChallengeLog(book.path).all()
