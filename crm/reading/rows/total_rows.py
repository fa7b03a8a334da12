"""Rows of a report that are no records: totals, subtotals and footers; left out with a note that quotes them.

A row is one only where it has no date of its own (a total has none) and says so: a word for a total, or a sentence under the last record.
What merely lacks a date is left to the rules on rows. Lines with fewer cells than the header are the loader's.
"""

from __future__ import annotations

import re
from dataclasses import replace

from leadq.crm.config.schema import Flat
from leadq.crm.contract.crm_tables import REQUIRED, TABLES, TIME
from leadq.crm.reading.sources.source_rows import SourceRows
from leadq.crm.storage.scratch_database import ROW, name, scalar, text
from leadq.foundation.plurals import counted, one_or_many

_TOTAL = (
    "total|totals|grand total|subtotal|sub-total|sum|summary|count|average|avg|"
    "summe|gesamt|gesamtsumme|gesamtergebnis|endsumme|zwischensumme|teilergebnis|teilsumme|anzahl|insgesamt|mittelwert|durchschnitt|"
    "total general|total général|sous-total|somme|ensemble|nombre|moyenne|total general|total geral|suma|soma|subtotal|promedio|"
    "média|recuento|totaal|eindtotaal|subtotaal|som|aantal|gemiddelde|totale|totale complessivo|totale generale|subtotale|somma|"
    "conteggio|media|totalt|summa|delsumma|i alt|sum i alt|subtotalt|yhteensä|razem|suma końcowa|suma całkowita|łącznie|ogółem|"
    "celkem|celkový součet|součet|mezisoučet|celkom|súčet|összesen|végösszeg|részösszeg|total general|ukupno|skupaj|"
    "итого|всего|итог|общий итог|промежуточный итог|сумма|количество|разом|усього|всього|общо|σύνολο|γενικό σύνολο|"
    "toplam|genel toplam|ara toplam|المجموع|الإجمالي|סה כ|कुल|jumlah|total keseluruhan|tổng|tổng cộng|รวม|ผลรวม|"
    "合計|総計|小計|計|总计|合计|小计|总和|總計|合計|總和|합계|총계|소계|총합계"
)
_MARKS = re.compile(r"[\"'״“”‘’*=#\s\u00a0]+")
_SAYS_TOTAL = re.compile(
    rf"(?:(?:{_TOTAL})|(?:grand|sub)?\s*total\b.*|.*\b(?:total|subtotal))\s*[:：.]?\s*(?:\(?[\d.,\s]+[^\d]*\)?)?",
    re.IGNORECASE,
)
_MAYBE = 10_000
"""Rows without a date beyond which they are hardly totals."""
_MOST_FILLED = 0.5
"""Share of a record's usual cells that a total or a footer has at most."""
_DASHES = 2
"""A date is longer; where there is none, some reports write a dash or two."""
_TAIL = 50
_FOOTER = 2
"""Cells that a footer fills at most."""
_GROUPED = 4
"""Cells of a usual record, from which on a row with one cell is the heading of a group of records."""
_GROUP = re.compile(r"\w[^:]{0,60}[:：]\s*\S.*|.*\(\d[\d.,]*(?: \w+)?\)")
_SHOWN = 3


def without_totals(work: SourceRows) -> SourceRows:
    """Leave out the rows of ``work`` that are totals, subtotals or footers."""
    found = _totals(work)
    if not found:
        return work
    quoted = "; ".join(f"row {row}: {' | '.join(cells)[:60]!r}" for row, cells in sorted(found.items())[:_SHOWN])
    work.findings.notes.append(
        f"{work.table}: {counted(len(found), 'row')} of {work.source.title} {one_or_many(len(found), 'is', 'are')} no record but a "
        f"total, a subtotal, a group's heading or a footer, and left out ({quoted})"
    )
    rows = work.rows.filter(f"{ROW} NOT IN ({', '.join(map(str, sorted(found)))})")
    return replace(work, rows=rows)


