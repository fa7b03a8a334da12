"""The whole circle through a real CRM: its history read, a model trained and promoted, scores delivered to it, the answers of sales
read back and learned from. Everything by the functions behind the commands that a user calls.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.simulate import SimulatedCompany, simulate
from leadq.pipelines.console.progress import silent
from leadq.pipelines.crm.read_history import read_crm
from leadq.pipelines.delivery.deliver import Asked, deliver_scores
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.quarter.promote import promote
from leadq.pipelines.training.stages import train_all
from tests.tryton_past import FIELDS, OWN, last_revision, pasts_of, put_leads, put_past, set_back
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS, REP, Tryton, running

pytestmark = pytest.mark.integration

NIGHT = datetime(2026, 10, 1, tzinfo=UTC)
ENVIRONMENT = {"TRYTON_PASSWORD": PASSWORDS[LEADQ]}
PARAMS = """\
fit: {grid_num_leaves: [7], learning_rate: 0.1, max_rounds: 100, early_stopping_rounds: 15, n_folds: 3, bootstrap_repeats: 100}
features: {ages_days: [0, 7, 30]}
engine: {threads: 1}
"""


def _write_project(folder: Path, server: Tryton) -> None:
    tables = ("leads", "accounts", "opportunities", "field_history", "touches", "dispositions")
    crm = {
        "kind": "tryton",
        "address": server.address,
        "database": DATABASE,
        "user": LEADQ,
        "password": "${TRYTON_PASSWORD}",
        "history": {"lead_fields": list(FIELDS), "columns": OWN},
    }
    config = {
        "store": "store",
        "agreement": "agreement.yaml",
        "sources": {table: {"path": f"extract/{table}.parquet"} for table in tables}
        | {"events": {"path": "website.parquet"}},
        "outcome": {"from": "opportunities", "won": ["won"], "lost": ["lost"], "open": ["open"]},
        "deliver": {"crm": crm},
    }
    (folder / "leadq.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "params.yaml").write_text(PARAMS, encoding="utf-8")
    init(folder)


def _write_website(made: SimulatedCompany, numbers: dict[str, int], path: Path) -> None:
    """Events are the website's: Tryton knows of none. Its leads are known there by Tryton's numbers."""
    events = made.tables["events"]
    events = events.filter(pc.is_valid(events.column("lead_id")))
    leads = [str(numbers.get(name, "")) or None for name in events.column("lead_id").to_pylist()]
    place = events.schema.get_field_index("lead_id")
    pq.write_table(events.set_column(place, "lead_id", pa.array(leads, pa.string())), path)


def _at(folder: Path, server: Tryton, now: datetime) -> Project:
    """The project at a moment; the server may have moved."""
    path = folder / "leadq.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["deliver"]["crm"]["address"] = server.address
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return open_project(folder, environment=ENVIRONMENT, now=now)


def _extract(project: Project, folder: Path) -> dict[str, int]:
    told = read_crm(project, silent, name="crm", folder=folder / "extract", environment=ENVIRONMENT)
    rows: dict[str, int] = told.facts["rows"]  # type: ignore[assignment]
    return rows


def _answer(server: Tryton, scores: list[dict[str, Any]]) -> tuple[list[int], list[int]]:
    """A rep goes through the best of them, as the list in Tryton shows them, and says yes to some and no to others."""
    best = sorted(scores, key=lambda row: -row["percentile"])[:50]
    rep = server.rpc(REP)
    accepted, rejected = [int(row["lead_id"]) for row in best[::2]], [int(row["lead_id"]) for row in best[1::2]]
    rep("sale.opportunity.write", accepted, {"lq_decision": "accepted", "lq_rejection_reason": None})
    rep("sale.opportunity.write", rejected, {"lq_decision": "rejected", "lq_rejection_reason": "outside_icp"})
    return accepted, rejected


@pytest.fixture
def server() -> Any:
    with running() as started:
        yield started


def test_the_circle_closes(server: Tryton, tmp_path: Path) -> None:
    made = simulate(CompanySettings(n_leads=2500, base_rate=0.25, noise_fields=0, drift="none", duplicate_share=0.0))
    assert made.read_at == NIGHT
    pasts = pasts_of(made)
    numbers = put_leads(server, pasts)
    put_past(server, pasts, numbers)
    _write_project(tmp_path, server)
    _write_website(made, numbers, tmp_path / "website.parquet")

    project = _at(tmp_path, server, NIGHT)
    first = _extract(project, tmp_path)
    assert first["leads"] == len(pasts)
    trained = train_all(project, silent)
    promote(project, because="the circle", by="head of sales")
    night = score(project, silent)
    scores = [row for row in pq.read_table(night.facts["scores"]).to_pylist() if row["status"] == "scored"]
    assert len(scores) > 60

    before = last_revision(server)
    delivered = deliver_scores(project, silent, asked=Asked(to="crm"), environment=ENVIRONMENT)
    told = delivered.facts["targets"]["crm"]  # type: ignore[index]
    assert told["state"] == "done", told
    _must_show(server, scores)
    accepted, rejected = _answer(server, scores)
    again = deliver_scores(project, silent, asked=Asked(to="crm"), environment=ENVIRONMENT)
    assert again.facts["targets"]["crm"]["repeated"]  # type: ignore[index]

    set_back(server, after=before, to=NIGHT + timedelta(hours=9))
    project = _at(tmp_path, server, NIGHT + timedelta(days=1))
    second = _extract(project, tmp_path)
    answers = [row for row in pq.read_table(tmp_path / "extract" / "dispositions.parquet").to_pylist()
               if row["decided_at"] >= NIGHT]  # fmt: skip
    said = {int(row["lead_id"]): (row["decision"], row["reason"]) for row in answers}
    assert {lead for lead, answer in said.items() if answer == ("rejected", "outside_icp")} == set(rejected)
    assert {lead for lead, answer in said.items() if answer == ("accepted", None)} <= set(accepted), (
        "who said yes before"
    )
    assert second["dispositions"] == first["dispositions"] + len(answers)

    retrained = train_all(project, silent)
    assert retrained.facts["version"] != trained.facts["version"]
    learned = pq.read_table(project.work / "history" / "dispositions.parquet").to_pylist()
    assert sum(row["decided_at"] >= NIGHT for row in learned) == len(answers)


def _must_show(server: Tryton, scores: list[dict[str, Any]]) -> None:
    """What a rep sees in Tryton is what was scored, and nothing else was touched."""
    wanted = {int(row["lead_id"]): row for row in scores}
    held = server.rpc(REP).read(
        sorted(wanted), ["lq_score", "lq_tier", "lq_chance", "lq_reason_1", "state", "lq_status"]
    )
    for lead, row in wanted.items():
        assert held[lead]["lq_tier"] == row["tier"]
        assert held[lead]["lq_score"] == round(row["percentile"] * 100)
        assert held[lead]["lq_chance"] == pytest.approx(100 * row["probability"], abs=0.006)
        assert held[lead]["lq_status"] == "scored"
        assert held[lead]["state"] in ("lead", "opportunity")
