"""The figures of deliveries as Markdown, beside what was asked, and the time that Salesforce is taken to need.

The model of that time takes what is documented and, of what is possible within it, the fastest: whatever slows an organisation down
(triggers, flows, other users) makes our share smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DAY_SECONDS = 86_400.0
BULK_ROWS_A_DAY = 150_000_000
"""Records that Bulk API 2.0 takes in 24 hours: as 15,000 internal batches of 10,000."""
CALLS_A_DAY = 100_000
"""Calls of an Enterprise organisation in 24 hours, before its licences add 1,000 each."""
ROWS_A_CALL = 200
MOST_BY_COLLECTIONS = 2_000
MOST_SECONDS, MOST_MB, MOST_SHARE = 60, 1_024, 0.20
NIGHTS = {
    ("first", "nowhere"): "first delivery: all are new",
    ("same", "nowhere"): "the next night, none changed",
    ("tenth", "nowhere"): "the next night, a tenth changed",
}
HEADING = """## Delivery

Scores are a demo company's champion's, of drawn leads, with up to three reasons for and three against in sentences. Every delivery
runs in a process of its own.

Made by `{command}`.

### Planning {leads:,} scores

The difference between tonight's scores and what the target confirmed last, judged by the guards and written to the ledger with every
value that will be sent.

"""
SHARE = """
### Our share of the time at Salesforce's documented limits

All leads are new. Processor seconds of the whole delivery (plan, ledger, asking for converted leads, files, results, bookkeeping)
against the time that Salesforce needs at the most that it documents: by bulk jobs {bulk:,} records in 24 hours, which is
{rate:,.0f} a second, without pause; by sObject Collections {row_calls} rows a call and {calls:,} calls in 24 hours (an Enterprise
organisation before its licences), one every {each:.2f} seconds. Requests under 20 seconds have no other limit. A real organisation
with triggers and flows is slower, which makes our share smaller. The fake Salesforce answers in a process of its own that is not counted.

"""


def page(plans: Sequence[dict[str, Any]], sent: Sequence[dict[str, Any]], *, leads: int) -> str:
    """Return the section."""
    share = SHARE.format(
        bulk=BULK_ROWS_A_DAY,
        rate=BULK_ROWS_A_DAY / DAY_SECONDS,
        row_calls=ROWS_A_CALL,
        calls=CALLS_A_DAY,
        each=DAY_SECONDS / CALLS_A_DAY,
    )
    return "".join((
        HEADING.format(command="python -m benchmarks.delivery", leads=leads),
        _table([_plan_row(row) for row in plans if (row["night"], row["where"]) in NIGHTS], PLAN_COLUMNS),
        share,
        _table([_share_row(row) for row in sent], SHARE_COLUMNS),
    ))  # fmt: skip


PLAN_COLUMNS = ("night", "seconds", "of processor", "peak MB", "ledger MB", f"under {MOST_SECONDS} s and 1 GB")
SHARE_COLUMNS = (
    "changed leads", "way", "our processor seconds", "of it the connector", "a lead, µs", "Salesforce, seconds",
    "our share", "peak MB", f"under {100 * MOST_SHARE:.0f} %",
)  # fmt: skip


def _plan_row(row: dict[str, Any]) -> tuple[str, ...]:
    holds = row["plan_seconds"] < MOST_SECONDS and row["peak_mb"] < MOST_MB
    return (
        NIGHTS[row["night"], row["where"]],
        f"{row['plan_seconds']:.1f}",
        f"{row['plan_processor']:.1f}",
        f"{row['peak_mb']:,.0f}",
        f"{row['ledger_mb']:,.0f}",
        "yes" if holds else "no",
    )


def _share_row(row: dict[str, Any]) -> tuple[str, ...]:
    by_calls = row["leads"] <= MOST_BY_COLLECTIONS
    theirs = salesforce_seconds(row["leads"])
    share = row["processor"] / theirs
    return (
        f"{row['leads']:,}",
        "Collections" if by_calls else "bulk jobs",
        f"{row['processor']:.1f}",
        f"{row['connector']:.1f}",
        f"{row['processor'] / row['leads'] * 1e6:,.0f}",
        f"{theirs:,.1f}",
        f"{100 * share:.1f} %",
        f"{row['peak_mb']:,.0f}",
        "yes" if share < MOST_SHARE else "no",
    )


def salesforce_seconds(leads: int) -> float:
    """Fastest that the documented limits let Salesforce take so many changed leads."""
    if leads <= MOST_BY_COLLECTIONS:
        return -(-leads // ROWS_A_CALL) * DAY_SECONDS / CALLS_A_DAY
    return leads / BULK_ROWS_A_DAY * DAY_SECONDS


def _table(rows: Sequence[tuple[str, ...]], columns: Sequence[str]) -> str:
    lines = [tuple(columns), ("---",) * len(columns), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
