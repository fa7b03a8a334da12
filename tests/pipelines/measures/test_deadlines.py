"""Deadlines as moments: by the agreed calendar, of the tier at hand-over, overdue ones as overdue, and after a delivery at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.template import template_text
from leadq.crm.contract.history import History
from leadq.crm.contract.score_table import SCORES
from leadq.pipelines.measures.deadlines import complete_deadlines, note_deadlines
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.run_manifest import Run, RunInputs, sha256_of
from leadq.serving.words.agreed.deadline import deadline_of
from leadq.serving.words.card import tier_of
from tests.serving.delivery.company import Place, ScriptedTarget, tonight

BERLIN = "time_zone: Europe/Berlin"
READ_AT = datetime(2026, 10, 1, 1, tzinfo=UTC)  # Thursday, 03:00 in Berlin
MORNING, NOON = READ_AT + timedelta(hours=6), READ_AT + timedelta(hours=11)
CONFIG = """
store: store
agreement: agreement.yaml
sources: {leads: {path: leads.parquet}}
outcome: {from: lead_columns, won: [won], lost: [lost]}
deliver: {crm: {kind: files, folder: delivered}}
"""


def at(day: int, hour: float, month: int = 9) -> datetime:
    """Return a time of Berlin, two hours ahead."""
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour - 2)


@dataclass
class Nights:
    """A project with a few leads, whose nights are written as they would be scored."""

    project: Project
    history: History

    def commit(self, as_of: datetime, tiers: dict[str, str]) -> tuple[Run, Path]:
        store = self.project.store
        inputs = RunInputs(
            kind="night",
            as_of=as_of,
            history_sha256="h",
            bundle_version="m1",
            agreement_version=1,
            agreement_sha256="a",
        )
        path, snapshot = store.scores_path(inputs), store.snapshot_path(inputs.run_id)
        shared = {
            "status": "scored", "probability": 0.1, "percentile": 0.5, "tier_by": "model", "as_of": as_of, "scored_at": as_of,
            "run_id": inputs.run_id, "reasons_for": [], "reasons_against": [], "model_version": "m1", "agreement_version": 1,
        }  # fmt: skip
        rows = [{"lead_id": lead_id, "tier": tier, **shared} for lead_id, tier in sorted(tiers.items())]
        for file in (path, snapshot):
            file.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows, schema=SCORES), file)
        names = {"scores": str(path.relative_to(store.folder)), "snapshot": str(snapshot.relative_to(store.folder))}
        run = Run(inputs=inputs, scored_at=as_of, scores_sha256=sha256_of(path), snapshot_sha256="", **names)
        store.commit(run)
        return run, path

    def said(self, run: Run, lead_id: str, now: datetime, *, tier: str = "T1") -> str:
        path = self.project.store.deadlines_path(run.inputs)
        row = {"tier": tier, "tier_by": "model", "model_tier": tier, "tier_at_handoff": None}
        return tier_of(row, self.project.agreement, deadline_of(path, lead_id, now=now)).sla


Start = Callable[..., Nights]


@pytest.fixture
def start(tmp_path: Path, write_history: Callable[..., History]) -> Start:
    def begin(leads: dict[str, datetime], touches: dict[str, datetime], agreement: Callable[[str], str]) -> Nights:
        rows: dict[str, list[dict[str, Any]]] = {
            "leads": [{"lead_id": lead_id, "created_at": created} for lead_id, created in leads.items()],
            "touches": [{"lead_id": lead_id, "occurred_at": when, "kind": "call"} for lead_id, when in touches.items()],
        }
        history = write_history(tmp_path / "history", rows, read_at=READ_AT, has_touches=True)
        (tmp_path / "leadq.yaml").write_text(CONFIG)
        (tmp_path / "agreement.yaml").write_text(agreement(template_text()))
        return Nights(project=open_project(tmp_path, environment={}, now=READ_AT), history=history)

    return begin


def in_berlin(text: str, *more: str) -> str:
    changed = text.replace("time_zone: UTC", "\n  ".join([BERLIN, *more]))
    assert changed != text
    return changed


LEADS = {name: at(29, 9) for name in ("called", "late", "left", "rose")} | {"new": at(30, 15), "old": at(1, 9)}
TOUCHES = {"called": at(29, 10.5), "late": at(29, 16)}


def _three_nights(nights: Nights) -> Run:
    nights.commit(at(28, 3), {"old": "T1"})
    nights.commit(at(30, 3), {"called": "T1", "late": "T1", "left": "T1", "rose": "T2", "old": "T1"})
    run, _ = nights.commit(READ_AT, dict.fromkeys(LEADS, "T1"))
    return run


def test_a_deadline_is_a_moment_of_the_agreed_calendar(start: Start) -> None:
    nights = start(LEADS, TOUCHES, in_berlin)
    run = _three_nights(nights)
    assert note_deadlines(nights.project, nights.history, run) == ""
    assert (
        {name: nights.said(run, name, MORNING) for name in LEADS}
        == {
            "new": "first touch by Thu 11:00, 6 attempts",  # two hours on Wednesday, two on Thursday
            "called": "first touch made Tue 29 Sep 10:30, due by Tue 29 Sep 13:00, 6 attempts",
            "late": "first touch made Tue 29 Sep 16:00, was due Tue 29 Sep 13:00, 6 attempts",
            "left": "first touch was due Tue 29 Sep 13:00, 6 attempts",
            "rose": "first touch by Thu 17:00 (handed over in T2), 6 attempts",  # three business days, whatever its tier is now
            "old": "first touch within 4 business hours, 6 attempts",  # it was there before leadq was: nothing is due
        }
    )
    assert nights.said(run, "new", NOON + timedelta(hours=1)) == (
        "first touch was due Thu 11:00; touches are read until Thu 03:00, 6 attempts"
    )


def test_without_a_calendar_the_words_stay_as_they_are(start: Start) -> None:
    def without(text: str) -> str:
        head, _, rest = text.partition("calendar:\n")
        return head + rest[rest.index("\n\n") :]

    nights = start(LEADS, TOUCHES, without)
    run = _three_nights(nights)
    assert note_deadlines(nights.project, nights.history, run) == ""
    assert not nights.project.store.deadlines_path(run.inputs).exists()
    assert {nights.said(run, name, MORNING) for name in LEADS} == {"first touch within 4 business hours, 6 attempts"}


def test_a_file_of_holidays_is_the_projects_and_what_is_wrong_with_it_stops_no_night(start: Start) -> None:
    nights = start(LEADS, TOUCHES, lambda text: in_berlin(text, "holidays: days.csv"))
    run = _three_nights(nights)
    told = note_deadlines(nights.project, nights.history, run)
    assert told.startswith("When first touches are due cannot be told: ")
    assert "days.csv" in told
    assert "counts from the project's folder" in told
    assert nights.said(run, "new", MORNING) == "first touch within 4 business hours, 6 attempts"

    (nights.project.folder / "days.csv").write_text("date,name,country\n2026-10-01,Moving day,\n")
    assert note_deadlines(nights.project, nights.history, run) == ""
    assert nights.said(run, "new", MORNING) == "first touch by Fri 11:00, 6 attempts"


def test_a_delivery_hands_over_and_its_deadline_stands_at_once(start: Start) -> None:
    nights = start({"before": at(29, 9), "new": at(30, 15)}, {}, in_berlin)
    place = Place(folder=nights.project.store.folder, target=ScriptedTarget(chunk_rows=200))
    _, first = nights.commit(at(30, 3), {"before": "T1"})
    place.time.now = at(30, 4)
    assert place.deliver(replace(tonight(first, night=0), as_of=at(30, 3)), force=True).state == "done"
    run, path = nights.commit(READ_AT, {"before": "T1", "new": "T1"})
    note_deadlines(nights.project, nights.history, run)
    assert nights.said(run, "new", READ_AT) == "first touch within 4 business hours, 6 attempts"  # nobody has it yet
    assert nights.said(run, "before", READ_AT) == nights.said(run, "new", READ_AT)  # backlog: no hand-over, no deadline

    place.time.now = MORNING + timedelta(hours=1)  # at 10:00
    assert place.deliver(replace(tonight(path, night=1), as_of=READ_AT), force=True).state == "done"
    project = replace(nights.project, now=NOON)
    complete_deadlines(project)
    assert nights.said(run, "new", NOON) == "first touch by Thu 14:00, 6 attempts"
    assert nights.said(run, "before", NOON) == "first touch within 4 business hours, 6 attempts"
    written = project.store.deadlines_path(run.inputs).read_bytes()
    complete_deadlines(project)
    assert project.store.deadlines_path(run.inputs).read_bytes() == written
