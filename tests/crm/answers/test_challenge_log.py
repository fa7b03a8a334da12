"""Challenges and replies: what is kept, what is refused, and half of the rejections drawn by nobody's choice."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from leadq.crm.answers.answer_log import Answer, AnswerBook
from leadq.crm.answers.challenge import Challenge, Reply, drawn
from leadq.crm.answers.challenge_log import ChallengeLog
from leadq.crm.contract.crm_tables import WORKED_AGAIN
from leadq.foundation.problems import UsageError

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REJECTED = Answer(lead_id="L0", decided_at=NOON, rep="Bo", decision="rejected", reason="no_budget")
AGREED = Reply(replied_at=NOON + 2 * HOUR, who="Bo", said="agreed")


def challenged(lead: str) -> Challenge:
    return Challenge(
        lead_id=lead,
        challenged_at=NOON + HOUR,
        side="marketing",
        who="Mia",
        about="rejection",
        of_at=NOON,
        reason="no_budget",
        note="they\u202e asked\nfor a price",
    )


def test_a_challenge_is_kept_with_its_reply_and_the_half_that_is_worked_again_is_read(tmp_path: Path) -> None:
    log, book = ChallengeLog(tmp_path / "answers.sqlite"), AnswerBook(tmp_path / "answers.sqlite")
    assert (log.all(), log.path.exists()) == ((), False)
    book.record(REJECTED)
    given = [challenged(f"L{number}") for number in range(30)]
    kept = [log.record(one) for one in given]
    assert log.all() == tuple(kept)
    assert [replace(one, picked=False) for one in kept] == given
    seed = seed_of(log)
    picked = {one.lead_id for one in given if drawn(seed, one.lead_id, NOON)}
    assert {one.lead_id for one in kept if one.picked} == picked
    rows = pa.Table.from_batches(book.dispositions(until=NOON + HOUR)).to_pylist()
    assert rows[0]["decision"] == "rejected"
    assert {row["lead_id"] for row in rows[1:]} == picked
    assert {(row["decision"], row["decided_at"], row["channel"]) for row in rows[1:]} == {
        (WORKED_AGAIN, NOON + HOUR, "desk")
    }
    assert len(pa.Table.from_batches(book.dispositions(until=NOON))) == 1  # as of then nobody had challenged anything
    back = replace(REJECTED, decided_at=AGREED.replied_at, decision="accepted", reason=None)
    log.reply(given[0], AGREED, instead=back)
    assert log.of("L0") == (replace(kept[0], reply=AGREED),)
    assert given[0].note == "they asked for a price"
    assert book.latest()["L0"].decision == "accepted"
    assert [one.what for one in book.audit()][-3:] == ["challenged", "replied", "accepted"]


def seed_of(log: ChallengeLog) -> str:
    with sqlite3.connect(log.path) as client:
        (seed,) = client.execute("SELECT seed FROM draw").fetchone()
    client.close()
    return str(seed)


def test_nobody_who_challenges_chooses_what_is_picked(tmp_path: Path) -> None:
    logs = [ChallengeLog(tmp_path / name) for name in ("a.sqlite", "b.sqlite")]
    for place, log in enumerate(logs):  # another moment, person and note are the same draw
        for number in range(20):
            one = replace(
                challenged(f"L{number}"), challenged_at=NOON + (place + 1) * HOUR, who=f"M{place}", note=str(place)
            )
            assert log.record(one).picked == drawn(seed_of(log), one.lead_id, NOON)
    seeds = {seed_of(log) for log in logs}
    assert len(seeds) == 2
    assert all(len(seed) == 32 for seed in seeds)
    for seed in seeds:
        assert 400 < sum(drawn(seed, f"L{number}", NOON) for number in range(1000)) < 600  # six standard errors
    accepted = replace(challenged("L99"), about="acceptance", reason=None)
    assert not any(logs[0].record(replace(accepted, lead_id=f"L{number}")).picked for number in range(20))


def test_nothing_is_challenged_or_replied_to_twice_or_without_saying_why(tmp_path: Path) -> None:
    log = ChallengeLog(tmp_path / "answers.sqlite")
    log.record(challenged("L0"))
    with pytest.raises(UsageError, match="challenged once only"):  # or one could draw until it is picked
        log.record(replace(challenged("L0"), challenged_at=NOON + 5 * HOUR))
    log.reply(challenged("L0"), AGREED)
    for lead in ("L0", "L1"):
        with pytest.raises(UsageError, match="must be open to reply to"):
            log.reply(challenged(lead), AGREED)
    with pytest.raises(UsageError, match="must say why"):
        replace(challenged("L0"), note="\u200b ")
    with pytest.raises(UsageError, match="must say why"):
        Reply(replied_at=NOON, who="Bo", said="stands")
    with pytest.raises(UsageError, match="must be of what the other side said"):
        replace(challenged("L0"), side="sales")


@pytest.mark.parametrize("table", ["challenges", "replies", "draw"])
@pytest.mark.parametrize(
    "act", ["UPDATE {t} SET number = 9", "DELETE FROM {t}", "INSERT OR REPLACE INTO {t} SELECT * FROM {t}"]
)
def test_nothing_kept_is_changed(tmp_path: Path, table: str, act: str) -> None:
    log = ChallengeLog(tmp_path / "answers.sqlite")
    log.record(challenged("L0"))
    log.reply(challenged("L0"), AGREED)
    with sqlite3.connect(log.path) as client, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        client.execute(act.format(t=table))
    client.close()
