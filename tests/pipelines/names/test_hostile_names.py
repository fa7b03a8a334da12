"""Whatever a company calls its columns and folders, every command from init to deliver runs, and the scores are the same."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.pipelines.names.conftest import DONE, STOPPED, NamedCompany
from tests.pipelines.names.hostile_names import ALL, Column

Make = Callable[[Path, Sequence[str]], NamedCompany]
DOZEN = 12
HOSTILE_FOLDER = Path("source=hubspot") / "country=NL" / "a*b?[c] %20#d"


def some(seed: int, count: int) -> list[str]:
    """Headings that differ by more than the case of letters, as a reader of exports demands."""
    shuffled = random.Random(seed).sample(ALL, len(ALL))
    return list({name.lower(): name for name in shuffled}.values())[:count]


def whole_way(company: NamedCompany) -> dict[str, dict[str, Any]]:
    """Run every command; return tonight's scores."""
    company.learn()
    assert company.own_fields() == {name: column.kind for name, column in company.columns.items()}
    for name, column in company.columns.items():
        assert_held(company, name, column)
    scores = company.score()
    lead = next(row["lead_id"] for row in scores.values() if row["contributions"])
    page, picture = company.folder / "card.html", company.folder / "why.svg"
    company.leadq("explain", lead, "--html", str(page), "--picture", str(picture))
    assert page.is_file()
    assert picture.is_file()
    pages = company.desk_pages(lead)
    for text in (*pages.values(), page.read_text(encoding="utf-8")):
        assert "<script>alert" not in text
    company.leadq("preview", "--agreement", str(company.project / "draft.yaml"))
    company.leadq("deliver")
    assert list((company.project / "delivered").rglob("scores.parquet"))
    company.leadq("anchor", codes=(STOPPED,))  # too few wins since
    company.leadq("shadow", "on", codes=(DONE,))
    company.a_day_later()
    later = company.score()
    assert later.keys() - scores.keys()
    company.leadq("deliver", codes=(DONE, STOPPED))
    return scores


def assert_held(company: NamedCompany, name: str, column: Column) -> None:
    """The history holds every value of a column under its own heading."""
    table = pq.read_table(company.project / "work/history/leads.parquet")
    held = dict(zip(table["lead_id"].to_pylist(), table[name].to_pylist(), strict=True))
    typed: dict[str, Callable[[str], Any]] = {
        "category": str, "number": float, "date": datetime.fromisoformat, "flag": lambda text: text == "true",
    }  # fmt: skip
    for lead_id, text in zip(company.export.lead_ids, column.values, strict=True):
        expected = typed[column.kind](text) if text else None
        same = held[lead_id] == expected or (isinstance(expected, float) and math.isclose(held[lead_id], expected))
        assert same, f"{name!r} of {lead_id}: {held[lead_id]!r}, not {expected!r}"


@pytest.mark.acceptance
def test_a_dozen_hostile_headings_go_the_whole_way(tmp_path: Path, named_company: Make) -> None:
    headings = ["Employees\n(FTE)", "renewal_at", "renewal_us", *some(seed=3, count=DOZEN)]
    whole_way(named_company(tmp_path / "company", list(dict.fromkeys(headings))))


@pytest.mark.acceptance
@pytest.mark.parametrize("part", range(4))
def test_every_hostile_heading_goes_the_whole_way(tmp_path: Path, named_company: Make, part: int) -> None:
    whole_way(named_company(tmp_path / "company", some(seed=1, count=len(ALL))[part::4]))


@pytest.mark.acceptance
def test_a_hostile_folder_and_hostile_headings_change_no_score(tmp_path: Path, named_company: Make) -> None:
    headings = ["Employees\n(FTE)", "renewal_at", "place", "hubspot"]
    there = named_company(tmp_path / HOSTILE_FOLDER, headings)
    scores = whole_way(there)
    here = named_company(tmp_path / "plain", headings)
    here.learn()
    assert tables_of(here) == tables_of(there)
    assert here.score() == scores
    twin = named_company(tmp_path / "twin", ["Field 0", "Field 3", "Field 2", "Field 1"])
    twin.learn()
    assert {lead: row["probability"] for lead, row in twin.score().items()} == {
        lead: row["probability"] for lead, row in scores.items()
    }, "a name is only a name"


def tables_of(company: NamedCompany) -> dict[str, bytes]:
    """Every table of the history."""
    return {path.name: path.read_bytes() for path in sorted((company.project / "work" / "history").glob("*.parquet"))}
