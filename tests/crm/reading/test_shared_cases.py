"""The shared cases: exports as CRMs and spreadsheets really write them, each right by its verify.py and by its EXPECTED.md.

They lie beside the project (``../shared/cases``, or where ``LEADQ_SHARED_CASES`` says) and are copied before they are run.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from leadq.pipelines.project.project import open_project
from tests.crm.reading.cases.case_run import cells, column_of, leadq, leads_of, notes, verified
from tests.crm.reading.cases.expectations import APART, CASES, Case
from tests.crm.reading.generator.remedies import paste
from tests.shared_company import PARAMS, learn, put_live

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("LEADQ_SHARED_CASES") or ROOT.parent / "shared" / "cases")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared cases are not beside the project: {SHARED}"),
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"
    ),  # verify.py leaves files to be closed
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Copy the case that the test names and stand in it."""
    name = request.param if hasattr(request, "param") else request.node.name.removeprefix("test_")
    copy = tmp_path / name
    shutil.copytree(SHARED / name, copy)
    monkeypatch.chdir(copy)
    return copy


def test_every_shared_case_has_a_test() -> None:
    found = {path.name for path in SHARED.iterdir() if path.is_dir()}
    assert found == {*CASES, *APART}


@pytest.mark.parametrize("folder", CASES, indirect=True)
def test_shared_case(folder: Path) -> None:
    case = CASES[folder.name]
    begun = leadq("init", "p", "--from", case.source)
    assert begun.code == 0, begun.words
    proposed = Path("p/leadq.yaml").read_text(encoding="utf-8")
    heard = _read(case)
    checked = verified(folder, "p", "truth.csv", case.seconds)
    assert checked.code == 0, checked.words
    for pattern in case.proposed:
        assert re.search(pattern, proposed), f"leadq.yaml must hold {pattern}:\n{proposed}"
    for pattern in case.said:
        assert re.search(pattern, heard + notes(Path("p"))), f"nothing says {pattern}: {heard}\n{notes(Path('p'))}"
    _own_columns(folder, case)


def _read(case: Case) -> str:
    """Read the sources; a refusal that is allowed is followed."""
    heard = ""
    for _ in range(4):
        done = leadq("stage", "ingest", "--project", "p")
        heard += done.words
        if done.code == 0:
            return heard
        assert case.may_refuse, done.words
        for pattern in case.refused:
            assert re.search(pattern, done.words), f"the refusal must say {pattern}: {done.words}"
        assert paste(Path("p/leadq.yaml"), done.words, case.known), f"nothing to paste that is true: {done.words}"
    raise AssertionError(heard)


def _own_columns(folder: Path, case: Case) -> None:
    given, leads = cells(folder, case), leads_of(Path("p"))
    first = next(iter(leads.values()))
    for heading in case.dropped:
        assert heading not in first, f"{heading} must be dropped"
    for heading, meaning in case.own.items():
        column = column_of(first, heading)
        assert column is not None, f"{heading} is not there: {list(first)}; {notes(Path('p'))}"
        pairs = [(meaning(given[key][heading]), row[column]) for key, row in leads.items()]
        wrong = [pair for pair in pairs if not _same(*pair)]
        assert not wrong, f"{heading} as {column}: {len(wrong)} differ, such as {wrong[:3]}"


def _same(want: object, got: object) -> bool:
    if isinstance(want, float) and isinstance(got, float | int):
        return abs(want - got) < 1e-9 * max(1, abs(want)) or abs(want / 100 - got) < 1e-9
    return (
        " ".join(want.split()) == " ".join(got.split())
        if isinstance(want, str) and isinstance(got, str)
        else want == got
    )


def test_flat_column_called_place(folder: Path) -> None:
    assert leadq("init", "p", "--from", "export.csv").code == 0
    done = leadq("stage", "ingest", "--project", "p")
    assert done.code == 0, done.words
    _own_columns(folder, Case(key="id", own={"place": str, "visits": float}))


@pytest.mark.parametrize("folder", ["flat_newest_first", "flat_order_by_dmy_date"], indirect=True)
def test_rows_of_a_flat_file_run_forwards_in_time(folder: Path) -> None:
    if folder.name == "flat_newest_first":
        assert leadq("init", "p", "--from", "export.csv").code == 0
        assert re.search(r"order: .?Created On", Path("p/leadq.yaml").read_text(encoding="utf-8"))
    else:
        assert leadq("init", "p").code == 0
        shutil.copy("leadq.yaml", "p/leadq.yaml")
    done = leadq("stage", "ingest", "--project", "p")
    assert done.code == 0, done.words
    times = cells(folder, Case(source="times.csv", key="id"))
    in_order = sorted(leads_of(Path("p")).values(), key=lambda row: row["created_at"])
    days = [datetime.fromisoformat(times[row["lead_id"]]["t"]).date() for row in in_order]
    assert all(before <= after for before, after in pairwise(days))
    assert len(days) == len(times)


