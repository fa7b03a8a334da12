"""Runs that wait, in whatever order they came: who is sent first, who takes whose place, and what is said of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadq.crm.connectors.protocol import Chunk, RowOutcome
from leadq.foundation.problems import GateStopped, TargetPausedError
from leadq.serving.delivery.deliver import send_run
from leadq.serving.delivery.planning.delivery_request import Tonight
from leadq.serving.delivery.reporting.delivery_report import Report
from leadq.serving.delivery.sending.restore import plan_restore
from leadq.serving.delivery.sending.send import sender
from tests.serving.delivery.company import Place, ScriptedTarget, row, tonight, unheard, write_scores
from tests.serving.delivery.test_deliver import _night


@pytest.fixture
def target() -> ScriptedTarget:
    return ScriptedTarget()


@pytest.fixture
def place(tmp_path: Path, target: ScriptedTarget) -> Place:
    return Place(folder=tmp_path / "store", target=target)


def _paused(target: ScriptedTarget, do: Callable[[], object], *, chunk: int = 1, at: str = "before") -> None:
    """Do something that the target does not let come to its end."""
    target.script = lambda one, now: unheard(after=9999) if one.number == chunk and now == at else None
    with pytest.raises(TargetPausedError):
        do()
    target.script = lambda one, now: None


def _lead(folder: Path, lead: str = "L0024", percentile: float = 0.99, *, night: int = 0, hours: int = 6) -> Tonight:
    path = write_scores(folder / f"{lead}-{night}-{hours}.parquet", [row(lead, percentile)])
    return tonight(path, night=night, hours=hours, lead_id=lead)


def _restored(place: Place, run_id: str) -> Report:
    with place.ledger() as ledger:
        sending = sender(ledger, place.target, place.time.effects(place.folder))
        return send_run(sending, plan_restore(sending, run_id, place.time.now))


def _held(target: ScriptedTarget) -> set[Any]:
    return {values["lq_score"] for values in target.held.values()}


def _waiting(place: Place) -> list[str]:
    with place.ledger() as ledger:
        return [run.kind for run in ledger.unfinished("crm")]


def test_a_lead_takes_the_place_of_no_other_lead(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path))
    first, second = _lead(tmp_path, "L0001"), _lead(tmp_path, "L0002", hours=7)
    _paused(target, lambda: place.deliver(first), chunk=0)
    place.deliver(second)
    assert (_waiting(place), target.held["L0001"]["lq_score"]) == (["lead"], 50)
    report = place.deliver(_night(tmp_path))  # what was delivered before, and what waits
    assert (report.facts["repeated"], [one["lead"] for one in report.facts["also"]]) == (True, ["L0001"])
    assert "Single lead: L0001" in report.words
    assert (_waiting(place), target.held["L0001"]["lq_score"]) == ([], 99)


def test_a_lead_is_not_given_up_because_others_were_sent_at_once(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    lead = _lead(tmp_path)
    for hour in range(7, 11):
        target.script = lambda one, now: unheard(after=9999)
        with pytest.raises(TargetPausedError):
            place.deliver(lead)
        target.script = lambda one, now: None
        place.deliver(_lead(tmp_path, "L0002", hour / 100, hours=hour))
    assert _waiting(place) == ["lead"]
    assert place.deliver(lead).facts["rows_by_state"] == {"ok": 1}


def test_the_same_scores_once_more_go_on_with_what_took_their_place(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    night = _night(tmp_path)
    _paused(target, lambda: place.deliver(night))
    _paused(target, lambda: place.deliver(night, full_refresh=True))
    report = place.deliver(night)
    assert (report.state, report.facts["kind"], len(target.held)) == ("done", "refresh", 25)
    assert report.facts["took_the_place_of"][0]["kind"] == "night"
    assert "Replaces the unfinished delivery" in report.words
    assert place.deliver(night).facts["planned"] == 0
    assert place.deliver(night).facts["repeated"]


def test_a_restore_that_waits_is_gone_on_with_and_its_end_is_not_undone_by_the_same_scores(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    first, night = place.deliver(_night(tmp_path)).facts["run"], _night(tmp_path, night=1, percentile=0.9)
    place.deliver(night, force=True)
    _paused(target, lambda: _restored(place, first))
    assert _held(target) == {50, 90}
    report = place.deliver(night)
    assert (report.facts["kind"], report.state, _held(target)) == ("restore", "done", {50})
    assert f"the values they had after delivery {first}" in report.words
    with pytest.raises(GateStopped, match="undone by a restore"):
        place.deliver(night)
    assert place.deliver(night, force=True).facts["planned"] == 25
    assert _held(target) == {90}


def test_a_paused_night_that_was_set_back_is_not_said_to_be_delivered(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    first, night = place.deliver(_night(tmp_path)).facts["run"], _night(tmp_path, night=1, percentile=0.9)
    _paused(target, lambda: place.deliver(night, force=True))
    _restored(place, first)
    with pytest.raises(GateStopped, match="undone by a restore"):
        place.deliver(night)
    assert _held(target) == {50}


@pytest.mark.parametrize("how", ["unheard", "paused"])
def test_a_restore_sends_what_may_have_been_written_too(
    place: Place, target: ScriptedTarget, tmp_path: Path, how: str
) -> None:
    first, night = place.deliver(_night(tmp_path)).facts["run"], _night(tmp_path, night=1, percentile=0.9)
    if how == "paused":
        _paused(target, lambda: place.deliver(night, force=True), at="after")
    else:
        target.answer = lambda key, time: None
        assert place.deliver(night, force=True).facts["rows_by_state"] == {"dead": 25}
        target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    report = _restored(place, first)
    assert report.facts["rows_by_state"] == {"ok": 25 if how == "unheard" else 20}
    assert _held(target) == {50}


def test_a_restored_value_counts_as_older_than_any_score(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    first, night = place.deliver(_night(tmp_path)).facts["run"], _night(tmp_path, night=1, percentile=0.9)
    place.deliver(night, force=True)
    place.deliver(_lead(tmp_path, percentile=0.1, night=1))
    _restored(place, first)
    assert place.deliver(night, force=True).facts["rows_by_state"] == {"ok": 25}
    assert _held(target) == {90}


def test_an_earlier_night_goes_around_a_later_lead_that_waits(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.deliver(_night(tmp_path))
    _paused(target, lambda: place.deliver(_lead(tmp_path, night=1)), chunk=0)
    report = place.deliver(_night(tmp_path, night=1, percentile=0.6), force=True)
    assert report.facts["rows_by_state"] == {"ok": 24, "skipped": 1}
    assert (target.held["L0024"]["lq_score"], _waiting(place)) == (99, [])
    _paused(target, lambda: place.deliver(_lead(tmp_path, percentile=0.2, night=1, hours=9)), chunk=0)
    place.deliver(_night(tmp_path, night=2, percentile=0.7), force=True)  # later than the lead's score: takes its place
    assert (_held(target), _waiting(place)) == ({70}, [])


@pytest.mark.parametrize("resume", [True, False])
def test_later_scores_that_wait_are_sent_before_a_night_is_taken_up(
    place: Place, target: ScriptedTarget, tmp_path: Path, resume: bool
) -> None:
    night = _night(tmp_path)
    _paused(target, lambda: place.deliver(night))
    _paused(target, lambda: place.deliver(_lead(tmp_path)), chunk=0, at="after")
    report = place.deliver(night, resume=resume)
    assert (report.facts["kind"], report.others[0].facts["kind"]) == ("night", "lead")
    assert {values["lq_score"] for key, values in target.sent if key == "L0024"} == {99}
    assert _waiting(place) == []


def test_a_lead_is_sent_even_where_nothing_changed_so_that_it_overtakes_an_earlier_night(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.deliver(_night(tmp_path))
    changed = _night(tmp_path, night=1, percentile=0.9)
    _paused(target, lambda: place.deliver(changed, force=True))
    assert place.deliver(_lead(tmp_path, percentile=0.5, night=1)).facts["why"] == {"refreshed": 1}
    place.deliver(changed)
    assert (target.held["L0024"]["lq_score"], target.held["L0023"]["lq_score"]) == (50, 90)


def test_what_is_left_of_a_model_that_was_taken_back_is_not_sent(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    bad = _night(tmp_path, night=1, percentile=0.9)
    bad = replace(bad, scores=replace(bad.scores, model_version="m2"))
    _paused(target, lambda: place.deliver(bad))
    sent = len(target.sent)
    for scores, wish in (
        (replace(bad, scores=replace(bad.scores, promoted=False)), {}),
        (_night(tmp_path, night=2), {"resume": True}),
    ):
        with pytest.raises(GateStopped, match="must come from the live model"):
            place.deliver(scores, **wish)
    assert len(target.sent) == sent
    place.deliver(_night(tmp_path, night=2))
    assert _held(target) == {50}


def test_a_place_that_leaves_most_leads_alone_is_the_wrong_one(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    target.chunk_rows = 100
    target.not_now = {f"L{lead:04d}": "not found" for lead in range(60)}
    night = _night(tmp_path, leads=110)
    report = place.deliver(night)
    assert (report.state, report.with_rejected, len(target.held)) == ("stopped", True, 0)
    assert "60 of 100 leads were skipped. Check that these ids belong to this system" in report.words
    assert place.deliver(night).state == "stopped"
    assert place.deliver(night, force=True).facts["rows_by_state"] == {"ok": 50, "skipped": 60}
    target.not_now.clear()
    assert place.deliver(_night(tmp_path, night=1, leads=110)).facts["why"] == {"new": 60}


def test_a_stopped_night_goes_on_once_the_place_is_the_right_one(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    target.answer = lambda key, time: RowOutcome(key=key, state="skipped", text="not found")
    assert place.deliver(_night(tmp_path, leads=110)).facts["rows_by_state"] == {"planned": 70, "skipped": 40}
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    assert place.deliver(_night(tmp_path, leads=110)).facts["rows_by_state"] == {"ok": 110}


def test_every_rejected_row_is_counted_in_words(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    target.answer = lambda key, time: RowOutcome(
        key=key, state="rejected" if int(key[1:]) % 25 == 0 else "ok", code="BAD", text=key
    )
    words = place.deliver(_night(tmp_path, leads=600)).words
    assert "576 confirmed, 24 rejected\n" in words
    assert (words.count("Rejected: 1 (BAD L"), "Rejected: 4 more, for other reasons" in words) == (20, True)


def test_a_report_that_cannot_be_written_hides_no_pause_and_no_end(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.folder.mkdir()
    (place.folder / "delivery").write_text("a file, where a folder should be")
    _paused(target, lambda: place.deliver(_night(tmp_path)))
    report = place.deliver(_night(tmp_path))
    assert report.state == "done"
    assert "This report could not be written" in report.words


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.acceptance) for seed in range(4, 80))]
)
def test_whatever_was_paused_in_between_every_lead_holds_its_latest_score(
    seed: int, place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    latest: dict[str, int] = {}
    night = _night(tmp_path)
    for number in range(4):
        points = {f"L{lead:04d}": chance.randrange(0, 100, 10) for lead in range(25)}
        latest |= points
        rows = [row(lead, value / 100) for lead, value in points.items()]
        night = tonight(write_scores(tmp_path / f"n{number}.parquet", rows), night=number)
        for hour in range(5):
            asked: Tonight = night
            if chance.random() < 0.5:
                lead = f"L{chance.randrange(25):04d}"
                latest[lead] = chance.randrange(0, 100, 10)
                asked = _lead(tmp_path, lead, latest[lead] / 100, night=number, hours=1 + hour)
            wish = {"full_refresh": True} if asked is night and chance.random() < 0.3 else {}
            at, at_chunk = chance.choice(["make", "before", "after"]), chance.randrange(4)

            def script(one: Chunk, now: str, at: str = at, at_chunk: int = at_chunk) -> None:
                if (one.number, now) == (at_chunk, at):
                    unheard(after=9999)

            target.script = script
            try:
                place.deliver(asked, force=True, **wish)
            except TargetPausedError:
                continue
        if chance.random() < 0.7:
            target.script = lambda one, now: None
            report = place.deliver(night, force=True)
            assert {one.state for one in (report, *report.others)} == {"done"}
            assert {lead: values["lq_score"] for lead, values in target.held.items()} == latest
            assert _waiting(place) == []
