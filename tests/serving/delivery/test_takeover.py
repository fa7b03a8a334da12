"""What a new delivery does with an earlier one that did not come to its end, and with rows that a target left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadq.crm.connectors.protocol import Chunk, RowOutcome
from leadq.foundation.problems import TargetPausedError
from tests.serving.delivery.company import JobTarget, Place, ScriptedTarget, row, tonight, unheard, write_scores
from tests.serving.delivery.test_deliver import _night


@pytest.fixture
def target() -> ScriptedTarget:
    return ScriptedTarget()


@pytest.fixture
def place(tmp_path: Path, target: ScriptedTarget) -> Place:
    return Place(folder=tmp_path / "store", target=target)


def _paused(place: Place, target: ScriptedTarget, night: object, *, at: str) -> None:
    target.script = lambda chunk, now: unheard() if chunk.number == 1 and now == at else None
    with pytest.raises(TargetPausedError):
        place.deliver(night)  # type: ignore[arg-type]
    target.script = lambda chunk, now: None


def test_a_skipped_row_is_compared_anew_the_next_night(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path, leads=60))
    target.answer = lambda key, time: RowOutcome(
        key=key, state="skipped" if key < "L0020" else "ok", text="changed by somebody meanwhile"
    )
    report = place.deliver(_night(tmp_path, night=1, leads=60, percentile=0.6), force=True)
    assert (report.state, report.with_rejected) == ("done", False)  # 20 of 60 do not stop it
    assert report.facts["rows_by_state"] == {"ok": 40, "skipped": 20}
    assert report.facts["skipped"][0]["text"] == "changed by somebody meanwhile"
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    target.sent.clear()
    report = place.deliver(_night(tmp_path, night=2, leads=60, percentile=0.6), force=True)
    assert [key for key, _ in target.sent] == [f"L{lead:04d}" for lead in range(20)]
    assert report.facts["why"] == {"score": 20}


def test_a_new_lead_that_was_skipped_is_new_the_next_night(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    target.answer = lambda key, time: RowOutcome(key=key, state="skipped" if key == "L0001" else "ok")
    place.deliver(_night(tmp_path))
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    assert place.deliver(_night(tmp_path, night=1)).facts["why"] == {"new": 1}


def test_a_row_that_went_unheard_and_is_then_skipped_is_sent_again(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.deliver(_night(tmp_path))
    target.answer = lambda key, time: None if time == 2 else RowOutcome(key=key, state="skipped")
    place.deliver(_night(tmp_path, night=1, leads=1, percentile=0.6), force=True)
    assert target.held["L0000"]["lq_score"] == 60
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    assert place.deliver(_night(tmp_path, night=2), force=True).facts["why"] == {"not confirmed before": 1}
    assert target.held["L0000"]["lq_score"] == 50


def test_a_rejected_row_is_sent_again_inside_the_deadband(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path))
    target.answer = lambda key, time: RowOutcome(key=key, state="rejected" if key == "L0003" else "ok", code="BAD")
    assert place.deliver(_night(tmp_path, night=1, percentile=0.6), force=True).state == "partial"
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    target.sent.clear()
    back = [row(f"L{lead:04d}", 0.6) for lead in range(25)]
    back[3] = row("L0003", 0.51)
    report = place.deliver(tonight(write_scores(tmp_path / "back.parquet", back), night=2))
    assert (report.facts["why"], report.facts["changed_share"]) == ({"not confirmed before": 1}, 0.0)
    assert [key for key, _ in target.sent] == ["L0003"]


@pytest.mark.parametrize("state", ["waits", "runs"])
def test_what_is_under_way_of_an_earlier_night_is_ended_and_nothing_of_it_is_sent(tmp_path: Path, state: str) -> None:
    target = JobTarget()
    place = Place(folder=tmp_path / "store", target=target)
    _paused(place, target, _night(tmp_path, percentile=0.9), at="before")
    target.jobs["state"] = state
    before, sent = len(target.chunks), len(target.sent)
    report = place.deliver(_night(tmp_path, night=1, percentile=0.5), force=True)
    old = [
        values["lq_score"] for _, values in target.sent[sent:] if values["lq_scored_at"] and values["lq_score"] == 90
    ]
    assert len(old) == (0 if state == "waits" else 4)  # what the job itself wrote
    assert len(target.chunks) - before == 3
    assert {values["lq_score"] for values in target.held.values()} == {50}
    assert report.facts["rows_by_state"] == {"ok": 25}


def test_a_lead_at_once_ends_what_a_paused_night_has_under_way(tmp_path: Path) -> None:
    target = JobTarget()
    place = Place(folder=tmp_path / "store", target=target)
    _paused(place, target, _night(tmp_path), at="before")
    target.jobs["state"] = "runs"
    path = write_scores(tmp_path / "lead.parquet", [row("L0012", 0.99, tier="T1")])
    place.deliver(tonight(path, hours=6, lead_id="L0012"))
    assert target.held["L0012"]["lq_score"] == 99
    report = place.deliver(_night(tmp_path))
    assert report.facts["rows_by_state"] == {
        "ok": 25
    }  # L0012 was written by the night's own job before the lead's score
    assert target.held["L0012"]["lq_score"] == 99
    assert [values["lq_score"] for key, values in target.sent if key == "L0012"] == [50, 99]


def test_a_chunk_that_was_begun_is_not_sent_over_a_later_score(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    _paused(place, target, _night(tmp_path), at="make")
    path = write_scores(tmp_path / "lead.parquet", [row("L0012", 0.99, tier="T1")])
    place.deliver(tonight(path, hours=6, lead_id="L0012"))
    report = place.deliver(_night(tmp_path))
    assert report.facts["rows_by_state"] == {"ok": 24, "skipped": 1}
    assert target.held["L0012"]["lq_score"] == 99


def test_the_other_sides_wish_is_honoured_and_a_long_one_pauses(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    asked = iter([120.0, 7200.0])

    def busy(chunk: Chunk, now: str) -> None:
        if now == "make" and (after := next(asked, None)):
            unheard(after=after)

    target.script = busy
    with pytest.raises(TargetPausedError):
        place.deliver(_night(tmp_path))
    assert place.time.slept == [120.0]
    assert place.deliver(_night(tmp_path)).state == "done"
