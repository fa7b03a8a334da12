"""Dead leads that count as open: named by check and score with how many stand in which tier, and gone once the printed line is followed."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.closed_looking import closed_looking_leads
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.project.read_sources import read_sources
from tests.shared_company import CompanyCopy

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def company(company_copy: CompanyCopy, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return company_copy(tmp_path_factory.mktemp("night") / "company")


def _disqualify(source: Path, ids: list[str]) -> None:
    """Give these leads the status that nobody works on them, as a rep does who closes nothing."""
    leads = pq.read_table(source)
    dead = pc.is_in(leads["lead_id"], pa.array(ids))
    status = pc.if_else(dead, "Disqualified", leads["status"])
    pq.write_table(leads.set_column(leads.column_names.index("status"), "status", status), source)


def test_dead_leads_stand_in_no_tier_once_the_printed_line_is_followed(company: Project) -> None:
    before = score(company, silent)
    assert before.facts["closed_looking"] == {"words": {}, "by_tier": {}, "says": ""}
    deadlines = company.store.folder / "deadlines"  # the agreement states a calendar
    assert [path.stem for path in deadlines.rglob("*.parquet")] == [before.facts["run_id"]]
    rows = pq.read_table(before.facts["scores"], columns=["lead_id", "tier"]).to_pylist()
    best = [row["lead_id"] for row in rows if row["tier"] == "T2"][:3]
    rest = [row["lead_id"] for row in rows if row["tier"] == "T3"][:3]
    _disqualify(company.folder / "source" / "leads.parquet", best + rest)
    told = score(company, silent)
    found = told.facts["closed_looking"]
    assert found["words"] == {"Disqualified": 6}
    assert found["by_tier"] == {"T2": 3, "T3": 3}
    assert "6 leads count as open, but by their status nobody works on them: 'Disqualified' (6)" in told.words
    assert "are 3 leads in T2; 3 leads in T3" in told.words

    line = re.search(r"leadq\.yaml: (closed_status: \[.*?\])", told.words)
    assert line is not None
    config = company.folder / "leadq.yaml"
    config.write_text(config.read_text().replace("lost: [lost]}", f"lost: [lost], {line.group(1)}}}"))
    mapped = open_project(company.folder, environment={}, now=company.now)
    again = score(mapped, silent)
    assert again.facts["closed_looking"]["words"] == {}
    left = set(pq.read_table(again.facts["scores"], columns=["lead_id"]).column("lead_id").to_pylist())
    assert not left & {*best, *rest}
    assert len(left) == len(rows) - 6


def test_a_reading_says_the_same_before_any_night(company: Project) -> None:
    config = company.folder / "leadq.yaml"
    config.write_text(re.sub(r", closed_status: \[.*?\]", "", config.read_text()))
    project = open_project(company.folder, environment={}, now=company.now)
    history = read_sources(project, silent, folder=company.folder / "read_again")
    found = closed_looking_leads(project.config, history)
    assert found.words == {"Disqualified": 6}
    assert found.by_tier == {}
    assert found.says.endswith("belong in open_status instead.")
