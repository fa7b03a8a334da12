"""A company whose sales answers in a place, night after night: its own files, and what the place's connector reads of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.history import open_history
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.rejection.judged_answers import judged_answers
from leadq.pipelines.console.progress import silent
from leadq.pipelines.delivery.deliver import Asked, deliver_scores
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.training.ingest import ingest
from leadq.serving.delivery.planning.delivery_request import Wish
from tests.conformance.rejections.place import Held, Place

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RECENT_DAYS = 120
ASKED_AGAIN = "asked_again"
REASONS = f"""
rejection_reasons:
  - {{reason: no_budget, then: nurture, wake_after_days: 3}}
  - {{reason: unreachable, then: nurture, returns_on: [{ASKED_AGAIN}, form_submission, campaign_response], needs: attempts}}
  - {{reason: outside_icp, then: close}}
"""
_OURS = frozenset({"dispositions", "events"})
"""Tables that the place's own history is added to: the rest of the company stays in its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What a night said of the leads, and what the place held after it was told."""

    rows: Mapping[str, Mapping[str, Any]]
    held: Mapping[str, Held]
    against: Mapping[str, int]
    project: Project


@dataclass(slots=True, kw_only=True)
class Walked:
    """See the module; ``own`` are tables as the company's files have them."""

    project: Project
    place: Place
    begun: datetime
    leads: tuple[str, ...]
    own: dict[str, pa.Table] = field(default_factory=dict)

    def night(self, days: float) -> Night:
        """Read the place, score as of so many days after the beginning, deliver, and look at what the place holds."""
        self._read()
        moment = self.begun + days * DAY
        told = score(self._opened(days), silent, as_of=moment)
        rows = {row["lead_id"]: row for row in pq.read_table(told.facts["scores"]).to_pylist()}
        asked = Asked(wish=Wish(force=True))
        deliver_scores(
            self._opened(days), silent, asked=asked, environment=self.place.environment(), http=self.place.http()
        )
        self.place.told(moment + HOUR)
        held = {lead: self.place.held(lead) for lead in self.leads}
        return Night(rows=rows, held=held, against=self._against(), project=self._opened(days))

    def ask_again(self, lead: str, days: float) -> None:
        """Let the buyer ask again: in the place, where it records that, else on the company's website."""
        moment = self.begun + days * DAY
        if self.place.reads_events:
            self.place.ask_again(lead, moment)
            return
        row = {"lead_id": lead, "kind": ASKED_AGAIN, "occurred_at": moment, "known_at": moment}
        events = self.own["events"]
        self.own["events"] = pa.concat_tables([events, _as(events.schema, [row])])
        self._write("events", self.own["events"])

    def _read(self) -> None:
        folder = self.project.folder / "extract"
        self.place.read(self._opened(0), folder)
        for name in _OURS:
            if (path := folder / f"{name}.parquet").is_file():
                own = self.own[name]
                read = pq.read_table(path, filters=pc.field("lead_id").isin(list(self.leads)))
                self._write(name, pa.concat_tables([own, _as(own.schema, read.to_pylist())]))

    def _against(self) -> dict[str, int]:
        """How many rejections of each reason the records say something else of."""
        history = open_history(self.project.store.work / "history")
        with open_engine(threads=1) as backend:
            judged = judged_answers(open_tables(backend, history), self.project.agreement)
        return {one.reason: one.against or 0 for one in judged}

    def _opened(self, days: float) -> Project:
        now = self.project.read_at + int(days) * HOUR
        return open_project(self.project.folder, environment=self.place.environment(), now=now)

    def _write(self, name: str, table: pa.Table) -> None:
        pq.write_table(table, self.project.folder / "source" / f"{name}.parquet")


def prepared(project: Project, place: Place, begun: datetime) -> Walked:
    """Write the reasons into the agreement, the place into ``leadq.yaml``, and call open leads as the place calls them."""
    agreement, config = project.folder / "agreement.yaml", project.folder / "leadq.yaml"
    leads = open_leads(project, begun)[: len(place.keys) or 4]
    called = dict(zip(leads, place.keys or leads, strict=True))
    recent = _recent(project.folder / "source", begun)
    for path in sorted((project.folder / "source").glob("*.parquet")):
        table = pq.read_table(path)
        for name in {"lead_id", "entity_id"} & set(table.column_names):
            kept = pc.or_(pc.is_in(table[name], recent), pc.equal(pc.utf8_length(table[name].fill_null("")), 0))
            table = table.filter(pc.or_(kept, pc.equal(table["entity"], "account")) if name == "entity_id" else kept)
        if path.stem in ("dispositions", "touches"):  # nobody has called or answered them yet
            table = table.filter(pc.invert(pc.is_in(table["lead_id"], pa.array(leads))))
        pq.write_table(_renamed(table, called), path)
    config.write_text(config.read_text() + place.leadq_yaml())
    own = {name: pq.read_table(project.folder / "source" / f"{name}.parquet") for name in _OURS}
    assert agreement.read_text().endswith(REASONS)
    return Walked(project=project, place=place, begun=begun, leads=tuple(called.values()), own=own)


def with_reasons(project: Project) -> Project:
    """Write :data:`REASONS` into the project's agreement and open it again."""
    path = project.folder / "agreement.yaml"
    path.write_text(re.split(r"\nrejection_reasons:", path.read_text())[0] + REASONS)
    return open_project(project.folder, environment={}, now=project.now)


def open_leads(project: Project, moment: datetime) -> list[str]:
    """Return leads that came in some days before and stay open."""
    history = ingest(project, silent)
    closed = set(history.rows("outcomes")["lead_id"].to_pylist())
    found = [
        row["lead_id"]
        for row in history.rows("leads").to_pylist()
        if row["created_at"] is not None and moment - 15 * DAY < row["created_at"] < moment - 6 * DAY
        and row["lead_id"] not in closed
    ]  # fmt: skip
    return sorted(found)


def _recent(source: Path, begun: datetime) -> pa.Array:
    """Leads of the last months: nights over them cost half."""
    leads = pq.read_table(source / "leads.parquet", columns=["lead_id", "created_at"])
    return leads.filter(pc.greater(leads["created_at"], begun - RECENT_DAYS * DAY))["lead_id"].combine_chunks()


def _renamed(table: pa.Table, called: Mapping[str, str]) -> pa.Table:
    for place, name in enumerate(table.column_names):
        if name in ("lead_id", "entity_id", "old_lead_id"):
            column = table[name]
            for old, new in called.items():
                column = pc.if_else(pc.equal(column, old), new, column)
            table = table.set_column(place, name, column)
    return table


def _as(schema: pa.Schema, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
