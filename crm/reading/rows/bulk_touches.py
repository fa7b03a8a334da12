"""Touches that no person made: mail that a sequence or a mailing sends under a rep's name. They stay in the history, marked ``automatic``.

A touch is automatic where the mapped column ``automatic`` says so, or where it is one written message to many leads: of one rep, kind and
text (``message``, of which nothing is stored) to ``bulk`` or more leads within an hour; without texts, to so many in the same second.
Calls and meetings are never bulk. Without either mapping nothing is marked, and bursts are counted and named.
"""

from __future__ import annotations

import re

from leadq.crm.config.schema import Touches
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.values.words.folded_words import folded, unaccented
from leadq.crm.reading.values.words.outcome_words import flag
from leadq.crm.storage.scratch_database import ROW, Relation, count, text, texts
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import MAX_EXAMPLES, Problem
from leadq.foundation.yaml_scalars import quoted

BULK = 10
"""Leads from which on one message within an hour is no work on each of them, where leadq.yaml does not say."""
_WRITTEN = re.compile(
    r"mail|message|\bsms\b|\btext\b|linkedin|whatsapp|sequence|cadence|campaign|newsletter|letter|nachricht|brief|courriel|correo|mensaj"
    r"|messag|mensag|bericht|meddel|wiadomosc|zprava|uzenet|пись|сообщ|メール|邮件|短信|이메일"
)


def mark_automatic(findings: Findings, source: Touches, *, zone: str) -> None:
    """Add ``automatic`` to the staged touches where it can be known, and note how many there are; else name what looks like it."""
    rows = findings.connection.table("staged_touches")
    mapped = "automatic" in rows.columns
    by_text = "message" in rows.columns
    marked = mapped or by_text or source.bulk is not None
    said = _said_automatic(findings, rows) if mapped else "false"
    if findings.problems and mapped and not said:
        return
    bulk = _bulk_rows(rows, by_text=by_text, least=source.bulk or BULK, zone=zone)
    found = count(bulk)
    if not marked:
        if found:
            findings.notes.append(_looks_bulk(found, count(rows)))
        return
    bulk.create("_leadq_bulk")
    known = [column for column in rows.columns if column not in ("automatic", "message")]
    shown = f"({said} OR {ROW} IN (SELECT bulk_row FROM _leadq_bulk)) AS automatic"  # noqa: S608 - words of ours
    rows.project(", ".join([*known, shown])).create("_leadq_touches")
    flagged = count(rows.filter(said)) if mapped else 0
    for statement in ("DROP TABLE staged_touches", "ALTER TABLE _leadq_touches RENAME TO staged_touches"):
        findings.connection.execute(statement)
    total = count(findings.connection.table("staged_touches").filter("automatic"))
    findings.later.add(("touches", "automatic"))
    what = f"one message to {source.bulk or BULK} or more leads {'within an hour' if by_text else 'in the same second'}"
    findings.notes.append(
        f"touches: {total:,} of {counted(count(rows := findings.connection.table('staged_touches')), 'touch', 'touches')} "
        f"{one_or_many(total, 'is', 'are')} automatic ({flagged:,} by the mapped column, {found:,} as {what}) and "
        f"{one_or_many(total, 'counts', 'count')} as no work of sales; {count(rows) - total:,} of people are left"
    )


def _said_automatic(findings: Findings, rows: Relation) -> str:
    """Return the SQL condition that the mapped column says yes; empty, with a Problem, where its words are no yes and no."""
    words = [
        str(word)
        for (word,) in rows.filter("automatic IS NOT NULL")
        .project("automatic")
        .distinct()
        .order("automatic")
        .fetchall()
    ]
    if strange := [word for word in words if flag(word) is None]:
        line = f'values: {{automatic: {{{quoted(strange[0])}: "yes"}}}}'
        findings.problems.append(
            Problem(
                where=f"touches: {findings.files.get('touches', 'touches')} column automatic",
                rule="must say yes or no",
                value=repr(strange[0]),
                count=count(rows.filter(f"automatic IN {texts(strange)}")),
                remedy=f'Map the words under touches in leadq.yaml: {line}, the others to "no".',
                examples=tuple(strange[:MAX_EXAMPLES]),
            )
        )
        return ""
    return f"coalesce(automatic IN {texts([*(word for word in words if flag(word)), ''])}, false)"


def _bulk_rows(rows: Relation, *, by_text: bool, least: int, zone: str) -> Relation:
    """Rows (``bulk_row``) of written messages that went to ``least`` leads at once."""
    kinds = [str(kind) for (kind,) in rows.filter("kind IS NOT NULL").project("kind").distinct().fetchall()]
    written = [kind for kind in kinds if _WRITTEN.search(unaccented(folded(kind)))]
    out = "coalesce(lower(direction), '') NOT IN ('in', 'inbound', 'incoming', 'received')"
    rows = rows.filter(f"occurred_at IS NOT NULL AND (kind IS NULL OR kind IN {texts([*written, ''])}) AND {out}")
    if not by_text:
        rows = rows.filter(_has_a_time(zone))
        alike = "coalesce(rep, ''), coalesce(kind, ''), date_trunc('second', occurred_at)"
        counted_in = rows.project(f"{ROW} AS bulk_row, count(DISTINCT lead_id) OVER (PARTITION BY {alike}) AS leads")
        return counted_in.filter(f"leads >= {least}").project("bulk_row")
    rows = rows.filter("message IS NOT NULL")
    alike = "PARTITION BY coalesce(rep, ''), coalesce(kind, ''), lower(trim(message)) ORDER BY occurred_at"
    ahead = f"count(DISTINCT lead_id) OVER ({alike} RANGE BETWEEN CURRENT ROW AND INTERVAL 1 HOUR FOLLOWING)"
    counted_in = rows.project(f"*, {ahead} AS leads")
    most = f"max(leads) OVER ({alike} RANGE BETWEEN INTERVAL 1 HOUR PRECEDING AND CURRENT ROW)"
    return counted_in.project(f"{ROW} AS bulk_row, {most} AS leads").filter(f"leads >= {least}").project("bulk_row")


def _has_a_time(zone: str) -> str:
    """Return the SQL condition that a touch has a time of day: a day alone is read as its end, or was written as its midnight."""
    at_midnight = [f"CAST(timezone({text(one)}, occurred_at) AS TIME) = TIME '00:00:00'" for one in ("UTC", zone)]
    return f"NOT (microsecond(occurred_at) % 1000000 = 999999 OR {' OR '.join(at_midnight)})"


def _looks_bulk(found: int, total: int) -> str:
    return (
        f"touches: {found:,} of {counted(total, 'touch', 'touches')} {one_or_many(found, 'looks', 'look')} like bulk mail: "
        f"one rep, one kind, the same second, {BULK} or more leads. They count as work of sales. "
        "If no person wrote them, write under touches in leadq.yaml: "
        f"bulk: {BULK}; better, map their text (message) or a column that says it (automatic) under columns"
    )
