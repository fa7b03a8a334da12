"""A blind round: the same leads for the same seed, no outcome in any sheet, and every bad sheet told by its row."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadq.crm.contract.history import open_history
from leadq.foundation.problems import InputError, UsageError
from leadq.pipelines.console.progress import silent
from leadq.pipelines.draft.blind_round import blind_round
from leadq.pipelines.draft.blind_round.blind_round import compare_blind_round, draw_blind_round
from leadq.pipelines.draft.blind_round.drawn_leads import BECAUSE, KEY, QUALIFIED, BlindRound
from leadq.pipelines.draft.blind_round.returned_sheets import read_marks, sheet_rows
from leadq.pipelines.draft.blind_round.sheets import read_round, write_round
from leadq.pipelines.project.project import Project
from tests.pipelines.draft.conftest import HOSTILE, opened
from tests.shared_company import MadeOnce


@pytest.fixture(scope="module", autouse=True)
def _sources_read_once(drafted: Path) -> Iterator[None]:
    """Let every round be drawn out of the history that the draft has read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            blind_round, "ingest", lambda *_, folder: open_history(drafted / folder.relative_to(folder.parents[2]))
        )
        yield


@pytest.fixture(scope="module")
def project(drafted: Path, once_a_run: MadeOnce) -> Project:
    """A project in which a round of 20 was drawn."""

    def make(folder: Path) -> None:
        shutil.copytree(drafted, folder)
        draw_blind_round(opened(folder), silent, leads=20, seed=7)

    return opened(once_a_run("blind_round", make))


@pytest.fixture(scope="module")
def drawn(project: Project) -> BlindRound:
    """The round of 20."""
    (folder,) = (project.folder / "blind-rounds").iterdir()
    found = read_round(folder.name, project.folder)
    assert found is not None
    return found


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def filled(
    drawn: BlindRound, folder: Path, name: str, *, yes: set[int], because: str = "industry", sep: str = ","
) -> Path:
    """Fill a sheet in as a spreadsheet would save it."""
    lines = [sep.join((KEY, "industry", QUALIFIED.title(), BECAUSE))]
    for place, lead in enumerate(drawn.leads):
        lines.append(sep.join((lead.key.lower(), "x", "Yes" if place in yes else "no ", because)))
    path = folder / name
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig" if sep == "," else "cp1252")
    return path


def test_two_equal_sheets_without_outcome_or_id(project: Project, drawn: BlindRound) -> None:
    folder = project.folder / "blind-rounds" / drawn.name
    marketing, sales = (folder / f"{side}.csv" for side in ("marketing", "sales"))
    assert marketing.read_bytes() == sales.read_bytes()
    heading, *rows = rows_of(marketing)
    assert len(rows) == 20
    assert heading[0] == KEY
    assert heading[-2:] == [QUALIFIED, BECAUSE]
    assert all(row[-2:] == ["", ""] for row in rows)
    assert [row[0] for row in rows] == [f"{drawn.name}-{number:02d}" for number in range(1, 21)]
    text = marketing.read_text(encoding="utf-8-sig")
    assert not any(word in text for word in ("won", "lost", "No budget", *(lead.lead_id for lead in drawn.leads)))
    assert "industry" in heading
    assert "email domain" not in heading
    assert "web domain" not in heading
    assert not any(one.startswith("=") for row in rows for one in row)
    assert any(HOSTILE[:12] in one for row in rows for one in row)  # as a text, with an apostrophe in front


def test_the_same_seed_gives_the_same_bytes_and_what_was_filled_in_stays(project: Project, drawn: BlindRound) -> None:
    folder = project.folder / "blind-rounds" / drawn.name
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    draw_blind_round(project, silent, leads=20, seed=7)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    sheet = folder / "sales.csv"
    sheet.write_bytes(before["sales.csv"].replace(b",,\r\n", b",yes,industry\r\n", 1))
    try:
        with pytest.raises(UsageError, match="was filled in"):
            write_round(drawn, project.folder)
    finally:
        sheet.write_bytes(before["sales.csv"])
    with pytest.raises(UsageError, match="from 5 to 200"):
        draw_blind_round(project, silent, leads=3, seed=7)


def test_the_comparison_counts_what_both_say_and_names_the_field(
    project: Project, drawn: BlindRound, tmp_path: Path
) -> None:
    marketing = filled(drawn, tmp_path, "m.csv", yes=set(range(10)))
    sales = filled(drawn, tmp_path, "s.csv", yes=set(range(4, 10)), because="Industry: zu klein für uns", sep=";")
    told = compare_blind_round(project, silent, marketing=marketing, sales=sales)
    facts = told.facts
    assert (facts["leads"], facts["agreed"], facts["agreed_by_chance"]) == (20, 16, pytest.approx(10.0))
    assert [one["key"] for one in facts["differences"]] == [lead.key for lead in drawn.leads[:4]]
    assert facts["most_differed_field"] == "industry"
    assert facts["fields"][0] == {"field": "industry", "named_on": 4}
    assert sum(one["leads"] for one in facts["groups"]) == 20
    assert all(one["became"].startswith(("won after", "lost after", "neither")) for one in facts["differences"])
    assert "Both sides say the same of 16 of 20 leads" in told.words
    assert "chance alone would give about 10" in told.words


def test_every_bad_row_is_told_with_its_remedy(drawn: BlindRound, tmp_path: Path) -> None:
    path = filled(drawn, tmp_path, "marketing.csv", yes={0})
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = lines[1].replace(",Yes,", ",maybe,")
    lines[2] = lines[2].replace(",no ,", ",,")
    lines[3] = lines[3].replace(drawn.name.lower(), "RAAAAAA")
    lines[4] = lines[5]
    path.write_text("\n".join(lines[:-1]))
    marks, problems = read_marks(sheet_rows(path), drawn, path.name)
    said = [str(problem) for problem in problems]
    assert said[0].startswith("marketing.csv row 2: qualified must be yes or no, got maybe.")
    assert said[1].startswith("marketing.csv row 3: qualified must be yes or no, got nothing.")
    assert "row 4: the key must be one of round" in said[2]
    assert "belongs to round RAAAAAA" in said[2]
    assert "row 6: a lead must have one row" in said[3]
    assert "Keep this one or marketing.csv row 5" in said[3]
    assert "must have a row for each lead of the round" in said[4]
    assert drawn.leads[-1].key in said[4]
    assert len(said) == 5
    assert len(marks) == 15


def test_what_is_no_sheet_of_this_project_is_refused(project: Project, drawn: BlindRound, tmp_path: Path) -> None:
    good = filled(drawn, tmp_path, "good.csv", yes={1})
    other = tmp_path / "other.csv"
    other.write_text(good.read_text(encoding="utf-8-sig").replace(drawn.name.lower(), "RZZZZZZ"))
    long = tmp_path / "long.csv"
    long.write_text(good.read_text(encoding="utf-8-sig").replace(drawn.name.lower(), "../" * 200))
    book, bare = tmp_path / "book.csv", tmp_path / "bare.csv"
    book.write_bytes(b"PK\x03\x04")
    bare.write_text("key,because\nx,y\n")
    for path, rule in (
        (other, "of a round drawn in this project"),
        (long, "of a round drawn in this project"),
        (book, "must be a CSV file"),
        (bare, "must have a column qualified"),
        (tmp_path / "none.csv", "must be a file"),
    ):
        with pytest.raises(InputError, match=rule):
            compare_blind_round(project, silent, marketing=good, sales=path)
