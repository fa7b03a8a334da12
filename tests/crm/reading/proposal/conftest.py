"""Made-up leads of which the truth is known, written as exports of CRMs, and what a proposal makes of them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.proposal.mapping_proposal import propose_mapping

READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
Cell = Callable[["Lead"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead: how it ended and when; an open one has no end."""

    number: int
    state: str
    created: datetime
    closed: datetime | None


def leads(count: int = 300) -> list[Lead]:
    """Return leads one after the other: a third won, a half lost, the last ones open."""
    made = []
    for number in range(count):
        created = datetime(2024, 1, 8, 9, 30, tzinfo=UTC) + timedelta(hours=40 * number)
        state = "open" if number >= 0.85 * count else "won" if number % 3 == 0 else "lost"
        closed = None if state == "open" else created + timedelta(days=3 + number % 20, hours=5)
        made.append(Lead(number=number, state=state, created=created, closed=closed))
    return made


def created(lead: Lead) -> str:
    return lead.created.isoformat()


def closed(lead: Lead) -> str:
    return lead.closed.isoformat() if lead.closed else ""


def planned(lead: Lead) -> str:
    """Closing date of a CRM that wants one of every deal: long after the last lead was created."""
    return (lead.closed or datetime(2027, 3, 1, tzinfo=UTC)).isoformat()


def overdue(lead: Lead) -> str:
    """Closing date of a CRM that wants one of every deal: passed, and nobody changed it."""
    return (lead.closed or lead.created + timedelta(days=9)).isoformat()


def words(**said: str) -> Cell:
    """Words by state; several stand between | and take turns."""
    return lambda lead: said[lead.state].split("|")[lead.number % len(said[lead.state].split("|"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Where an export lies, its proposal and its history."""

    path: Path

    def propose(self, columns: Mapping[str, Cell], rows: list[Lead] | None = None) -> dict[str, Any]:
        """Write the export, propose leadq.yaml for it, and return that as data."""
        with (self.path / "export.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(columns)
            writer.writerows([cell(lead) for cell in columns.values()] for lead in rows or leads())
        (self.path / "leadq.yaml").write_text(propose_mapping(self.path / "export.csv"), encoding="utf-8")
        return self.proposal()

    def proposal(self) -> dict[str, Any]:
        document: dict[str, Any] = yaml.load(self.text(), Loader=yaml.BaseLoader)
        return document

    def text(self) -> str:
        return (self.path / "leadq.yaml").read_text(encoding="utf-8")

    def paste(self, key: str, line: str) -> None:
        """Put ``line`` in the place of the line of ``key`` of the outcome."""
        lines = self.text().splitlines()
        there = [
            place for place, one in enumerate(lines) if one.strip().startswith(f"{key}:") and not one.startswith("    ")
        ]
        lines[there[0]] = "  " + line
        (self.path / "leadq.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def states(self) -> Counter[str]:
        """Read the export as proposed, and count leads by state."""
        config = read_config(self.path / "leadq.yaml")
        history = read_history(config, folder=self.path / "history", read_at=READ_AT)
        outcomes = pq.read_table(history.path("outcomes")).to_pylist()
        last = {row["lead_id"]: row["outcome"] for row in sorted(outcomes, key=lambda row: row["occurred_at"])}
        read = pq.read_table(history.path("leads"), columns=["lead_id"]).column("lead_id").to_pylist()
        return Counter(last.get(lead, "open") for lead in read)


TRUTH = Counter(lead.state for lead in leads())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder for an export."""
    return Folder(path=tmp_path)
