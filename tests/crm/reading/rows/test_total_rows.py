"""Totals, subtotals and footers are no records, in any language and place; a lead that only lacks a date stays one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from tests.crm.reading.conftest import SIMPLE, SourceFolder

pytestmark = pytest.mark.integration

RowsOf = Callable[[History, str], list[dict[str, Any]]]
ROWS = 60
HEADER = "lead_id,created_at,closed_at,status,source,size,amount"


def _rows(ids: str = "L{:03d}") -> list[str]:
    closed = ("2024-03-05T09:00:00Z", "2024-03-05T09:00:00Z", "")
    words = ("won", "lost", "open")
    return [
        f"{ids.format(n)},2024-01-02T10:00:00Z,{closed[n % 3]},{words[n % 3]},Web,{n % 9},{100 + n}.5"
        for n in range(1, ROWS + 1)
    ]


def _read(sources: SourceFolder, rows: list[str], config: str = SIMPLE) -> tuple[History, list[str]]:
    sources.write("leads.csv", "\n".join([HEADER, *rows]) + "\n")
    history = sources.read(config)
    return history, [note for note in read_notes(history.folder) if "left out" in note]


@pytest.mark.parametrize("ids", ["L{:03d}", "{}", "{}.0"])
@pytest.mark.parametrize(
    "total",
    [
        "Total,,,,,270,7845.5",
        "Grand Total (60 records),,,,,,7845.5",
        "Summe,,,,,,7845.5",
        "Gesamtergebnis,,,,,,",
        "Totaal:,-,-,,,,7845.5",
        "Итого,,,,,,7845.5",
        "合計,,,,,,7845.5",
        "Total général,,,,,,7845.5",
        ",,,,Total,,7845.5",
        ",,,,,Sum of amount,7845.5",
        "Report generated 2024-07-01 by Ana,,,,,,",
        "© 2024 Example Ltd.,,,,,,",
    ],
)
def test_a_total_under_the_last_record_is_left_out_and_quoted(
    sources: SourceFolder, rows_of: RowsOf, total: str, ids: str
) -> None:
    history, notes = _read(sources, [*_rows(ids), total])
    assert len(rows_of(history, "leads")) == ROWS
    assert len(rows_of(history, "outcomes")) == ROWS * 2 // 3
    (note,) = notes
    assert total.strip(",").split(",", maxsplit=1)[0] in note
    if ids != "L{:03d}":  # a word under numbers does not keep them from being numbers
        assert ids.format(1) in {row["lead_id"] for row in rows_of(history, "leads")}


@pytest.mark.parametrize(
    "total", ["Total,,,,,270,7845.5", "合計,,,,,,7845.5", ",,,,Gesamt,,7845.5", "Made by: Ana,,,,,,"]
)
def test_a_total_in_a_table_that_knows_no_lines(sources: SourceFolder, rows_of: RowsOf, total: str) -> None:
    cells = [[cell or None for cell in row.split(",")] for row in [*_rows("{}"), total]]
    names = HEADER.split(",")
    pq.write_table(
        pa.table(dict(zip(names, map(list, zip(*cells, strict=True)), strict=True))), sources.path / "leads.parquet"
    )
    history = sources.read(SIMPLE.replace("leads.csv", "leads.parquet"))
    assert len(rows_of(history, "leads")) == ROWS
    assert any("no record" in note and f"row {ROWS + 2}" in note for note in read_notes(history.folder))


def test_subtotals_in_the_middle_and_several_footers(sources: SourceFolder, rows_of: RowsOf) -> None:
    rows = _rows()
    footers = [
        "Grand Total,,,,,,600",
        ",Count,,,,,60",
        "Confidential Information - Do Not Distribute,,,,,,",
        "Copyright: Example,,,,,,",
    ]
    history, notes = _read(
        sources, [*rows[:20], "Subtotal,,,,,,20", *rows[20:40], ",,,,Subtotal,,20", *rows[40:], *footers]
    )
    assert len(rows_of(history, "leads")) == ROWS
    assert history.counts["leads"].rejected == 0
    told = " ".join(notes)
    assert all(quoted in told for quoted in ("row 22", "row 43", "Grand Total", "Confidential"))


@pytest.mark.parametrize(
    "row", ["L999,,,open,,,", "L999,,,,,,", "9998,,,open,Total,1,2", "Totalis-7,2024-01-02T10:00:00Z,,open,,,"]
)
def test_a_lead_that_lacks_a_date_or_is_called_so_stays(sources: SourceFolder, rows_of: RowsOf, row: str) -> None:
    history, notes = _read(sources, [*_rows(), row])
    assert not notes
    assert row.split(",", maxsplit=1)[0] in {one["lead_id"] for one in rows_of(history, "leads")}


def test_totals_of_flat_files_accounts_and_costs(sources: SourceFolder, rows_of: RowsOf) -> None:
    rows = [f"{n},{'yes' if n % 3 else 'no'},{n % 5}" for n in range(ROWS)]
    sources.write("flat.csv", "\n".join(["id,bought,size", *rows, "Total,,130"]) + "\n")
    flat = "flat: {path: flat.csv, columns: {lead_id: id}, outcome: bought, won: ['yes'], lost: ['no']}\n"
    assert len(rows_of(sources.read(flat), "leads")) == ROWS
    (sources.path / "history").rename(sources.path / "older")
    accounts = "".join(f"A{n},Firm {n},{n}\n" for n in range(30))
    sources.write("accounts.csv", f"account_id,name,employees\n{accounts}Razem,,435\n")
    sources.write("costs.csv", "campaign,month,cost\nfair,2024-03,10\nmail,2024-03,20\nTotale,,30\n")
    more = "sources:\n  accounts: {path: accounts.csv}\n  campaign_costs: {path: costs.csv}"
    history, _ = _read(sources, _rows(), SIMPLE.replace("sources:", more))
    assert len(rows_of(history, "accounts")) == 30
    assert len(rows_of(history, "campaign_costs")) == 2
    assert not rows_of(history, "rejected")


@pytest.mark.parametrize("group", ["Region: North", "North (35)", "地域：北", "Étape : Gagné"])
def test_headings_of_groups_are_no_leads(sources: SourceFolder, rows_of: RowsOf, group: str) -> None:
    rows = _rows("L{:03d}")
    history, notes = _read(sources, [*rows[:20], group + ",,,,,,", *rows[20:]])
    assert len(rows_of(history, "leads")) == ROWS
    assert any(group in note for note in notes)