def test_hubspot_api_json(folder: Path) -> None:
    case = Case(source="deals.jsonl", key="id", own={})
    for source in ("deals.json", "deals.jsonl"):
        shutil.rmtree("p", ignore_errors=True)
        begun = leadq("init", "p", "--from", source)
        assert begun.code == 0, begun.words
        _read(case)
        checked = verified(folder, "p", "truth.csv")
        assert checked.code == 0, f"{source}: {checked.words}"
        row = leads_of(Path("p"))["9000"]
        named = {column.rpartition(".")[2]: value for column, value in row.items()}
        assert float(named["num_employees"]) == 196
        assert "Cold call" in (row["source"], named.get("hs_analytics_source"))


def test_join_ids_1_vs_1_0(folder: Path) -> None:
    assert leadq("init", "p").code == 0
    for name in ("leadq.yaml", "leads.csv", "opps.csv"):
        shutil.copy(name, f"p/{name}")
    done = leadq("stage", "ingest", "--project", "p")
    if done.code != 0:
        assert "7000" in done.words
        assert "7000.0" in done.words
        assert paste(Path("p/leadq.yaml"), done.words, Case().known), done.words
        assert leadq("stage", "ingest", "--project", "p").code == 0
    checked = verified(folder, "p", "truth.csv")
    assert checked.code == 0, checked.words


def test_salesforce_lead_default_statuses(folder: Path) -> None:
    """Lost leads carry no date: the refusal says which 812 leads, of which word, and what to do."""
    assert leadq("init", "p", "--from", "export.csv").code == 0
    proposed = Path("p/leadq.yaml").read_text(encoding="utf-8")
    assert re.search(r'won: \[[^\]]*"Closed - Converted"', proposed)
    assert re.search(r'lost: \[[^\]]*"Closed - Not Converted"', proposed)
    done = leadq("stage", "ingest", "--project", "p")
    said = done.words + (notes(Path("p")) if done.code == 0 else "")
    assert "812" in said
    assert "Closed - Not Converted" in said
    assert re.search(r"LastModifiedDate|[Ll]ast [Mm]odified|date", said)


def test_web_page_saved_as_csv(folder: Path) -> None:
    begun = leadq("init", "p", "--from", "export.csv")
    assert begun.code == 1
    assert re.search("web page", begun.words)


def test_zip_of_parts(folder: Path) -> None:
    for source in ("export.zip", "deals-*.csv"):
        shutil.rmtree("p", ignore_errors=True)
        begun = leadq("init", "p", "--from", source)
        assert begun.code == 0, begun.words
        done = leadq("stage", "ingest", "--project", "p")
        assert done.code == 0, f"{source}: {done.words}"
        checked = verified(folder, "p", "truth.csv")
        assert checked.code == 0, f"{source}: {checked.words}"
    shutil.rmtree("p")
    assert leadq("init", "p", "--from", "deals-1.csv").code == 0
    written = Path("p/leadq.yaml").read_text(encoding="utf-8")
    Path("p/leadq.yaml").write_text(written.replace("deals-1.csv", "deals-*.csv"), encoding="utf-8")
    assert leadq("stage", "ingest", "--project", "p").code == 0
    assert verified(folder, "p", "truth.csv").code == 0


def _learnt(source: str) -> None:
    """Bring project ``p`` to a live model of what lies in ``source``: the stages without gate and reports, quickly."""
    assert leadq("init", "p", "--from", source).code == 0
    yaml, params = Path("p/leadq.yaml"), Path("p/params.yaml")
    shutil.copy(source, "now.csv")
    yaml.write_text(yaml.read_text(encoding="utf-8").replace(source, "now.csv"), encoding="utf-8")
    params.write_text(PARAMS, encoding="utf-8")
    project = open_project(Path("p"), environment={}, now=datetime.now(UTC))
    put_live(project, learn(project))


def test_heading_line_break_scoring(folder: Path) -> None:
    _learnt("export.csv")
    night = leadq("score", "--project", "p")
    assert night.code == 0, night.words


@pytest.mark.parametrize(
    ("folder", "column"),
    [("nightly_source_words_renamed", "source"), ("nightly_thousands_points", "employees")],
    indirect=["folder"],
)
def test_a_night_says_that_a_column_is_no_longer_what_the_model_learnt(folder: Path, column: str) -> None:
    _learnt("train.csv")
    first = leadq("score", "--project", "p")
    assert first.code == 0, first.words
    shutil.copy("tonight.csv", "now.csv")
    second = leadq("score", "--project", "p")
    assert second.code != 0 or "warning" in second.words, second.words
    assert column in second.words, second.words
