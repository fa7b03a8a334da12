"""What init proposes for a workbook of several sheets, and for a file with a row for each contact of a deal."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from leadq.crm.reading.proposal.mapping_proposal import propose_mapping
from leadq.foundation.problems import InputError
from tests.crm.reading.files.made_up import as_csv, workbook

HEADINGS = ["Deal ID", "Created", "Closed", "Stage", "Visits"]


def _rows(deals: int = 40, *, first: int = 0) -> list[list[str]]:
    words = ("Closed Won", "Closed Lost", "Working")
    return [
        [f"+{n}", f"2024-01-{1 + n % 28:02d} 10:00:00", f"2024-03-{1 + n % 28:02d} 11:00:00" if n % 3 < 2 else "", words[n % 3], str(n)]
        for n in range(first, first + deals)
    ]  # fmt: skip


def _proposed(path: Path) -> dict[str, object]:
    leads: dict[str, object] = yaml.safe_load(propose_mapping(path))["sources"]["leads"]
    return leads


@pytest.mark.parametrize("heading", ["Contact ID", "Id", "Record ID", "Contact Role ID"])
def test_a_row_for_each_contact_is_of_the_deal_that_it_names(tmp_path: Path, heading: str) -> None:
    path = tmp_path / "export.csv"
    twice = [[f"C{n}{copy}", *row] for n, row in enumerate(_rows()) for copy in "ab"[: 1 + n % 2]]
    path.write_text(as_csv([[heading, *HEADINGS], *twice]))
    assert _proposed(path)["columns"]["lead_id"] == "Deal ID"  # type: ignore[index]


def test_ids_with_a_sign_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(as_csv([HEADINGS, *_rows()]))
    assert "read" not in _proposed(path)


def test_the_fullest_sheet_is_proposed_and_the_others_named(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(
        workbook({"Info": [["Export"], ["2026"]], "Deals": [HEADINGS, *_rows()], "Sums": [["a", "b"], ["1", "2"]]})
    )
    assert _proposed(path)["sheet"] == "Deals"
    assert "not read: Info (2 rows), Sums (2 rows)" in propose_mapping(path)


def test_sheets_with_the_same_headings_are_not_chosen_from(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    parts = {"2025": _rows(20), "2026": _rows(20, first=20)}
    path.write_bytes(workbook({sheet: [HEADINGS, *rows] for sheet, rows in parts.items()}))
    with pytest.raises(InputError, match="must have its rows in one sheet, got 2025, 2026"):
        propose_mapping(path)
    for sheet, rows in parts.items():  # the remedy
        (tmp_path / f"deals-{sheet}.csv").write_text(as_csv([HEADINGS, *rows]))
    assert _proposed(tmp_path / "deals-*.csv")["columns"]["lead_id"] == "Deal ID"  # type: ignore[index]
