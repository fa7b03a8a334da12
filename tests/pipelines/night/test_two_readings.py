"""A model is scored on sources read as its training read them: which reading every command takes, and what a night says and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.values.column_reading import ColumnReading, Evidence
from leadq.crm.reading.values.kept_readings import reading_to_text, readings_of_text, readings_to_document, same_reading
from leadq.foundation.problems import BundleError, GateStopped, InputError, LeadqError, Problem
from leadq.models.bundle.bundle import Bundle, keep_bundle, read_bundle
from leadq.models.live.live_models import models_folder, promote, put_challenger, set_shadow
from leadq.pipelines.console.progress import silent
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.night.score import score
from leadq.pipelines.project import read_sources
from leadq.pipelines.project.project import Project
from leadq.pipelines.quarter.anchor import anchor
from tests.shared_company import CompanyCopy, live_bundle, opened

pytestmark = pytest.mark.integration

Asked = list[tuple[int | None, Any]]


@pytest.fixture
def company(company_copy: CompanyCopy, tmp_path: Path) -> Project:
    return company_copy(tmp_path / "company")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Which reading, and which columns' readings, each reading of the sources was asked for."""
    found: Asked = []

    def listening(*given: Any, **options: Any) -> History:
        found.append((options["reading"], options["readings"]))
        return read_history(*given, **options)

    monkeypatch.setattr(read_sources, "read_history", listening)
    return found


def put_live(project: Project, bundle: Bundle) -> Bundle:
    version, folder = keep_bundle(bundle, models_folder(project.store.folder))
    promote(version, store=project.store.folder, now=project.now, because="a test", by="head of sales")
    return read_bundle(folder)


def of_the_first_reading(project: Project) -> Bundle:
    """Put the champion live as a model of before there were two readings."""
    return put_live(project, replace(live_bundle(project), reading_text=""))


def test_the_shared_company_learnt_by_the_newest_reading_and_keeps_how_its_columns_were_read(company: Project) -> None:
    bundle = live_bundle(company)
    assert bundle.reading == 2
    columns = readings_of_text(bundle.reading_text)
    assert columns is not None
    assert columns["raw_accounts"]["employees"].kind == "number"
    assert not any(one.evidence.examples for table in columns.values() for one in table.values())


@pytest.mark.acceptance
def test_night_explanation_and_anchor_read_as_the_model_learnt(company: Project, asked: Asked) -> None:
    bundle = live_bundle(company)
    kept = readings_of_text(bundle.reading_text)
    told = score(company, silent)
    lead = pq.read_table(told.facts["scores"], columns=["lead_id"])["lead_id"][0].as_py()
    explain(company, silent, lead_id=lead, afresh=True)
    with suppress(GateStopped):  # where nothing speaks for another anchor it says so once it has read
        anchor(company, silent)
    assert asked == [(2, kept)] * len(asked)
    assert len(asked) == 3
    assert told.facts["reading"] == {
        "reading": 2, "newest": 2, "differs": [], "refused": [], "failed": "", "remedy": ""
    }  # fmt: skip


@pytest.mark.parametrize("pinned", [pytest.param(False, marks=pytest.mark.acceptance), True])
def test_a_night_of_the_first_reading_reads_by_it_and_names_column_example_and_commands_where_it_is_wrong(
    company: Project, asked: Asked, *, pinned: bool
) -> None:
    as_csv(company, "accounts", {"employees": with_points})
    company = opened(company.folder)
    of_the_first_reading(company)
    if pinned:
        with (company.folder / "leadq.yaml").open("a", encoding="utf-8") as config:
            config.write("reading: 1\n")
        company = opened(company.folder)
    told = score(company, silent)
    assert asked == [(1, None), (2, None)]
    assert (told.facts["reading"]["reading"], told.facts["reading"]["failed"]) == (1, "")
    manifest = json.loads((company.store.work / "history" / "history.json").read_text(encoding="utf-8"))
    assert not {"reading", "readings"} & manifest.keys()  # the bytes of the time
    assert not (company.store.work / "newest").exists()
    (found,) = (one for one in told.facts["reading"]["differs"] if one["column"] == "accounts.employees")
    assert float(found["now"]) == round(1000 * float(found["then"]))
    line = f"accounts.employees: {found['rows']:,} of {found['of']:,} accounts, such as {found['key']}: {found['then']}, now {found['now']}"
    assert line in told.words
    assert "run leadq train, look at its report, then leadq promote" in told.words
    assert ("remove that line first" in told.words) is pinned


