"""The kept figures that ``leadq check`` prints equal an independent SQL over the tables to the last lead, with and without deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.terms.measured_terms import HandOver, Review
from leadq.crm.contract.history import History
from leadq.crm.contract.score_table import SCORES
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.pipelines.console.progress import silent
from leadq.pipelines.measures.hand_over_words import hand_overs_in_words
from leadq.pipelines.measures.measure import Measured, measure
from leadq.pipelines.measures.measured_facts import measured_facts
from leadq.pipelines.measures.stage_words import stages_in_words
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.run_manifest import Run, RunInputs, sha256_of
from leadq.pipelines.training.ingest import ingest
from tests.kept_by_sql import CREATED, HANDED_OFF, SHOWN, as_leadq_counts, kept_by_sql
from tests.serving.delivery.company import Place, ScriptedTarget, tonight
from tests.shared_company import PARAMS, simulated

DAY = timedelta(days=1)
SETTINGS = CompanySettings(n_leads=1500, base_rate=0.25, noise_fields=0, drift="none")
NIGHTS = 22
OWNED = ("T1", "T2")


@dataclass
class Company:
    """A simulated company that delivered scores for five months, and what its CRM showed since when."""

    project: Project
    history: History
    files: list[Path] = field(default_factory=list)
    shown: list[tuple[str, datetime, datetime | None, datetime, str]] = field(default_factory=list)
    begun: datetime | None = None


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("kept") / "company"
    project = simulated(folder, PARAMS, SETTINGS)
    with (folder / "leadq.yaml").open("a") as config:
        config.write("deliver: {crm: {kind: files, folder: delivered}}\n")
    project = open_project(folder, environment={}, now=project.read_at)
    made = Company(project=project, history=ingest(project, silent))
    _live(made)
    return made


def _live(company: Company) -> None:
    """Score and deliver every week: each lead's tier is drawn anew now and then, so that some rise and some fall."""
    store, read_at = company.project.store, company.project.read_at
    place = Place(folder=store.folder, target=ScriptedTarget(chunk_rows=200))
    draw = np.random.default_rng(5)
    tiers: dict[str, str] = {}
    held: dict[str, str] = {}
    changes: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for night in range(NIGHTS):
        as_of = read_at - (NIGHTS - night) * 7 * DAY
        for lead_id in _open(company.history, as_of):
            if lead_id not in tiers or draw.random() < 0.15:
                tiers[lead_id] = str(draw.choice(["T1", "T2", "T3", "disqualified"], p=[0.2, 0.25, 0.5, 0.05]))
        path = _commit(company, as_of, {lead_id: tiers[lead_id] for lead_id in _open(company.history, as_of)})
        place.time.now = as_of + timedelta(hours=3)
        company.begun = company.begun or place.time.now

        def confirm(chunk: Any, step: str, as_of: datetime = as_of) -> None:
            for row in chunk.rows if step == "after" else ():
                if held.get(row.key) != row.values["lq_tier"]:
                    held[row.key] = str(row.values["lq_tier"])
                    changes.setdefault(row.key, []).append((place.time.now, as_of, held[row.key]))

        place.target.script = confirm  # type: ignore[attr-defined]
        report = place.deliver(replace(tonight(path, night=night), as_of=as_of), force=True)
        assert report.state == "done"
    for lead_id, told in changes.items():
        ends = [one[0] for one in told[1:]] + [None]
        company.shown += [(lead_id, at, end, as_of, tier) for (at, as_of, tier), end in zip(told, ends, strict=True)]


def _open(history: History, as_of: datetime) -> list[str]:
    query = """
        SELECT lead_id FROM leads l WHERE created_at <= $as_of AND coalesce((SELECT arg_max(outcome, occurred_at) FROM outcomes o
            WHERE o.lead_id = l.lead_id AND occurred_at <= $as_of), 'reopened') = 'reopened' ORDER BY lead_id"""
    with _tables(history) as connection:
        return [lead_id for (lead_id,) in connection.execute(query, {"as_of": as_of}).fetchall()]


@contextmanager
def _tables(history: History) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("LOAD icu; SET TimeZone = 'UTC'")
        for name in ("leads", "outcomes"):
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{history.path(name)}')")
        yield connection


def _commit(company: Company, as_of: datetime, tiers: dict[str, str]) -> Path:
    store = company.project.store
    inputs = RunInputs(
        kind="night", as_of=as_of, history_sha256="h", bundle_version="m1", agreement_version=1, agreement_sha256="a"
    )
    scores, snapshot = store.scores_path(inputs), store.snapshot_path(inputs.run_id)
    rows = [
        {
            "lead_id": lead_id, "status": "scored", "probability": 0.1, "percentile": 0.5, "tier": tier, "tier_by": "model", "as_of": as_of,
            "scored_at": as_of, "run_id": inputs.run_id, "reasons_for": [], "reasons_against": [], "model_version": "m1",
        }
        for lead_id, tier in tiers.items()
    ]  # fmt: skip
    for path in (scores, snapshot):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=SCORES), path)
    names = {"scores": str(scores.relative_to(store.folder)), "snapshot": str(snapshot.relative_to(store.folder))}
    run = Run(inputs=inputs, scored_at=as_of, scores_sha256=sha256_of(scores), snapshot_sha256="", **names)
    (store.folder / "runs").mkdir(exist_ok=True)
    store.commit(run)
    company.files.append(scores)
    return scores


