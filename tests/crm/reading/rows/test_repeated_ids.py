"""Rows of one id: each once where nothing is lost, else told in which columns they differ and how to settle it, which then works."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from leadq.crm.contract.history import History, TableCount
from leadq.crm.reading.ingest import read_notes
from tests.crm.reading.conftest import SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
HEADER = "lead_id,created_at,closed_at,status,title,size"
CONFIG = """
sources:
  leads: {path: leads.csv%s}
outcome: {from: lead_columns, won: [won], lost: [lost]}
"""
LEADS = 60


def _row(place: int, *more: str, title: str = "Head", status: str = "") -> str:
    given = status or ("won", "lost", "open")[place % 3]
    closed = "" if given == "open" else "2024-03-05T09:00:00Z"
    return ",".join([f"L{place:03d}", "2024-01-02T10:00:00Z", closed, given, title, str(place % 9), *more])


def _write(sources: SourceFolder, rows: list[str], *more: str) -> None:
    sources.write("leads.csv", "\n".join([",".join([HEADER, *more]), *rows]) + "\n")


def _pasted(remedy: str, key: str) -> str:
    """The line of a remedy that sets ``key``, as somebody would paste it."""
    found = re.search(rf"{key}: (\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}|\"[^\"]*\")", remedy)
    assert found is not None, remedy
    return f", {found[0]}"


@pytest.mark.parametrize("twice", [1, 30, 60])
def test_overlapping_parts_give_each_lead_once(sources: SourceFolder, rows_of: RowsOf, twice: int) -> None:
    rows = [_row(place) for place in range(LEADS)]
    _write(sources, [*rows, *rows[:twice], *rows[:twice]])
    history = sources.read(CONFIG % "")
    assert [row["lead_id"] for row in rows_of(history, "leads")] == [f"L{place:03d}" for place in range(LEADS)]
    assert len(rows_of(history, "outcomes")) == 40
    (note,) = [note for note in read_notes(history.folder) if "several rows" in note]
    assert f"{twice} " in note
    assert "each counts once" in note


@pytest.mark.parametrize("roles", ["contact_id", "Contact: Role\nkind", "größe, m²"])
def test_a_row_a_contact_names_the_column_and_its_line_settles_it(
    sources: SourceFolder, rows_of: RowsOf, roles: str
) -> None:
    rows = [_row(place, f"C{role}") for place in range(LEADS) for role in range(1 + place % 2)]
    _write(sources, rows, '"' + roles + '"')
    (problem,) = sources.problems(CONFIG % "")
    assert "an id must be unique" in problem.rule
    assert problem.count == 30
    assert problem.rule.endswith("only")
    history = sources.read(CONFIG % _pasted(problem.remedy, "own_fields"))
    assert len(rows_of(history, "leads")) == LEADS
    assert any("alike but for" in note for note in read_notes(history.folder))


@pytest.mark.parametrize("mapped", [False, True])
def test_a_contract_column_that_differs_is_put_aside_by_its_line(
    sources: SourceFolder, rows_of: RowsOf, *, mapped: bool
) -> None:
    rows = [_row(place, f"C{role}", title=("Head", "Buyer")[role]) for place in range(LEADS) for role in range(2)]
    _write(sources, rows, "contact")
    header = (sources.path / "leads.csv").read_text()
    given = ""
    if mapped:
        sources.write("leads.csv", header.replace(",title,", ",Contact Title,", 1))
        given = ', columns: {title: "Contact Title"}'
    (problem,) = sources.problems(CONFIG % given)
    assert {"contact", "Contact Title" if mapped else "title"} <= set(
        re.findall(r"differ in (\w+) \(.*and ([\w ]+) \(", problem.rule)[0]
    )
    assert not mapped or "take Contact Title out of columns" in problem.remedy
    history = sources.read(CONFIG % _pasted(problem.remedy, "own_fields"))
    assert len(rows_of(history, "leads")) == LEADS
    assert {row["title"] for row in rows_of(history, "leads")} == {None}


def test_two_exports_of_two_days_keep_the_newest_by_the_line_that_is_named(
    sources: SourceFolder, rows_of: RowsOf
) -> None:
    old = [_row(place, "2024-04-01T00:00:00Z", status="open") for place in range(20)]
    new = [_row(place, "2024-05-02T00:00:00Z") for place in range(LEADS)]
    _write(sources, [*new[:5], *old, *new[5:]], "LastModifiedDate")
    (problem,) = sources.problems(CONFIG % "")
    assert "status" in problem.rule
    history = sources.read(CONFIG % _pasted(problem.remedy, "newest_by"))
    assert len(rows_of(history, "outcomes")) == 40
    assert "LastModifiedDate" not in rows_of(history, "leads")[0]
    assert any("the newest counts" in note for note in read_notes(history.folder))


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d %b %Y", "%Y%m%d", "epoch"])
def test_the_newest_row_is_found_however_its_time_is_written(sources: SourceFolder, rows_of: RowsOf, form: str) -> None:
    def moment(month: int) -> str:
        when = datetime(2024, month, 13, 15, 5, tzinfo=UTC)
        return f"{when.timestamp():.0f}" if form == "epoch" else when.strftime(form)

    rows = [_row(place, moment(month), title=f"of {month}") for place in range(LEADS) for month in (11, 9, 10)]
    _write(sources, rows, "changed")
    history = sources.read(CONFIG % ", newest_by: changed")
    assert {row["title"] for row in rows_of(history, "leads")} == {"of 11"}
    assert history.counts["leads"] == TableCount(read=3 * LEADS, used=3 * LEADS, rejected=0)


def test_a_newest_by_that_is_no_time_is_refused_and_its_remedy_works(sources: SourceFolder, rows_of: RowsOf) -> None:
    rows = [
        _row(place, f"{when} Uhr", title=when) for place in range(LEADS) for when in ("2024-05-02 10", "2024-04-01 09")
    ]
    _write(sources, rows, "changed")
    (problem,) = [one for one in sources.problems(CONFIG % ", newest_by: changed") if "newest_by" in one.rule]
    assert (problem.count, problem.value) == (2 * LEADS, "'2024-05-02 10 Uhr'")
    history = sources.read(CONFIG % ', newest_by: changed, read: {changed: "%Y-%m-%d %H Uhr"}')
    assert {row["title"] for row in rows_of(history, "leads")} == {"2024-05-02 10"}


def test_rows_that_say_the_same_need_no_newest_one(sources: SourceFolder, rows_of: RowsOf) -> None:
    """A project that named such a column, and whose repeated rows are equal, goes on."""
    _write(sources, [_row(place, "v2") for place in range(LEADS) for _ in range(2)], "changed")
    assert len(rows_of(sources.read(CONFIG % ", newest_by: changed"), "leads")) == LEADS


def test_two_states_of_which_none_says_when_are_refused(sources: SourceFolder) -> None:
    _write(sources, [_row(place) for place in range(LEADS)] + [_row(1, status="open")])
    (problem,) = sources.problems(CONFIG % "")
    assert "none says when" in problem.remedy
    assert problem.examples == ("'L001' in rows 3, 62",)


def test_columns_nobody_reads_do_not_tell_rows_apart(sources: SourceFolder, rows_of: RowsOf) -> None:
    """The mail address of each contact is personal, the line's number an identifier."""
    rows = [_row(p, f"mail{p}{r}@example.org", str(100_000 + 7 * p + r)) for p in range(LEADS) for r in range(2)]
    _write(sources, rows, "contact_mail", "line_no")
    history = sources.read(CONFIG % "")
    assert len(rows_of(history, "leads")) == LEADS
    assert any(
        "contact_mail" in note and "line_no" in note and "not read" in note for note in read_notes(history.folder)
    )


def test_a_flat_file_with_ids_counts_equal_rows_once(sources: SourceFolder, rows_of: RowsOf) -> None:
    rows = [f"L{place},{'yes' if place % 3 else 'no'},{place % 5}" for place in range(LEADS)]
    sources.write("leads.csv", "\n".join(["lead_id,bought,size", *rows, *rows[:10]]) + "\n")
    history = sources.read("flat: {path: leads.csv, outcome: bought, won: ['yes'], lost: ['no']}\n")
    assert len(rows_of(history, "leads")) == LEADS


def test_a_row_a_product_of_opportunities_is_named(sources: SourceFolder) -> None:
    _write(sources, [_row(place) for place in range(LEADS)])
    rows = "".join(
        f"O{n},L{n:03d},2024-01-03T00:00:00Z,,open,{n * 10 + line}\n" for n in range(LEADS) for line in (1, 2)
    )
    sources.write("opps.csv", "opportunity_id,lead_id,created_at,closed_at,outcome,amount\n" + rows)
    (problem,) = sources.problems(
        "sources:\n  leads: {path: leads.csv}\n  opportunities: {path: opps.csv}\n"
        "outcome: {from: opportunities, won: [won], lost: [lost]}\n"
    )
    assert "differ in amount only" in problem.rule
