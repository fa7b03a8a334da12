"""A changed agreement is previewed on history: who changes tier, what would have been kept, what rules do; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from leadq.foundation.problems import AgreementError, GateStopped
from leadq.models.bundle.bundle import keep_bundle
from leadq.models.live.live_models import models_folder
from leadq.models.live.live_models import promote as put_live
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from leadq.pipelines.quarter.preview import preview
from tests.shared_company import CompanyCopy, live_bundle

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Iterator[Project]:
    """A trained model, live, that has scored a night."""
    project = company_copy(tmp_path_factory.mktemp("preview") / "company")
    bundle = live_bundle(project)
    store = project.store.folder
    version, _ = keep_bundle(replace(bundle, trained={**bundle.trained, "weekly_flow": 40.0}), models_folder(store))
    put_live(version, store=store, now=project.now, because="a test", by="head of sales")
    score(project, silent)
    return project


def changed(project: Project, *changes: tuple[str, str]) -> Path:
    text = (project.folder / "agreement.yaml").read_text()
    for old, new in (("version: 1", "version: 2"), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    path = project.folder / "changed.yaml"
    path.write_text(text)
    return path


def files(project: Project) -> dict[str, int]:
    kept = [*project.store.folder.rglob("*"), *project.work.rglob("*")]
    return {str(path): path.stat().st_mtime_ns for path in kept if path.is_file() and path.parent.name != "history"}


def test_on_held_out_leads_and_on_the_last_night(project: Project) -> None:
    before = files(project)
    promise = ("win_rate_at_least: 0.30", "win_rate_at_least: 0.40")
    rule = ("in: [rival.example, competitor.example]", "present: true")  # every account that has a domain
    told = preview(project, silent, agreement=changed(project, promise, rule))
    facts = json.loads(json.dumps(told.facts))
    assert facts["tiers"][0]["promised"] == 0.40
    assert facts["held_out"]["counts"]["T1"]["T2"] > 0
    assert facts["held_out"]["counts"]["T2"]["T1"] == facts["held_out"]["counts"]["T3"]["T1"] == 0
    night, competitor = facts["night"], facts["night"]["rules"][0]
    assert night["model"]["counts"]["T1"]["T2"] > 0
    assert competitor["holds"] == competitor["decides"] > competitor["decided_before"]
    assert sum(row["disqualified"] for row in night["total"]["counts"].values()) >= competitor["decides"]
    assert sum(row["disqualified"] for row in night["model"]["counts"].values()) == 0
    scores = project.store.table(project.store.runs()[-1].scores)
    scored = pq.read_table(scores, columns=["status"])["status"].to_pylist().count("scored")
    assert night["model"]["leads"] == night["total"]["leads"] == scored
    for part in (
        "What changes",
        "at least 40 %",
        "leads the model had not seen",
        "by the model alone",
        "All tier changes",
    ):
        assert part in told.words
    lock = str(project.store.folder / "lock")
    assert {**files(project), lock: 0} == {**before, lock: 0}  # a preview leaves no trace


def test_another_horizon_needs_another_model(project: Project) -> None:
    told = preview(project, silent, agreement=changed(project, ("horizon_days: 90", "horizon_days: 60")))
    assert told.exit_code == 0
    assert "tiers" not in told.facts
    assert "cannot be previewed" in told.words
    assert "60 days" in told.words


def test_what_cannot_be_compared_is_refused(project: Project) -> None:
    path = changed(project, ("version: 2", "version: 1"), ("win_rate_at_least: 0.30", "win_rate_at_least: 0.35"))
    with pytest.raises(AgreementError, match="higher version"):
        preview(project, silent, agreement=path)
    path = changed(project, ("field: email_domain", "field: shoe_size"))
    with pytest.raises(GateStopped, match="shoe_size"):
        preview(project, silent, agreement=path)


def test_before_a_night_only_held_out_leads_show(project: Project, tmp_path: Path) -> None:
    alone = replace(project, config=project.config.model_copy(update={"store": tmp_path}))  # what was trained last
    same = preview(alone, silent, agreement=changed(project))
    assert same.facts["changes"] == []
    assert same.facts["held_out"]["moved"] == 0
    told = preview(alone, silent, agreement=changed(project, ("win_rate_at_least: 0.30", "win_rate_at_least: 0.40")))
    assert told.facts["held_out"]["moved"] > 0
    assert told.facts["night"] is None
    assert "Run leadq score to see" in told.words