def _totals(work: SourceRows) -> dict[int, list[str]]:
    """Row numbers of totals and footers, with their filled cells."""
    key, when = _key_and_time(work)
    by_month = REQUIRED[work.table][0] == "month"  # which no total is
    columns = list(work.loaded.columns)
    if len(columns) < 2:
        return {}
    most = 0 if isinstance(work.source, Flat) else _DASHES
    empty = [f"({name(column)} IS NULL OR length({name(column)}) <= {most})" for column in when] or ["true"]
    suspect = [f"({' AND '.join(empty)})"]
    if not when:  # nothing tells records apart from totals but their id
        suspect.append(_not_like_an_id(key))
    rows = work.rows.filter(" AND ".join(suspect))
    shown = rows.order(f"{ROW} DESC").project(", ".join([ROW, *map(name, columns)])).limit(_MAYBE + 1).fetchall()
    if not shown or len(shown) > _MAYBE:
        return {}
    usual = _usual_cells(work, columns)
    tail = [row for (row,) in work.rows.project(ROW).order(f"{ROW} DESC").limit(_TAIL).fetchall()]
    found: dict[int, list[str]] = {}
    place = columns.index(key) if key is not None else None
    for row, *cells in shown:
        filled = [str(cell) for cell in cells if cell is not None]
        own_id = None if place is None or cells[place] is None else str(cells[place])
        few = len(filled) <= max(1.0, _MOST_FILLED * usual)
        last = bool(tail) and row in tail and all(other in found for other in tail[: tail.index(row)])
        footer = (
            last and len(filled) <= _FOOTER < usual and any(map(_is_sentence, filled if own_id is None else [own_id]))
        )
        less = few or bool(when) or by_month or (last and len(filled) < usual)
        by_id = own_id is not None and less and _says_total(own_id)
        by_cell = own_id is None and few and any(_says_total(cell) for cell in filled)
        group = bool(when) and len(filled) == 1 and usual >= _GROUPED
        if by_id or by_cell or footer or (group and (own_id is None or _is_group(own_id))):
            found[row] = filled
    return found


def _key_and_time(work: SourceRows) -> tuple[str | None, list[str]]:
    """Columns of the source that hold the id and what no total has: the date, or the outcome of a flat file."""
    key = next(
        (work.resolve(column) for column in REQUIRED[work.table] if column.endswith("_id") or column == "campaign"),
        None,
    )
    key = key or (work.resolve("lead_id") if work.table in ("events", "opportunities") else None)
    if REQUIRED[work.table][0] == "month":
        return work.resolve("month"), []
    if isinstance(work.source, Flat):
        return work.resolve("lead_id"), [
            one for column in work.source.outcome if (one := work.resolve(column)) is not None
        ]
    times = {field.name for field in TABLES[work.table] if field.type == TIME} | {"month"}
    when = [column for column in REQUIRED[work.table] if column in times]
    return key, [one for column in when if (one := work.resolve(column)) is not None]


def _not_like_an_id(key: str | None) -> str:
    if key is None:
        return "false"
    return (
        f"({name(key)} IS NULL OR regexp_matches({name(key)}, {text('[^0-9A-Za-z_-]|(?i:tot|sum|som|gesamt|razem)')}))"
    )


def _usual_cells(work: SourceRows, columns: list[str]) -> float:
    """Return how many cells a row fills on average."""
    filled = " + ".join(f"count({name(column)})" for column in columns)
    rows = max(scalar(work.rows, "count(*)"), 1)
    return scalar(work.rows, filled) / rows


def _says_total(cell: str) -> bool:
    return _SAYS_TOTAL.fullmatch(_MARKS.sub(" ", cell).strip()) is not None


def _is_group(cell: str) -> bool:
    """Whether a cell reads like ``Region: North`` or ``North (35)``."""
    return _GROUP.fullmatch(_MARKS.sub(" ", cell).strip()) is not None


def _is_sentence(cell: str) -> bool:
    return len(cell.split()) > 2 or ":" in cell or cell.startswith("©")