def _measured(company: Company, agreed: HandOver | Literal[""] = "", **agreement: Any) -> Measured:
    was = company.project.agreement
    changed = replace(was, clocks=replace(was.clocks, hand_over=agreed), **agreement)
    project = replace(company.project, agreement=changed)
    measured = measure(project, company.history)
    assert measured is not None
    return measured


@pytest.mark.parametrize("agreed", ["", "delivered"])
def test_hand_overs_by_deliveries_and_who_was_there_before_them(company: Company, agreed: Any) -> None:
    facts = measured_facts(_measured(company, agreed=agreed))["hand_overs"]
    *before, period = facts["periods"]
    assert [one["source"] for one in before] == (["handed_off_at"] if agreed == "" else [])
    assert (period["source"], period["from"], period["until"]) == ("delivered", company.begun.isoformat(), None)
    rows = [one for one in company.shown if one[4] in OWNED]
    shown = pa.table([list(one) for one in zip(*rows, strict=True)], schema=SHOWN)
    by_sql = _by_sql(company, shown, begun=company.begun, until_then=HANDED_OFF if before else "")
    assert as_leadq_counts(facts["figures"]) == by_sql.counts
    assert period["backlog"] == by_sql.backlog > 50
    if before:  # what the CRM recorded until then is no backlog
        assert by_sql.backlog < _by_sql(company, shown, begun=company.begun).backlog
    assert set(by_sql.counts) == {None, "T1", "T2"}  # nobody is handed over in a tier that is not sales'
    assert min(one["won"] for one in by_sql.counts.values()) > 0
    assert by_sql.counts[None]["never_worked"] > 0
    assert sum(one["rose_later"] for one in facts["figures"]) > 0


def test_the_last_resort_alone_has_no_tier_but_of_leads_that_were_scored_the_next_night(company: Company) -> None:
    facts = measured_facts(_measured(company, agreed="created"))["hand_overs"]
    by_sql = _by_sql(company, CREATED)
    assert as_leadq_counts(facts["figures"]) == by_sql.counts
    assert by_sql.counts[""]["handed_over"] > by_sql.counts["T1"]["handed_over"] > 0
    assert by_sql.counts[None]["never_worked"] > 0


def test_every_interval_holds_its_share_and_a_share_is_of_what_is_counted(company: Company) -> None:
    for one in measured_facts(_measured(company))["hand_overs"]["figures"]:
        for kept in (one["all"], one["worked"]):
            if kept["mature"]:
                assert 0 <= kept["low"] <= kept["won"] / kept["mature"] <= kept["high"] <= 1
                assert kept["kept"] == kept["won"] / kept["mature"]
        assert one["all"]["mature"] == one["worked"]["mature"] + one["never_worked"]


def test_the_days_of_grace_are_the_agreements(company: Company) -> None:
    facts = measured_facts(_measured(company, "created", review=Review(grace_days=30)))["hand_overs"]
    by_sql = _by_sql(company, CREATED, grace_days=30)
    assert facts["grace_days"] == 30
    assert as_leadq_counts(facts["figures"]) == by_sql.counts
    assert by_sql.counts[None]["mature"] < _by_sql(company, CREATED).counts[None]["mature"]


def test_it_is_said_in_plain_words(company: Company) -> None:
    measured = _measured(company)
    words = hand_overs_in_words(measured)
    assert company.begun is not None
    assert words[0].startswith(f"Until {company.begun.date()} a lead counts as handed over at its hand-over date")
    assert words[1].startswith(
        f"Since {company.begun.date()} a lead counts as handed over when the CRM first confirmed a score"
    )
    assert words[2].startswith(
        f"Backlog: {measured.counts[-1].backlog} leads were open and not handed over when this began"
    )
    assert [line.split(":")[0] for line in words[3:]] == ["All tiers", "T1 (30 % promised)", "T2 (10 % promised)"]
    assert all("never worked (" in line for line in words[3:])
    assert [line.split(":")[0] for line in stages_in_words(measured)] == ["MQL", "SAL", "SQL"]


def test_a_source_that_is_not_recorded_is_said_with_those_that_are(company: Company) -> None:
    measured = _measured(company, agreed="owner_assigned")
    [said] = hand_overs_in_words(measured)
    assert "owner_assigned, which is not recorded" in said
    assert "Recorded: delivered, handed_off_at, created." in said
    assert measured_facts(measured)["hand_overs"]["figures"] == []


def _by_sql(
    company: Company,
    shown: str | pa.Table,
    begun: datetime | None = None,
    until_then: str = "",
    grace_days: int = 7,
) -> Any:
    horizon = company.project.agreement.outcome.horizon_days
    history = company.history
    return kept_by_sql(
        history.folder,
        history.read_at,
        horizon_days=horizon,
        shown=shown,
        scores=company.files,
        begun=begun,
        until_then=until_then,
        grace_days=grace_days,
    )


def test_a_score_table_that_is_gone_takes_its_tiers_and_stops_nothing(company: Company, tmp_path: Path) -> None:
    before = _measured(company, "created")
    aside = tmp_path / "aside.parquet"
    company.files[4].rename(aside)
    try:
        after = _measured(company, "created")
        by_sql = _by_sql(replace(company, files=[path for path in company.files if path.is_file()]), CREATED)
    finally:
        aside.rename(company.files[4])
    assert as_leadq_counts(measured_facts(after)["hand_overs"]["figures"]) == by_sql.counts
    assert (before.scores_gone, after.scores_gone) == (0, 1)
    assert hand_overs_in_words(after)[-1].startswith("1 score table is no longer in the store")
