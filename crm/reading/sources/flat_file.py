"""A flat file's rows as leads with an order instead of dates: that of a column, of the file, or none.

A row's ``created_at`` is 2000-01-01 plus its place in seconds, and only an order. Its outcome occurs half a second
later: after the row itself was looked at, before the next one is, so that a label is known at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import ROW, name

ORDER = "_leadq_order"
"""Staged column that orders the rows, where the configuration names one."""
_PLACE = "_leadq_place"


def date_flat_rows(
    findings: Findings, *, ordered_as: Sequence[str] = ("DOUBLE", "TIMESTAMPTZ"), in_time: bool = True
) -> None:
    """Give staged leads an order as times, ids where none are mapped, and closing times where an outcome stands.

    Parameters
    ----------
    findings : Findings
    ordered_as : sequence of str
        What the column that orders the rows is tried as before its texts are compared (the first reading knew no times).
    in_time : bool
        False: nothing proves that the order is one in time. The rows are put into a random order that is always the same, so that
        what is tested on the last of them is tested at random.
    """
    connection = findings.connection
    staged = connection.table("staged_leads")
    by = ROW
    if ORDER in staged.columns:
        by = ", ".join(f"{one} NULLS LAST" for one in (*(f"TRY_CAST({ORDER} AS {t})" for t in ordered_as), ORDER, ROW))
    if not in_time:
        by = f"md5(coalesce(lead_id, '') || '|' || CAST({ROW} AS VARCHAR)), {ROW}"
    placed = staged.project(f"*, row_number() OVER (ORDER BY {by}) AS {_PLACE}")
    start = "TIMESTAMPTZ '2000-01-01 00:00:00+00'"
    created = f"({start} + to_seconds({_PLACE} - 1))"
    replaced = {
        "lead_id": f"coalesce(lead_id, 'row-' || lpad(CAST({_PLACE} AS VARCHAR), 9, '0')) AS lead_id",
        "created_at": f"{created} AS created_at",
        "closed_at": f"CASE WHEN _leadq_outcome IS NOT NULL THEN {created} + INTERVAL 500 MILLISECOND END AS closed_at",
    }
    shown = [replaced.get(column, name(column)) for column in staged.columns]
    placed.project(", ".join(shown)).create("dated_leads")
    connection.execute("DROP TABLE staged_leads")
    connection.execute("ALTER TABLE dated_leads RENAME TO staged_leads")