@pytest.mark.acceptance
def test_what_the_newest_reading_refuses_is_told_and_the_night_is_scored(
    company: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_the_first_reading(company)

    def refuse(*given: Any, **options: Any) -> History:
        if options["reading"] == 2:
            raise InputError(Problem(where="leads column Angelegt", rule="must show the day", remedy="Add a line."))
        return read_history(*given, **options)

    monkeypatch.setattr(read_sources, "read_history", refuse)
    told = score(company, silent)
    assert Path(told.facts["scores"]).is_file()
    assert "wants 1 point of leadq.yaml settled before the next training" in told.words
    assert "column Angelegt" in told.words
    assert told.exit_code == 0


def test_a_model_of_a_reading_that_is_not_here_yet_is_refused(company: Project) -> None:
    later = live_bundle(company).reading_text.replace('"reading": 2', '"reading": 3')
    put_live(company, replace(live_bundle(company), reading_text=later))
    with pytest.raises(BundleError, match=r"a reading that this version of leadq has \(1 to 2\), got reading 3"):
        score(company, silent)
    assert not list((company.store.folder / "runs").glob("*"))


@pytest.mark.acceptance
def test_a_challenger_of_another_reading_is_scored_on_sources_read_for_it(company: Project, asked: Asked) -> None:
    kept = live_bundle(company).reading_text
    champion = of_the_first_reading(company)
    version, _ = keep_bundle(replace(champion, reading_text=kept), models_folder(company.store.folder))
    put_challenger(version, store=company.store.folder, now=company.now, why="a test")
    set_shadow(True, store=company.store.folder)
    told = score(company, silent)
    assert asked == [(1, None), (2, readings_of_text(kept)), (2, None)]
    assert "It learnt from sources read otherwise (reading 2), so they were read again for it." in told.facts["shadow"]
    (path,) = (company.store.folder / "shadow").rglob(f"*-{version}.parquet")
    assert pq.read_metadata(path).num_rows > 50


def test_a_column_written_otherwise_stops_the_night_and_the_line_it_names_ends_well(company: Project) -> None:
    as_csv(company, "accounts", {})
    plain = pq.read_table(score(opened(company.folder), silent).facts["scores"])
    as_csv(company, "accounts", {"employees": with_points})
    before = sorted(one.name for one in (company.store.folder / "runs").glob("*"))
    with pytest.raises(LeadqError, match=r"column employees: must be written as when the model was trained") as stopped:
        score(opened(company.folder), silent)
    assert sorted(one.name for one in (company.store.folder / "runs").glob("*")) == before
    (problem,) = stopped.value.problems
    assert 'read: {"employees": "1.234,5"}' in problem.remedy
    config = company.folder / "leadq.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("accounts.csv}", 'accounts.csv, read: {"employees": "1.234,5"}}'), encoding="utf-8")
    again = pq.read_table(score(opened(company.folder), silent).facts["scores"])
    assert again["probability"].equals(plain["probability"])


def with_points(value: str) -> str:
    return f"{round(float(value)):,}".replace(",", ".") if value else ""


def as_csv(project: Project, table: str, written: dict[str, Callable[[str], str]]) -> None:
    """Write a table of the company as CSV, its columns as ``written`` says, and have leadq.yaml read that."""
    rows = pq.read_table(project.folder / "source" / f"{table}.parquet")
    columns = {}
    for name in rows.column_names:
        texts = [
            "" if value is None else f"{value:.0f}" if isinstance(value, float) else str(value)
            for value in rows[name].to_pylist()
        ]
        columns[name] = pa.array([written[name](one) for one in texts] if name in written else texts)
    pa_csv.write_csv(pa.table(columns), project.folder / "source" / f"{table}.csv")
    config = project.folder / "leadq.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(f"{table}.parquet", f"{table}.csv"), encoding="utf-8")


def test_two_readings_are_the_same_whatever_their_evidence_and_not_where_a_form_differs() -> None:
    def text(form: str, filled: int) -> str:
        one = ColumnReading(kind="number", forms=(form,), evidence=Evidence(filled=filled, fits=filled))
        return reading_to_text(2, readings_to_document({"raw_leads": {"seats": one}}))

    assert same_reading(text("1234.5", 3), text("1234.5", 9))
    assert not same_reading(text("1234.5", 3), text("1.234,5", 3))
    assert not same_reading("", text("1234.5", 3))
    assert same_reading("", "")
    assert reading_to_text(1, {}) == ""
