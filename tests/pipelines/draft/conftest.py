"""A company of 40 leads a month with words that no program should trust, as CSV files and a project folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadq.pipelines.draft.draft import DRAFT, draft
from leadq.pipelines.draft.draft_line import DraftLine
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import Project, open_project
from tests.shared_company import PARAMS, MadeOnce

TOLD = "told.json"
READ_AT = datetime(2026, 10, 1, 6, tzinfo=UTC)
START = READ_AT - timedelta(days=720)
HOSTILE = '=HYPERLINK("x"): "nein" # {geld}'
WINS = "R & D: software"
TABLES = ("leads", "accounts", "opportunities", "events", "field_history", "touches", "dispositions")
WORDS = ("No budget", HOSTILE, "失注", "went to a rival")
CONFIG = """\
store: store
agreement: agreement.yaml
sources:
  leads: {path: leads.csv}
  accounts: {path: accounts.csv}
  opportunities: {path: opportunities.csv}
  events: {path: events.csv}
  field_history: {path: field_history.csv}
  touches: {path: touches.csv}
  dispositions: {path: dispositions.csv}
outcome: {from: opportunities, won: [won], lost: [lost]}
tracked_since: {account.industry: 2024-01-01, account.employees: 2024-01-01, lead.authority: 2024-01-01}
"""


def write_company(folder: Path, *, leads: int = 960, seed: int = 4) -> None:
    """Write files of a company in which "R & D: software" wins three times as often as anybody else.

    Whoever became a customer is "customer" today, which was filled in when the deal closed: the field history knows better.
    """
    draw = np.random.default_rng(seed)
    created = [START + timedelta(hours=float(hour)) for hour in np.sort(draw.uniform(0, 715 * 24, leads))]
    industry = draw.choice([WINS, "retail", HOSTILE], leads, p=[0.3, 0.5, 0.2])
    won = draw.random(leads) < np.where(industry == WINS, 0.36, 0.12)
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for place in range(leads):
        lead, account, at = f"L{place:04d}", f"A{place:04d}", created[place]
        closed = at + timedelta(days=float(draw.uniform(8, 70)))
        over = closed < READ_AT
        source, size = str(draw.choice(["web", "event"])), int(draw.integers(10, 900))
        now = "customer" if won[place] and over and place % 2 else industry[place]
        tables["leads"].append(
            {"lead_id": lead, "account_id": account, "created_at": at, "source": source, "authority": "user"}
        )
        tables["accounts"].append({"account_id": account, "industry": now, "employees": size})
        if now != industry[place]:
            change = {"entity": "account", "entity_id": account, "field": "industry", "changed_at": closed}
            tables["field_history"].append(change | {"old_value": industry[place], "new_value": now})
        tables["opportunities"].append(
            {
                "opportunity_id": f"O{place}",
                "lead_id": lead,
                "created_at": at + timedelta(days=6),
                "closed_at": closed if over else None,
                "outcome": ("won" if won[place] else "lost") if over else "open",
                "loss_reason": "" if won[place] or not over else str(draw.choice(WORDS, p=[0.5, 0.2, 0.2, 0.1])),
            }
        )
        tables["events"].append({"lead_id": lead, "occurred_at": at - timedelta(hours=1), "kind": "web_visit"})
        for call in range(int(draw.integers(0, 5))):
            moment = at + timedelta(hours=float(draw.uniform(1, 40)) + 30 * call)
            tables["touches"].append({"lead_id": lead, "occurred_at": moment, "kind": "call", "direction": "out"})
        answer = {"lead_id": lead, "decided_at": at + timedelta(days=3), "decision": "accepted"}
        tables["dispositions"].append(answer)
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)


def make_project(folder: Path) -> None:
    """Write the company as a project with the template's agreement, and draft once."""
    folder.mkdir()
    write_company(folder)
    (folder / "leadq.yaml").write_text(CONFIG)
    (folder / "params.yaml").write_text(PARAMS.replace("[0, 7, 30]", "[0]"))  # what is drafted looks at no other age
    init(folder)
    project = opened(folder)
    told = draft(project, lambda _words, _share=None: None, out=None)
    (folder / TOLD).write_text(json.dumps(told.facts))


def lacking(lines: Iterable[DraftLine]) -> list[str]:
    """Return the keys of lines that neither show how many and an interval nor say why not."""
    return [line.key for line in lines if not _shows(line)]


def _shows(line: DraftLine) -> bool:
    if line.basis == "measured":
        return bool(line.n) and line.low is not None and line.high is not None and line.low <= line.high
    if line.basis == "a choice":
        return "choice" in line.evidence
    return any(words in line.evidence for words in ("Not recorded", "Too few", "Cannot be shown", "Too early"))


def opened(folder: Path) -> Project:
    """Open the project at the moment its data was read."""
    return open_project(folder, environment={}, now=READ_AT)


@pytest.fixture(scope="session")
def drafted(once_a_run: MadeOnce) -> Path:
    """Return the folder of a project with its first draft; not to be written to."""
    folder = once_a_run("forty_leads_a_month", make_project)
    assert (folder / DRAFT).is_file()
    return folder
