"""How a night ends: its best leads, or in a sentence why there are none and what to do; what it says to do works."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import History, open_history
from leadq.models.bundle.bundle import keep_bundle
from leadq.models.live.live_models import LIVE, models_folder, promote, put_challenger, read_live
from leadq.pipelines.console.progress import silent
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.night.first_scores import TOP, FirstScores, first_scores
from leadq.pipelines.night.score import score
from leadq.pipelines.project.old_extract import old_extract_words
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.project.scoring_bundle import base_rate_of
from leadq.pipelines.scores.no_tier import base_rate_words
from tests.pipelines.scores.conftest import HOSTILE, NIGHT, commit_run, lead
from tests.shared_company import CompanyCopy, live_bundle

pytestmark = pytest.mark.integration

READ_AT = re.compile(r'read_at: "([^"]+)"')


@pytest.fixture(scope="module")
def company(company_copy: CompanyCopy, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return company_copy(tmp_path_factory.mktemp("night") / "company")


def opened(project: Project, *, now: datetime) -> Project:
    return open_project(project.folder, environment={}, now=now)


def in_params(project: Project, read_at: str) -> None:
    path = project.folder / "params.yaml"
    path.write_text(re.sub(r"(?m)^read_at: .*$", read_at, path.read_text()))


def test_a_night_ends_with_its_best_leads_and_where_all_are(company: Project) -> None:
    told = score(company, silent)
    rows = pq.read_table(told.facts["scores"]).to_pylist()
    table = [row for row in rows if row["tier"] not in (None, "disqualified")]
    ranks = [tier.id for tier in company.agreement.tiers]
    best = sorted(table, key=lambda row: (ranks.index(row["tier"]), -row["probability"], row["lead_id"]))[:TOP]
    assert [row["lead_id"] for row in told.facts["best_leads"]] == [row["lead_id"] for row in best]
    assert told.facts["advice"] == ""
    lines = told.words.splitlines()
    start = lines.index(f"The best {TOP} leads") + 2
    assert [line.split()[0] for line in lines[start : start + TOP]] == [row["lead_id"] for row in best]
    for line, row in zip(lines[start : start + TOP], best, strict=True):
        assert f"{100 * row['probability']:.1f} %" in line
        assert not row["reasons_for"] or row["reasons_for"][0]["sentence"] in line
    assert lines[-2] == f"Score table: {told.facts['scores']}"
    assert "leadq scores" in lines[-1]


def ending(company: Project, *rows: dict[str, Any], read_at: datetime = NIGHT, **options: Any) -> FirstScores:
    """Return the end of a night over these leads, made by hand."""
    history = replace(open_history(company.work / "history"), read_at=read_at)
    run = commit_run(company.store, rows, **options)
    return first_scores(company, run, history, live_bundle(company))


def test_of_one_lead_it_says_one(company: Project) -> None:
    found = ending(company, lead("L1", "T2", reason="Came from Referral"), kind="lead", scope="L1")
    assert found.advice == ""
    assert found.lines()[1] == "The best lead"
    assert found.facts()["best_leads"] == [
        {"lead_id": "L1", "tier": "T2", "probability": 0.5, "account_id": None, "reason": "Came from Referral"}
    ]


def test_the_disqualified_are_not_among_the_best(company: Project) -> None:
    found = ending(company, lead("L1", "disqualified", 0.9, tier_by="competitor"), lead("L2", "T3", 0.1))
    assert [row["lead_id"] for row in found.best] == ["L2"]


@pytest.mark.acceptance
def test_leads_that_seem_too_old_are_told_with_what_to_write_and_that_works(
    company_copy: CompanyCopy, tmp_path: Path
) -> None:
    project = company_copy(tmp_path / "company")
    in_params(project, "read_at: null")
    told = score(opened(project, now=project.now + timedelta(days=200)), silent)
    assert told.facts["best_leads"] == []
    advice = told.facts["advice"]
    assert advice in told.words
    assert re.search(r"None of [\d,]+ open leads was scored: they are older than 30 days", advice)
    assert "then leadq score. leadq train needs it, too." in advice
    found = READ_AT.search(advice)
    assert found is not None, advice
    in_params(project, found[0])
    project = opened(project, now=project.now + timedelta(days=200))
    again = score(project, silent)
    assert len(again.facts["best_leads"]) == TOP
    assert again.facts["advice"] == ""
    best = again.facts["best_leads"][0]["lead_id"]
    assert f"as of {project.read_at:%Y-%m-%d}" in explain(project, silent, lead_id=best).words.splitlines()[0]


def test_where_few_leads_are_young_enough_the_best_are_shown_and_the_rest_is_told(company: Project) -> None:
    leads = [lead("L1", "T1"), *(lead(f"L{at}", None, None) for at in range(2, 9))]
    newest = open_history(company.work / "history").read_at
    early = ending(company, *leads, read_at=newest)  # not a run as of when the data was read: said with --as-of
    assert (len(early.best), early.advice) == (1, "")
    found = ending(
        company, *leads, read_at=newest + timedelta(days=90), days=(newest + timedelta(days=90) - NIGHT).days
    )
    assert len(found.best) == 1
    assert "Only 1 of 8 open leads was scored: the others are older than 30 days" in found.advice


def test_where_no_lead_can_be_scored_it_says_why(company: Project) -> None:
    assert "because none is open" in ending(company).advice
    said = ending(company, kind="since", scope="2026-09-30T06:00:00+00:00").advice
    assert said == "No open lead is new or changed since 2026-09-30T06:00:00+00:00."
    said = ending(company, lead("L1", None, None), lead("L2", None, None), days=-1).advice
    assert said.startswith("None of 2 open leads was scored: they are older than 30 days")
    assert "read_at" not in said
    said = ending(company, lead("L1", None, None, status_reason="no date")).advice
    assert said.startswith("No lead was scored: 1 open lead has no date of creation.")


def test_a_base_rate_gives_no_tier_and_says_which_command_does(company: Project) -> None:
    store, bundle = company.store.folder, live_bundle(company)
    base, _ = keep_bundle(base_rate_of(bundle, company.agreement), models_folder(store))
    (models_folder(store) / LIVE).unlink()
    promote(base, store=store, now=company.now)
    put_challenger(bundle.version, store=store, now=company.now, why="trained, not yet promoted")
    waiting = read_live(store)
    promote(bundle.version, store=store, now=company.now, because="a test", by="head of sales")
    found = ending(company, lead("L1", None, 0.25), version=base)
    assert (found.best, found.facts()["best_leads"]) == ((), [])
    live = read_live(store)
    assert found.advice == base_rate_words(live, base)
    assert "Now there is one: leadq score." in base_rate_words(live, base)
    assert f"leadq promote puts model {bundle.version} live" in base_rate_words(waiting, base)
    nobody = replace(waiting, challenger=None)
    assert "no model trained so far tells better leads from worse" in base_rate_words(nobody, base)
    assert base_rate_words(live, bundle.version) == ""


def test_hostile_leads_do_not_steer_the_terminal() -> None:
    table = [lead(key, "T1", 0.5, account_id=name, reason_for=name) for key, name in HOSTILE.items()]
    rows = tuple({**row, "reason_against": None} for row in table)
    lines = FirstScores(best=rows, advice="").lines()
    assert len(lines) == 3 + len(HOSTILE)
    assert not any(unicodedata.category(sign) in ("Cc", "Cf") for line in lines for sign in line)
    assert len({line.find("T1") for line in lines[3:]}) == 1


NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("newest", "planned", "proposed"),
    [
        (NOW - timedelta(days=60), None, "2026-10-03T00:00:00Z"),
        (NOW - timedelta(days=60), NOW + timedelta(days=90), "2026-10-03T00:00:00Z"),
        (NOW - timedelta(days=3), None, ""),
        (NOW, None, ""),
    ],
)
def test_an_old_export_is_noticed_by_its_newest_record(
    write_history: Callable[..., History],
    tmp_path: Path,
    newest: datetime,
    planned: datetime | None,
    proposed: str,
) -> None:
    leads: list[dict[str, Any]] = [{"lead_id": "a", "created_at": newest - timedelta(days=300)}]
    outcomes = [{"lead_id": "a", "occurred_at": newest, "outcome": "won"}]
    if planned is not None:
        outcomes.append({"lead_id": "a", "occurred_at": planned, "outcome": "lost"})
    history = write_history(tmp_path / "history", {"leads": leads, "outcomes": outcomes}, read_at=NOW)
    found = READ_AT.search(old_extract_words(history))
    assert (found[1] if found else "") == proposed
    assert old_extract_words(replace(history, dated=False)) == ""
    assert old_extract_words(replace(history, read_at=datetime(1999, 1, 1, tzinfo=UTC))) == ""
