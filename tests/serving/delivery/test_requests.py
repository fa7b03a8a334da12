"""Full refresh, clearing, dry runs as CSV, reports and dead letters beside the store, the weekly upkeep and what the ledger keeps."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leadq.crm.connectors.protocol import RowOutcome
from leadq.foundation.problems import GateStopped, UsageError
from leadq.serving.delivery.deliver import send_run
from leadq.serving.delivery.reporting.maintenance import prune
from leadq.serving.delivery.sending.restore import plan_restore
from leadq.serving.delivery.sending.send import sender
from tests.serving.delivery.company import NIGHT, Place, ScriptedTarget, row, tonight, write_scores
from tests.serving.delivery.test_deliver import _night


@pytest.fixture
def target() -> ScriptedTarget:
    return ScriptedTarget()


@pytest.fixture
def place(tmp_path: Path, target: ScriptedTarget) -> Place:
    return Place(folder=tmp_path / "store", target=target)


def _lines(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.reader(handle))


def test_a_full_refresh_sends_everything_as_often_as_it_is_asked_for(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    place.deliver(_night(tmp_path, leads=60))
    changed = _night(tmp_path, night=1, leads=60, percentile=0.9)
    with pytest.raises(GateStopped):
        place.deliver(changed)
    for _ in range(2):
        target.sent.clear()
        report = place.deliver(changed, full_refresh=True)
        assert (report.facts["kind"], len(target.sent)) == ("refresh", 60)
    assert report.facts["why"] == {"refreshed": 60}
    assert place.deliver(changed).facts["planned"] == 0
    first = place.ledger().connection.execute("SELECT facts FROM run WHERE kind = 'refresh' ORDER BY number").fetchone()
    assert len(json.loads(first[0])["overruled"]) == 1  # told, though it stopped nothing
    assert "Full refresh" in report.words


def test_leads_without_a_score_are_cleared_when_asked(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path, leads=60))
    rows = [row(f"L{lead:04d}", 0.5) for lead in range(50)]
    rows[7] = row("L0007", None, status="not_scored", status_reason="too old", tier=None, reasons_for=[], code="")
    fewer = tonight(write_scores(tmp_path / "fewer.parquet", rows), night=1)
    dry = place.deliver(fewer, clear_unscored=True, dry_run=True)
    assert dry.facts["why"] == {"no longer among the scores": 10, "not scored": 1}
    target.sent.clear()
    place.deliver(fewer, clear_unscored=True)
    assert [key for key, _ in target.sent] == ["L0007", *(f"L{lead:04d}" for lead in range(50, 60))]
    kept = {"lq_scored_at": "2026-03-02T02:00:00Z", "lq_status": "not_scored: not among the scores any more"}
    assert {name: value for name, value in target.held["L0055"].items() if value is not None} == kept
    assert target.held["L0007"] == {**dict.fromkeys(target.held["L0007"]), "lq_scored_at": "2026-03-01T02:00:00Z",
                                    "lq_status": "not_scored: too old"}  # fmt: skip
    assert place.deliver(fewer, clear_unscored=True).facts["planned"] == 0
    assert place.deliver(fewer).facts["planned"] == 0  # the night's own values of that lead are the same
    assert place.deliver(_night(tmp_path, night=2, leads=60), force=True).facts["why"] == {"status": 11}


def test_a_table_that_lost_its_leads_clears_nothing(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    place.deliver(_night(tmp_path, leads=100))
    target.sent.clear()
    with pytest.raises(GateStopped) as stopped:
        place.deliver(_night(tmp_path, night=1, leads=20, model_version="m2"), clear_unscored=True)
    assert len(stopped.value.problems) == 2
    assert not target.sent


def test_a_dry_run_as_csv_is_what_would_be_sent(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    rows = [row("=1+1", sentence='=HYPERLINK("x")'), row("L2", sentence='<b>"quoted", and\ncut</b>')]
    path = tmp_path / "plan.csv"
    report = place.deliver(tonight(write_scores(tmp_path / "s.parquet", rows)), dry_run=True, csv=path)
    lines = _lines(path)
    assert lines[0][:3] == ["lead_id", "lq_score", "lq_tier"]
    assert [line[0] for line in lines[1:]] == ["'=1+1", "L2"]
    assert [line[4] for line in lines[1:]] == ['\'=HYPERLINK("x")', '<b>"quoted", and cut</b>']
    assert (report.facts["planned"], report.facts["csv"]) == (2, str(path))
    assert str(path) in report.words
    assert not target.sent


def test_what_was_not_taken_lies_beside_the_store_until_it_is_taken(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    target.answer = lambda key, time: RowOutcome(
        key=key, state="rejected" if key == "L0003" else "ok", code="BAD", text="=cmd|'x'"
    )
    report = place.deliver(_night(tmp_path))
    folder = place.folder / "delivery"
    letters = folder / f"{report.facts['run']}-not-delivered.csv"
    assert report.facts["not_delivered"] == str(letters)
    assert str(letters) in report.words
    header, line = _lines(letters)
    assert header[:6] == ["lead_id", "state", "code", "text", "tries", "lq_score"]
    assert line[:7] == ["L0003", "rejected", "BAD", "'=cmd|'x'", "1", "50", "T2"]
    document = json.loads((folder / f"{report.facts['run']}.json").read_text())
    assert (document["target"], document["state"], document["rows_by_state"]) == (
        "crm",
        "partial",
        {"ok": 24, "rejected": 1},
    )
    assert (folder / f"{report.facts['run']}.txt").read_text() == report.words + "\n"
    target.answer = lambda key, time: RowOutcome(key=key, state="rejected", code="BAD")
    stopped = place.deliver(_night(tmp_path, night=1, leads=60, percentile=0.9), force=True)
    letters = Path(stopped.facts["not_delivered"])
    assert (stopped.state, len(_lines(letters))) == ("stopped", 51)
    target.answer = lambda key, time: RowOutcome(key=key, state="ok")
    place.deliver(_night(tmp_path, night=1, leads=60, percentile=0.9))
    assert not letters.exists()


def test_a_paused_run_has_its_report(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    (place.folder / "delivery").mkdir(parents=True)

    def stop(chunk: Any, now: str) -> None:
        (place.folder / "STOP_DELIVERY").touch()

    target.script = stop
    with pytest.raises(Exception, match="switched off"):
        place.deliver(_night(tmp_path))
    (report,) = (place.folder / "delivery").glob("*.json")
    assert json.loads(report.read_text())["state"] == "paused"


def test_leads_are_read_back_once_a_week_and_what_differs_is_sent_the_next_night(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    first = place.deliver(_night(tmp_path))
    assert first.facts["read_back"] == {"looked_at": 25, "differing": 0, "gone": 0, "fields": {}, "such_as": []}
    target.held["L0007"]["lq_tier"] = "T1"
    place.time.now += timedelta(days=6)
    assert "read_back" not in place.deliver(_night(tmp_path, night=6)).facts
    place.time.now += timedelta(days=1)
    report = place.deliver(_night(tmp_path, night=7))
    assert report.facts["read_back"]["such_as"] == ["L0007"]
    assert (
        "Read back: 25 leads; 1 changed there since we wrote them (the next delivery sends them again)" in report.words
    )
    place.deliver(_night(tmp_path, night=8))
    assert target.held["L0007"]["lq_tier"] == "T2"


def test_a_target_that_cannot_be_read_back_has_its_delivery_all_the_same(
    place: Place, target: ScriptedTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.serving.delivery.company import unheard  # noqa: PLC0415

    monkeypatch.setattr(target, "read_back", unheard)
    report = place.deliver(_night(tmp_path))
    assert report.state == "done"
    assert "could not be read back: crm: must answer" in report.words


def _restored(place: Place, run_id: str) -> Any:
    ledger = place.ledger()
    try:
        sending = sender(ledger, place.target, place.time.effects(place.folder))
        return send_run(sending, plan_restore(sending, run_id, place.time.now))
    finally:
        ledger.close()


def test_the_ledger_keeps_a_month_and_the_newest_of_each_lead(
    place: Place, target: ScriptedTarget, tmp_path: Path
) -> None:
    runs, held = [], []
    for night in range(22):  # every third night of two months
        place.time.now = NIGHT + timedelta(days=3 * night)
        percentile = 0.30 + 0.05 * (night % 3)
        rows = [row(f"L{lead:04d}", percentile if lead < 10 else 0.5) for lead in range(20)]
        runs.append(
            place.deliver(tonight(write_scores(tmp_path / f"{night}.parquet", rows), night=3 * night), force=True)
        )
        held.append({key: dict(values) for key, values in target.held.items()})
    connection = place.ledger().connection
    rows_kept = connection.execute("SELECT count(*) FROM row").fetchone()[0]
    assert rows_kept <= 20 + 13 * 10  # each lead's newest and five weeks of changes, not two months
    assert connection.execute("SELECT count(*) FROM run").fetchone() == (22,)
    assert max(report.facts.get("dropped_rows", 0) for report in runs) > 0
    assert prune(place.ledger(), "crm", place.time.now) == 0
    with pytest.raises(UsageError, match="whose rows the ledger still has"):
        _restored(place, runs[1].facts["run"])
    for night in (12, 16, 20):
        _restored(place, runs[night].facts["run"])
        assert target.held == held[night]
