"""Check 12: what was scored is rebuilt; a fact written later under an earlier date stops, what has no history is only named."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import History
from leadq.crm.reading.values.kept_readings import reading_to_text
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.simulate import simulate
from leadq.crm.simulated.tables.company_files import leadq_yaml, write_company
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.leak_checks.finding import LeakFinding
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.bundle.bundle import Bundle, keep_bundle
from leadq.models.bundle.value_evidence import gather_evidence
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.contributions import make_reference
from leadq.models.fit.fit_model import labels
from leadq.models.tiers.tier_offers import no_tiers
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.training.ingest import ingest
from leadq.pipelines.training.parity import NOTHING_SCORED, Parity, check_parity

pytestmark = pytest.mark.integration

PARAMS = "features: {ages_days: [0, 30], max_event_kinds: 1}\nengine: {threads: 1}\n"
Rows = list[dict[str, Any]]
Spoil = Callable[[Rows], Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A project with one committed night, and the same company read three days later."""

    project: Project
    history: History
    scores: pd.DataFrame


def a_model(project: Project, history: History) -> None:
    """A small booster as champion, made without validation: what matters here is that it scores."""
    with open_engine(threads=1) as backend:
        data = build_training_data(backend, history, project.agreement, project.settings.features)
    lightgbm = load_lightgbm()
    parameters = {"objective": "binary", "num_leaves": 4, "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 50}
    booster = lightgbm.train(parameters, lightgbm.Dataset(data.features, labels(data)), num_boost_round=80)
    calibrator = Calibrator(slope=1.0, intercept=0.0)
    bundle = Bundle(
        kind="booster",
        catalogue=data.catalogue,
        booster_text=booster.model_to_string(),
        calibrator=calibrator,
        reference=make_reference(booster, data.features[:500], calibrator, "some", threads=1),
        tiers=no_tiers(project.agreement, "a test"),
        evidence=gather_evidence(data.features[:500], labels(data)[:500], data.catalogue),
        evaluation={},
        agreement_text=project.agreement.text,
        trained={},
        out_of_time=pd.DataFrame({"lead_id": []}),
        reading_text=reading_to_text(history.reading, history.readings),
    )
    version, _ = keep_bundle(bundle, project.store.folder / "models")
    standing = {"version": version, "when": "2026-01-01T00:00:00+00:00", "why": "a test", "by": ""}
    live = {"champion": standing, "challenger": None, "fallback": None, "previous": []}
    (project.store.folder / "models" / "live.json").write_text(json.dumps(live))


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    folder = tmp_path_factory.mktemp("scored")
    settings = CompanySettings(n_leads=900, seed=4, base_rate=0.25, noise_fields=2, days=400)
    night, today = settings.end - timedelta(days=3), settings.end
    company = simulate(settings, read_at=night)
    write_company(company, folder / "source")
    (folder / "leadq.yaml").write_text(leadq_yaml(company).replace("{path: ", "{path: source/"))
    (folder / "params.yaml").write_text(f"read_at: {night.isoformat()}\n{PARAMS}")
    init(folder)
    project = open_project(folder, environment={}, now=night)
    a_model(project, ingest(project, silent))
    told = score(project, silent)
    write_company(simulate(settings, read_at=today), folder / "source")
    later = replace(project, settings=replace(project.settings, read_at=today), now=today)
    return Scored(project=later, history=ingest(later, silent), scores=pq.read_table(told.facts["scores"]).to_pandas())


@pytest.fixture
def spoilt(scored: Scored, tmp_path: Path) -> Callable[..., Parity]:
    """Spoil tables of today's history and run the check."""

    def run(*, vouched: dict[str, str] | None = None, **tables: Spoil) -> Parity:
        folder = tmp_path / "history"
        shutil.copytree(scored.history.folder, folder)
        counts = dict(scored.history.counts)
        for name, spoil in tables.items():
            path = folder / f"{name}.parquet"
            table = pq.read_table(path)
            rows = spoil(table.to_pylist())
            pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
            counts[name] = replace(counts[name], used=counts[name].used + len(rows) - table.num_rows)
        vouch = scored.project.config.model_copy(update={"vouch": vouched or {}})
        history = replace(scored.history, folder=folder, counts=counts)
        return check_parity(replace(scored.project, config=vouch), history, seed=3)

    return run


def stopping(parity: Parity) -> list[LeakFinding]:
    return [found for found in parity.findings if found.consequence == "stop"]


def some_leads(scored: Scored, count: int) -> list[str]:
    """The likeliest leads of few open ones: all of them are sampled."""
    rows = scored.scores[scored.scores["status"] == "scored"]
    assert len(rows) <= 200
    return list(rows.sort_values("probability", ascending=False)["lead_id"].iloc[:count])


def test_the_same_company_read_later_gives_the_same_scores(scored: Scored) -> None:
    parity = check_parity(scored.project, scored.history, seed=3)
    assert parity.compared == (scored.scores["status"] == "scored").sum() > 30
    assert not stopping(parity)
    assert "get the same score within" in parity.words


def test_an_event_written_later_under_an_earlier_date_stops(scored: Scored, spoilt: Any, tmp_path: Path) -> None:
    (lead_id,) = some_leads(scored, 1)
    run = scored.project.store.latest_night()
    assert run is not None
    before = run.inputs.as_of - timedelta(hours=1)

    def backdate(events: Rows) -> Rows:
        kind = Counter(row["kind"] for row in events if row["lead_id"]).most_common(1)[0][0]
        return [*events, {"lead_id": lead_id, "kind": kind, "occurred_at": before, "known_at": before}]

    parity = spoilt(events=backdate)
    (found,) = stopping(parity)
    assert lead_id in found.sentence
    assert {wrong.feature for wrong in parity.wrong} == set(found.features)
    assert found.figure == 1
    (tmp_path / "history").rename(tmp_path / "first")
    kept = spoilt(events=backdate, vouched=dict.fromkeys(found.features, "calls are typed in the day after"))
    assert [one.consequence for one in kept.findings] == ["name"]
    assert f"{found.field}, vouched for" in kept.findings[0].sentence


def test_what_has_no_recorded_history_is_named_and_does_not_stop(scored: Scored, spoilt: Any) -> None:
    """A lead retitled, one deleted, one merged, events deleted, and one event that became known only now."""
    retitled, deleted, merged, visited = some_leads(scored, 4)
    now = scored.project.now
    late = {"lead_id": visited, "kind": "page_view", "occurred_at": now - timedelta(days=4), "known_at": now}
    titles = {True: {"title": "Chief Executive Officer"}, False: {}}
    parity = spoilt(
        leads=lambda leads: [
            {**row, **titles[row["lead_id"] == retitled]} for row in leads if row["lead_id"] not in (deleted, merged)
        ],
        lead_aliases=lambda aliases: [*aliases, {"old_lead_id": merged, "lead_id": "L-survivor", "merged_at": now}],
        events=lambda events: [*events[::2], late],
    )
    assert not stopping(parity)
    (told,) = parity.findings
    for why in (
        "leads.title, which has no recorded history",
        "leads deleted in the CRM since",
        "leads merged since",
        "rows deleted in the CRM since",
    ):
        assert why in told.sentence


def test_scores_of_another_model_stop(scored: Scored) -> None:
    """The same facts and another score: the bundle is not the one that scored, or the scorer changed."""
    run = scored.project.store.latest_night()
    assert run is not None
    path = scored.project.store.folder / run.scores
    kept = path.read_bytes()
    table = pq.read_table(path)
    column = pa.array([None if p is None else p * 1.001 for p in table["probability"].to_pylist()], pa.float64())
    pq.write_table(table.set_column(table.schema.get_field_index("probability"), "probability", column), path)
    try:
        (found,) = stopping(check_parity(scored.project, scored.history, seed=3))
    finally:
        path.write_bytes(kept)
    assert found.field == "probability"


def test_nothing_scored_yet(scored: Scored, tmp_path: Path) -> None:
    config = scored.project.config.model_copy(update={"store": tmp_path / "empty"})
    parity = check_parity(replace(scored.project, config=config), scored.history, seed=3)
    assert (parity.compared, parity.why_not, parity.findings) == (0, NOTHING_SCORED, ())
