"""The history says which column held the outcome and what its words counted as."""

from __future__ import annotations

from leadq.crm.reading.ingest import outcome_words
from tests.crm.reading.conftest import SourceFolder, lead_rows

LEADS = """
sources:
  leads: {path: leads.csv, columns: {closed_at: [closed_at]}}
outcome: {from: lead_columns, column: COLUMN, won: [won], lost: [LOST!], open: [open]}
"""


def test_column_and_words_of_the_data_are_told(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(30))
    history = sources.read(LEADS.replace("COLUMN", "status"))
    assert outcome_words(history.folder) == (
        "Outcome: column status; won: 'won' (10 rows); lost: 'lost' (10 rows); open: 'open' (10 rows)."
    )


def test_two_columns_are_one_outcome_and_no_own_fields(sources: SourceFolder) -> None:
    rows = lead_rows(30).replace("status\n", "status,reason\n").replace(",won\n", ",closed,won\n")
    sources.write("leads.csv", rows.replace(",lost\n", ",closed,price\n").replace(",open\n", ",open,\n"))
    config = LEADS.replace("COLUMN", "[status, reason]").replace("[won]", '["closed | won"]')
    history = sources.read(config.replace("[LOST!]", '["Closed | *"]').replace("[open]", '["open | "]'))
    assert outcome_words(history.folder) == (
        "Outcome: columns status | reason; won: 'closed | won' (10 rows); lost: 'closed | price' (10 rows); "
        "open: 'open | ' (10 rows)."
    )
    assert history.own_fields == ()
