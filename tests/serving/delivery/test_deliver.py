"""The delivery core against a target that fails as told: before and after its effect, row by row, and for good."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadq.crm.connectors.protocol import Chunk, RowOutcome
from leadq.crm.connectors.salesforce.connector import CONNECTOR as SALESFORCE
from leadq.crm.connectors.salesforce.metadata.fields import OUR_FIELDS
from leadq.foundation.problems import GateStopped, TargetPausedError
from leadq.serving.delivery.deliver import send_run
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.reporting.read_back import read_back
from leadq.serving.delivery.sending.restore import plan_restore
from leadq.serving.delivery.sending.send import sender
from tests.serving.delivery.company import FIELDS, Place, ScriptedTarget, row, tonight, unheard, write_scores


@pytest.fixture
def target() -> ScriptedTarget:
    return ScriptedTarget()


@pytest.fixture
def place(tmp_path: Path, target: ScriptedTarget) -> Place:
    return Place(folder=tmp_path / "store", target=target)


def _night(folder: Path, night: int = 0, leads: int = 25, percentile: float = 0.5, **other: Any) -> Any:
    rows = [row(f"L{lead:04d}", percentile, **other) for lead in range(leads)]
    return tonight(write_scores(folder / f"scores{night}.parquet", rows), night=night)


def _values(target: ScriptedTarget) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, values in target.sent:
        found.setdefault(key, set()).add(str(values))
    return found


def test_a_night_is_delivered_and_the_same_night_again_writes_nothing(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    report = place.deliver(_night(tmp_path))
    assert (report.state, report.facts["rows_by_state"]) == ("done", {"ok": 25})
    assert target.chunks == [(0, 10), (1, 10), (2, 5)]
    assert target.held["L0003"] == {
        "lq_score": 50, "lq_tier": "T2", "lq_chance": 50.0, "lq_reason_1": "Asked for a demo", "lq_reason_2": None,
        "lq_reason_3": None, "lq_reason_against_1": None, "lq_reason_against_2": None, "lq_reason_against_3": None,
        "lq_scored_at": "2026-03-01T02:00:00Z", "lq_model_version": "m1", "lq_status": "scored",
    }  # fmt: skip
    again = place.deliver(_night(tmp_path))
    assert again.facts["repeated"]
    assert "nothing was sent now" in again.words
    assert len(target.sent) == 25


def test_only_differences_beyond_the_deadband_are_sent(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path))
    target.sent.clear()
    rows = [row(f"L{lead:04d}", scored_at=None) for lead in range(25)]
    rows[1] |= row("L0001", 0.52)
    rows[2] |= row("L0002", 0.53)
    rows[3] |= row("L0003", tier="T1")
    rows[4] |= row("L0004", code="trial")
    rows[5] |= row("L0005", sentence="Asked for a demo 2 days ago")
    rows[6] |= row("L0006", None, status="not_scored", status_reason="too old", tier=None)
    del rows[7]
    report = place.deliver(tonight(write_scores(tmp_path / "b.parquet", rows[::-1]), night=1))
    assert [key for key, _ in target.sent] == ["L0002", "L0003", "L0004", "L0006"]
    assert report.facts["why"] == {"score": 1, "tier": 1, "reasons": 1, "status": 1}
    assert report.facts["unchanged"] == 20
    assert target.held["L0006"]["lq_status"] == "not_scored: too old"
    assert target.held["L0006"]["lq_score"] is None


def test_our_names_are_the_fields_that_salesforce_is_set_up_with() -> None:
    ours = [(field.name, field.kind, field.length) for field in our_fields(SALESFORCE.field_name, ())]
    assert ours == [(field.name, field.kind, field.length) for field in OUR_FIELDS]


@pytest.mark.parametrize("step", ["make", "before", "after"])
def test_an_unheard_step_is_taken_again(place: Place, target: ScriptedTarget, tmp_path: Path, step: str) -> None:
    failing = iter([True, True, False])
    target.script = lambda chunk, now: unheard() if now == step and next(failing, False) else None
    assert place.deliver(_night(tmp_path)).state == "done"
    assert len(target.held) == 25
    assert all(len(values) == 1 for values in _values(target).values())


def test_five_unheard_steps_in_a_row_pause_and_the_next_start_goes_on(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    target.script = lambda chunk, now: unheard() if chunk.number == 1 and now == "after" else None
    with pytest.raises(TargetPausedError):
        place.deliver(_night(tmp_path))
    assert target.chunks == [(0, 10), *[(1, 10)] * 5]
    target.script = lambda chunk, now: None
    assert place.deliver(_night(tmp_path)).facts["rows_by_state"] == {"ok": 25}
    assert all(len(values) == 1 for values in _values(target).values())


def test_rows_are_tried_three_times_then_left_to_the_next_night(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    def locked(key: str, time: int) -> RowOutcome | None:
        if key == "L0001":
            return RowOutcome(key=key, state="transient", code="UNABLE_TO_LOCK_ROW", text="locked")
        if key == "L0002" and time < 3:
            return None  # nothing is heard of it, although it is written
        return RowOutcome(key=key, state="ok")

    target.answer = locked
    report = place.deliver(_night(tmp_path))
    assert (report.state, report.facts["rows_by_state"]) == ("partial", {"dead": 1, "ok": 24})
    assert report.facts["dead"][0]["code"] == "UNABLE_TO_LOCK_ROW"
    assert target.asked["L0001"] == target.asked["L0002"] == 3
    assert max(place.time.slept) > 30
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    target.sent.clear()
    assert place.deliver(_night(tmp_path, night=1, percentile=0.51)).state == "done"
    assert [key for key, _ in target.sent] == ["L0001"]
    assert not place.ledger().connection.execute("SELECT * FROM unsettled").fetchall()


def test_unconfirmed_rows_are_sent_again_even_inside_the_deadband(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.deliver(_night(tmp_path))
    target.answer = lambda key, time: None
    place.deliver(_night(tmp_path, night=1, leads=2, percentile=0.6), force=True)
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    report = place.deliver(_night(tmp_path, night=2))
    assert report.facts["why"] == {"not confirmed before": 2}
    assert target.held["L0001"]["lq_score"] == 50


def test_a_rejected_row_takes_no_other_with_it_and_many_stop_the_run(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    bad = {f"L{lead:04d}" for lead in range(0, 200, 10)}
    target.answer = lambda key, time: RowOutcome(
        key=key, state="rejected" if key in bad else "ok", code="BAD", text="=no"
    )
    report = place.deliver(_night(tmp_path, leads=200))
    assert report.state == "stopped"
    assert report.with_rejected
    assert sum(report.facts["rows_by_state"].get(state, 0) for state in ("ok", "rejected")) == 50
    assert report.facts["rejected"] == [{"code": "BAD", "text": "=no", "leads": 5, "example": "L0000"}]
    bad.clear()
    assert place.deliver(_night(tmp_path, leads=200)).facts["rows_by_state"] == {"ok": 200}


def test_converted_leads_are_skipped_with_why(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    target.not_now = {"L0004": "converted", "stranger": "deleted"}
    report = place.deliver(_night(tmp_path))
    assert report.facts["skipped"] == [{"code": "", "text": "converted", "leads": 1, "example": "L0004"}]
    assert "L0004" not in target.held


def test_a_later_night_takes_the_place_of_a_paused_one(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    target.script = lambda chunk, now: unheard() if chunk.number == 1 and now == "after" else None
    with pytest.raises(TargetPausedError):
        place.deliver(_night(tmp_path, percentile=0.9))
    target.script = lambda chunk, now: None
    report = place.deliver(_night(tmp_path, night=1, percentile=0.88))
    ended = place.ledger().run(place.ledger().connection.execute("SELECT run_id FROM run").fetchone()[0])
    assert ended is not None
    assert ended.state == "superseded"
    assert report.facts["unchanged"] == 10
    assert report.facts["why"] == {"new": 15}  # of what had begun nothing was ever confirmed
    assert {values["lq_score"] for key, values in target.held.items() if key >= "L0010"} == {88}


def test_one_lead_at_once_is_not_undone_by_a_paused_night(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    target.script = lambda chunk, now: unheard() if chunk.number == 1 and now == "make" else None
    with pytest.raises(TargetPausedError):
        place.deliver(_night(tmp_path))
    target.script = lambda chunk, now: None
    path = write_scores(tmp_path / "lead.parquet", [row("L0024", 0.99, tier="T1")])
    assert place.deliver(tonight(path, hours=6, lead_id="L0024")).facts["rows_by_state"] == {"ok": 1}
    report = place.deliver(_night(tmp_path))
    assert report.facts["skipped"][0]["text"] == "a later score was delivered"
    assert target.held["L0024"]["lq_score"] == 99
    assert len(target.held) == 25


def test_the_switch_stops_a_running_delivery(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    def stop(chunk: Chunk, now: str) -> None:
        if chunk.number == 1 and now == "make":
            (place.folder / "STOP_DELIVERY").touch()

    target.script = stop
    for _ in range(2):
        with pytest.raises(TargetPausedError):
            place.deliver(_night(tmp_path))
    assert target.chunks == [(0, 10)]
    (place.folder / "STOP_DELIVERY").unlink()
    target.script = lambda chunk, now: None
    assert place.deliver(_night(tmp_path), resume=True).state == "done"


def test_a_dry_run_writes_nothing_anywhere(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    report = place.deliver(_night(tmp_path), dry_run=True)
    assert report.facts["planned"] == 25
    assert "25 to send" in report.words
    assert not target.sent
    assert place.ledger().connection.execute("SELECT count(*) FROM run").fetchone() == (0,)


def _guarded(place: Place, night: Any, match: str) -> None:
    with pytest.raises(GateStopped, match=match):
        place.deliver(night)


def test_scores_that_cannot_be_right_are_never_sent(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    rows = [row("a"), row("a"), row(None), row("b", 1.5), row("c", float("nan")), row("d", None)]
    night = tonight(write_scores(tmp_path / "bad.parquet", rows))
    with pytest.raises(GateStopped) as stopped:
        place.deliver(night, force=True)
    assert [problem.count for problem in stopped.value.problems] == [1, 1, 3]
    _guarded(place, replace(night, scores=replace(night.scores, base_rate=True)), "must come from a model")
    _guarded(place, replace(night, scores=replace(night.scores, promoted=False)), "live model")
    assert not target.sent
    assert place.ledger().connection.execute("SELECT count(*) FROM run").fetchone() == (0,)


def test_a_strange_night_stops_unless_announced_or_forced(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path, leads=100))
    _guarded(place, _night(tmp_path, night=1, leads=49), "at least 50%")
    _guarded(place, _night(tmp_path, night=2, leads=100, percentile=0.9), "may change, got 100.0%")
    rows = [row(f"L{lead:04d}", tier="T1" if lead < 16 else "T2") for lead in range(100)]
    strange = tonight(write_scores(tmp_path / "tiers.parquet", rows), night=3)
    _guarded(place, strange, "change tier, got 16.0%")
    place.deliver(replace(strange, scores=replace(strange.scores, model_version="m2")))
    report = place.deliver(_night(tmp_path, night=4, leads=100, percentile=0.9, model_version="m2"), force=True)
    assert report.facts["announced"] == "another model was put live"  # back to m1
    report = place.deliver(_night(tmp_path, night=5, leads=100, percentile=0.1), force=True)
    assert len(report.facts["overruled"]) == 1


def test_the_log_only_grows(place: Place, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path))
    connection = place.ledger().connection
    assert Counter(what for (what,) in connection.execute("SELECT what FROM happened")) == {
        "planned": 1, "sending": 1, "chunk": 3, "done": 1, "read back from crm": 1,
    }  # fmt: skip
    for change in ("UPDATE happened SET what = ''", "DELETE FROM happened"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            connection.execute(change)


def test_an_earlier_state_is_restored_from_the_ledger(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    first = place.deliver(_night(tmp_path, leads=20)).facts["run"]
    before = dict(target.held)
    place.deliver(_night(tmp_path, night=1, leads=25, percentile=0.9), force=True)
    sending = sender(place.ledger(), target, place.time.effects(place.folder))
    report = send_run(sending, plan_restore(sending, first, place.time.now))
    assert report.facts["never_delivered_before"] == 5
    assert {key: target.held[key] for key in before} == before
    assert place.deliver(_night(tmp_path, night=2, leads=20)).facts["unchanged"] == 20


def test_what_somebody_changed_there_is_found_and_sent_again(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.deliver(_night(tmp_path))
    target.held["L0007"]["lq_tier"] = "T1"
    del target.held["L0008"]
    drift = read_back(place.ledger(), target, FIELDS, now=place.time.now, pick=lambda leads, most: leads[:most])
    assert (drift.differing, drift.gone, drift.fields) == (("L0007",), ("L0008",), {"lq_tier": 1})
    place.deliver(_night(tmp_path, night=1))
    assert target.held["L0007"]["lq_tier"] == "T2"


def test_a_night_that_a_guard_stops_leaves_the_paused_one_to_go_on(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.deliver(_night(tmp_path, leads=100))
    target.script = lambda chunk, now: unheard() if chunk.number == 1 and now == "make" else None
    with pytest.raises(TargetPausedError):
        place.deliver(_night(tmp_path, night=1, leads=100, percentile=0.6), force=True)
    target.script = lambda chunk, now: None
    rows = [row("a"), row("a")]
    _guarded(place, tonight(write_scores(tmp_path / "bad.parquet", rows), night=2), "must appear only once")
    resumed = place.deliver(tonight(tmp_path / "bad.parquet", night=2), resume=True)
    assert (resumed.state, resumed.facts["scores"]) == ("done", "night10")
    assert {values["lq_score"] for values in target.held.values()} == {60}
