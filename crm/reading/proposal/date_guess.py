"""Which columns say when a lead was created and when it was closed: by their headings, confirmed by their values.

A closing date must stand beside nearly every won or lost row, after its creation. Where it does not, the date of the last change
fills in, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadq.crm.reading.proposal.file_sample import Column
from leadq.crm.reading.proposal.heading_names import is_called, rank
from leadq.crm.storage.scratch_database import Relation, first_row, name, text
from leadq.foundation.plurals import counted

NUMBERS = ("employees", "annual_revenue")
"""Columns of the contract that hold numbers."""
_NEARLY_ALL = 0.99
_MOSTLY = 0.9
_HALF = 0.5
_FEW = 0.01
_MANY = 20
"""A column with fewer different texts holds no days."""
_LONG = "INTERVAL 60 DAY"
_INSTEAD = {
    "planned_at": "the planned day: no other column says when a lead was closed. Is it set when one is? Check that",
    "changed_at": "the last change: no other column says when a lead was closed. Check that",
}
"""What stands in where no closing date was found, and what is said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Columns of creation and closing (of several the first filled counts), and what is to be said of them."""

    created: str | None = None
    closed: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closing:
    columns: tuple[str, ...]
    filled: float
    in_order: float


def day(column: str) -> str:
    """Return the SQL expression of the canonical time ``column`` as a moment; null where it is none."""
    return f"TRY_CAST({name(column)} AS TIMESTAMPTZ)"


def closing(columns: tuple[str, ...]) -> str:
    """Return the SQL expression of the first filled closing time of ``columns``."""
    return f"coalesce({', '.join(day(column) for column in columns)})"


def guess_dates(rows: Relation, ended: str, columns: tuple[Column, ...]) -> Dates:
    """Return the columns of creation and closing.

    Parameters
    ----------
    rows : Relation
        The sample, times as canonical text.
    ended : str
        SQL condition of a row that is won or lost; empty where no outcome is known.
    columns : tuple of Column
    """
    created = _called("created_at", columns)
    closed: list[tuple[str, ...]] = [(column.name,) for column in _called("closed_at", columns)]
    won, lost = _called("won_at", columns), _called("lost_at", columns)
    if won and lost:
        closed.append((won[0].name, lost[0].name))
    began = created[0].name if created else None
    if not closed and (ended or began is None):
        return _without_closing(rows, ended, columns, began)
    if not ended or not closed:
        return Dates(created=began, closed=closed[0] if closed else ())
    if began is None:
        began = _unread(rows, "created_at", columns)
    ends = rows.filter(ended)
    judged = [_judged(ends, one, began) for one in closed]
    good = [one for one in judged if one.filled >= _NEARLY_ALL and one.in_order >= _MOSTLY]
    if good:
        return Dates(created=began, closed=good[0].columns)
    best = max(judged, key=lambda one: (round(one.filled, 2), one.in_order))
    return _filled_in(ends, best, _called("changed_at", columns), began)


def _without_closing(rows: Relation, ended: str, columns: tuple[Column, ...], began: str | None) -> Dates:
    """Return the planned day or the last change where no column says when a lead was closed; or days in an unknown writing."""
    if unread := _unread(rows, "closed_at", columns):
        start = began or _unread(rows, "created_at", columns)
        return Dates(
            created=start, closed=(unread,), remark="written as no time that leadq knows: leadq check says what to do"
        )
    if began is None or not ended:
        return Dates(created=began)
    ends = rows.filter(ended)
    (last,) = first_row(rows.aggregate(f"CAST(max({day(began)}) AS VARCHAR)"))
    for contract, remark in _INSTEAD.items():
        for column in _called(contract, columns):
            one = _judged(ends, (column.name,), began)
            late = f"count_true({day(column.name)} > TIMESTAMPTZ {text(str(last))} + {_LONG})"
            after, total = first_row(ends.aggregate(f"{late}, count(*)"))
            if one.filled >= _NEARLY_ALL and one.in_order >= _MOSTLY and (after or 0) <= _FEW * total:
                return Dates(created=began, closed=one.columns, remark=remark)
    return Dates(created=began)


def _unread(rows: Relation, contract: str, columns: tuple[Column, ...]) -> str | None:
    """Return a column that is called ``contract`` and holds many texts with figures in them, which are no times that are known."""
    for column in sorted(columns, key=lambda one: rank(contract, one.name)):
        if is_called(contract, column.name) and column.reading.kind == "text" and column.distinct > _MANY:
            given = name(column.name)
            (figures,) = first_row(rows.aggregate(rf"count_true(regexp_matches({given}, '\p{{N}}'))"))
            if (figures or 0) >= _HALF * column.filled:
                return column.name
    return None


def _called(contract: str, columns: tuple[Column, ...]) -> list[Column]:
    """Columns of times that are called ``contract``, the likeliest first."""
    found = [column for column in columns if column.is_time and is_called(contract, column.name)]
    return sorted(found, key=lambda column: rank(contract, column.name))


def _judged(ends: Relation, columns: tuple[str, ...], began: str | None) -> _Closing:
    ended = closing(columns)
    after = f"CAST({ended} AS DATE) >= CAST({day(began)} AS DATE)" if began else "true"
    rows, filled, ordered = first_row(
        ends.aggregate(f"count(*), count({ended}), count_true({ended} IS NOT NULL AND coalesce({after}, true))")
    )
    return _Closing(
        columns=columns, filled=filled / rows if rows else 1.0, in_order=(ordered or 0) / filled if filled else 0.0
    )


def _filled_in(ends: Relation, best: _Closing, changed: list[Column], began: str | None) -> Dates:
    rows = first_row(ends.aggregate(f"count(*), count_true({closing(best.columns)} IS NULL)"))[1]
    without = counted(int(rows or 0), "won or lost row has", "won or lost rows have")
    if best.filled >= _NEARLY_ALL:
        return Dates(
            created=began, closed=best.columns, remark="often lies before the creation: is it the right column?"
        )
    for column in changed:
        both = _judged(ends, (*best.columns, column.name), began)
        if column.name not in best.columns and both.filled >= _NEARLY_ALL:
            remark = (
                f"{without} no {' or '.join(best.columns)}: the last change is taken for when they closed. Check that"
            )
            return Dates(created=began, closed=both.columns, remark=remark)
    remark = (
        f"{without} none: leadq check refuses them. Export the date of the last change too and name it here as well: "
        "[the one column, the other]"
    )
    return Dates(created=began, closed=best.columns, remark=remark)


def best_named(contract: str, columns: tuple[Column, ...], taken: set[str]) -> Column | None:
    """Return the column whose heading names ``contract`` best, of those not ``taken``."""
    free = [column for column in columns if column.name not in taken and is_called(contract, column.name)]
    if contract in NUMBERS:  # ranges such as 51-200 are words, and stay the company's own
        free = [column for column in free if column.reading.kind == "number"]
    return min(free, key=lambda column: rank(contract, column.name), default=None) if free else None
