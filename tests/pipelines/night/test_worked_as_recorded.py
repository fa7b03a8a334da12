"""Whether sales worked a lead is said only where touches are recorded: card, desk, lists and readiness say so, or that nobody knows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.features.readiness.minimum_outcomes import shortage
from leadq.features.readiness.population import mature
from leadq.models.bundle.bundle import Bundle
from leadq.models.fit.contributions import reference_rows
from leadq.pipelines.console.progress import silent
from leadq.pipelines.desk import make_desk
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.project.read_sources import read_sources
from leadq.pipelines.report.model_card import make_card
from leadq.pipelines.scores.show_scores import Chosen, read_scores
from leadq.pipelines.training.training_files import Origin, read_training_data, write_training_data
from tests.shared_company import CompanyCopy, live_bundle

pytestmark = pytest.mark.integration

TOUCHES = "  touches: {path: source/touches.parquet}\n"


def _night(company: Project, *, touches: bool, hours: int = 0) -> Project:
    config = company.folder / "leadq.yaml"
    text = config.read_text().replace(TOUCHES, "")
    config.write_text(text.replace("sources:\n", f"sources:\n{TOUCHES}") if touches else text)
    project = open_project(company.folder, environment={}, now=company.now + timedelta(hours=hours))
    score(project, silent)
    return project


def _said(project: Project, lead_id: str) -> tuple[bool | None, str]:
    """What ``leadq explain --json`` and the card of the desk say."""
    told = explain(project, silent, lead_id=lead_id).facts["worked"]
    desk = make_desk(project, environment={}, local_name="me", clock=lambda: datetime.now(UTC))
    tonight = desk.nights.tonight()
    assert tonight is not None
    run = tonight.run_of(lead_id)
    assert run is not None
    row = pq.read_table(run.scores, filters=[("lead_id", "=", lead_id)]).to_pylist()[0]
    return told, dict(desk.card(tonight, run, row).facts)["Worked by sales"]


def test_worked_is_said_only_where_touches_are_recorded(company_copy: CompanyCopy, tmp_path: Path) -> None:
    company = company_copy(tmp_path / "company")
    project = _night(company, touches=True)
    rows = read_scores(project, Chosen(tiers=("T1", "T3"))).rows.to_pylist()
    worked = next(row["lead_id"] for row in rows if row["worked"])
    never = next(row["lead_id"] for row in rows if row["worked"] is False)
    assert (_said(project, worked), _said(project, never)) == ((True, "yes"), (False, "no"))

    project = _night(company, touches=False, hours=1)
    told, at_desk = _said(project, never)
    assert (told, at_desk) == (None, "not recorded")
    assert {row["worked"] for row in read_scores(project, Chosen()).rows.to_pylist()} == {None}


def _without_touches(company: Project, folder: Path) -> Any:
    data, origin = read_training_data(company.work / "training")
    write_training_data(replace(data, touches_recorded=False), origin, folder)
    return read_training_data(folder)[0]


def test_words_of_a_training_without_touches(company_copy: CompanyCopy, tmp_path: Path) -> None:
    company = company_copy(tmp_path / "company")
    data, origin = read_training_data(company.work / "training")
    assert isinstance(origin, Origin)
    assert "touches_recorded" not in json.loads((company.work / "training" / "origin.json").read_text())
    silent_data = _without_touches(company, tmp_path / "training")
    assert not silent_data.touches_recorded
    assert not silent_data.rows(silent_data.meta["mature"].to_numpy()).touches_recorded
    assert next(iter(mature(data))).sentence.split(" with ")[0].endswith("worked leads")
    assert "worked" not in next(iter(mature(silent_data))).sentence
    few = silent_data.rows(silent_data.meta.index.to_numpy() < 50)
    problem = shortage(few)
    assert problem is not None
    assert "worked" not in problem.rule
    assert "touches" not in problem.remedy
    assert reference_rows(data)[1].startswith("worked leads")
    assert reference_rows(silent_data)[1].startswith("leads at ")


def test_the_model_card_says_what_it_does_not_know(company_copy: CompanyCopy, tmp_path: Path) -> None:
    company = company_copy(tmp_path / "company")
    bundle: Bundle = live_bundle(company)

    def card(one: Bundle) -> str:
        return make_card(one, company.agreement, None, span=None, cannot=()).to_markdown()

    assert "Population: leads that sales works in time" in card(bundle)
    text = card(replace(bundle, trained={**bundle.trained, "touches_recorded": False}))
    assert "Population: all leads. It is not recorded which of them sales worked" in text
    assert "leads that sales works in time" not in text


def test_an_extract_without_activities_is_no_record_of_touches(company_copy: CompanyCopy, tmp_path: Path) -> None:
    """A CRM's extract has every table, also those that nothing stands in: nobody would have worked any lead then."""
    company = company_copy(tmp_path / "company")
    path = company.folder / "source" / "touches.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert not read_sources(company, silent, folder=tmp_path / "history").has_touches
