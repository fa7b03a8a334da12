"""Files that are named and headed as leadq's own tables are: known by that, where no guess could tell them.

Whoever prepares an export for leadq writes such files. Some of these tables no CRM has by itself: events, answers of sales, changes of
fields, other names of leads.
"""

from __future__ import annotations

from leadq.crm.contract.crm_tables import REQUIRED, TABLES
from leadq.crm.reading.proposal.file_sample import Sample
from leadq.crm.reading.proposal.heading_names import plain_heading


def contract_table(sample: Sample) -> str | None:
    """Return the table whose name a file has, with every column that such a table must have; None where there is none."""
    stem = plain_heading(sample.file.path.name.split(".")[0]).replace(" ", "_")
    headings = {one.name.lower() for one in sample.columns}
    return stem if stem in REQUIRED and headings >= {*REQUIRED[stem]} else None


def contract_columns(table: str, sample: Sample) -> dict[str, tuple[str, ...]]:
    """Return the columns of a table of the contract that a file has filled, by their headings."""
    theirs = {one.name.lower(): one.name for one in sample.columns if one.filled}
    return {one: (theirs[one],) for one in TABLES[table].names if one in theirs}
