"""Headings that survive reading and could break a later step, and a small company's export that bears them.

Every column is one of four kinds, in turn, and known to the test, so that what a history holds can be compared value by value.
"""

from __future__ import annotations

import csv
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

READ_AT = datetime(2026, 1, 5, tzinfo=UTC)
LEADS = 600
STANDARD = ("lead_id", "created_at", "closed_at", "status", "source")

WORDS_OF_OURS = (
    "k", "n", "first", "place", "word", "before", "row", "rows", "lead", "leads", "accounts", "mine", "theirs", "staged",
    "gone", "created_us", "as_of_us", "visible_us", "point_id", "landmark", "label", "key", "cut_us", "marked", "value", "values",
    "position", "entity_id", "entity", "field", "is_closed", "group", "weight", "mature", "base", "margin", "run_id", "rank",
    "score", "shown_source", "at", "a", "l", "c", "s", "file_row_number", "filename", "__index_level_0__", "lead_id_right",
    "account_id_right", "source_us", "decided_at", "occurred_at", "changed_at", "kind", "channel", "domain", "industry",
    "age_days", "decision", "reading", "self", "exprs", "name_", "columns", "schema", "count", "probability", "index", "Unnamed: 0",
)  # fmt: skip
"""Words that SQL, expressions, frames and tables of leadq use themselves."""

SQL_WORDS = (
    "select",
    "from",
    "where",
    "order by",
    "Group By",
    "table",
    "union",
    "null",
    "true",
    "end",
    "join",
    "limit",
    "all",
)

SIGNS = (
    'the "quoted" one', "it's", "back\\slash", "`tick`", "100 %", "%s", "{0}", "{value}", "{{x}}", "$leads", "${HOME}", "a:b", "a.b", "a,b",
    "a;b", "a=b", "[x]", "(x)", "a|b", "a/b", "../up", "#1", "-- x", "/* x */", "; DROP TABLE leads; --", "?", "*", "<b>bold</b>",
    "<script>alert(1)</script>", "&amp;", "=1+1", "+1", "-1", "@sum", "'=1", "a\tb", "Employees\n(FTE)", "Two\r\nlines", "~", "^", "!",
    "code:x", "rule:x", "field:lead.x", "own:x", "leads.x",
)  # fmt: skip

LETTERS = (
    "größe", "Ünïcode", "цена", "価格", "السعر", "\u202eabc\u202c", "x\u200dy", "e\u0301tat", "état", "😀", "👩‍👩‍👧", "ﬁ", "İstanbul", "ǅ",
    "A" * 300, "長" * 300,
)  # fmt: skip

DATES = ("renewal_at", "renewal_us", "renewal", "signed_at", "signed_us", "_at", "_us", "due_at_us", "Due_AT")
"""Given to dates and numbers alike: a suffix of ours on a column of theirs."""

ALL = (*WORDS_OF_OURS, *SQL_WORDS, *SIGNS, *LETTERS, *DATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A heading, the kind of its values, and the values as they stand in the file."""

    heading: str
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export and what stands in it."""

    path: Path
    columns: tuple[Column, ...]
    lead_ids: tuple[str, ...]


def write_export(path: Path, headings: list[str], *, days_later: int = 0) -> Export:
    """Write 600 leads of a year with one own column a heading; ``days_later`` adds that many days of new leads, and closes older ones."""
    chance = random.Random(5)
    kinds = ("category", "number", "date", "flag")
    rows: list[list[str]] = []
    values: dict[str, list[str]] = {heading: [] for heading in headings}
    for place in range(LEADS + 2 * days_later):
        created = READ_AT - timedelta(minutes=(LEADS - place) * 363 * 1440 // LEADS)
        source = chance.choice(["web", "fair", "partner"])
        drawn = [chance.random() for _ in headings]
        logit = 3 * (source == "partner") + sum(2.4 * (one > 0.6) for one in drawn[:4]) - 4.5
        won = chance.random() < 1 / (1 + math.exp(-logit))
        closed = created + timedelta(days=chance.uniform(8, 28) if won else chance.uniform(4, 30))
        is_closed = closed < READ_AT + timedelta(days=days_later)
        if created >= READ_AT + timedelta(days=days_later):
            continue
        own = []
        for (heading, one), kind in zip(zip(headings, drawn, strict=True), kinds * len(headings), strict=False):
            text = {
                "category": ["alpha", "beta", "gamma"][int(one * 3)],
                "number": f"{10 + 90 * one:.2f}",
                "date": f"{READ_AT - timedelta(days=400 + 300 * one):%Y-%m-%dT%H:%M:%SZ}",
                "flag": "true" if one > 0.6 else "false",
            }[kind]
            text = "" if chance.random() < 0.04 else text
            values[heading].append(text)
            own.append(text)
        outcome = ("won" if won else "lost") if is_closed else "open"
        rows.append([f"L{place:04d}", _iso(created), _iso(closed) if is_closed else "", outcome, source, *own])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*STANDARD, *headings])
        writer.writerows([*rows, rows[7]])  # one row twice: the rule on duplicates looks at every column
    columns = tuple(
        Column(heading=heading, kind=kind, values=tuple(values[heading]))
        for heading, kind in zip(headings, kinds * len(headings), strict=False)
    )
    return Export(path=path, columns=columns, lead_ids=tuple(row[0] for row in rows))


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
