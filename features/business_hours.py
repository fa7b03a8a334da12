"""Business time between two columns of moments on an engine's tables: the figures of ``agreement/calendar``, bit for bit.

For each UTC day the engine is given what is open before it and the pieces of it that are open; the rest is whole numbers, so that
DuckDB and Spark agree. Division to hours or days is left to whoever shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.features.engine.duckdb_engine import whole_days

_NOWHERE = ibis.literal(0, type="int64")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningDays:
    """Every UTC day of every country of a calendar, as a table of an engine, and how many pieces a day has at most."""

    days: ir.Table
    countries: tuple[str, ...]
    n_days: int
    n_pieces: int


def opening_days(time: BusinessTime) -> OpeningDays:
    """Return what is open on each day as a table: ``country_place``, ``day``, ``before_us``, ``open_0_us``, ``length_0_us``, ..."""
    found = [time.opening_times(country) for country in time.countries]
    n_pieces = max(times.open_us.shape[1] for times in found)
    parts: list[pa.Table] = []
    for place, times in enumerate(found):
        n_days = len(times.before_us)
        columns = {"country_place": np.full(n_days, place), "day": np.arange(n_days), "before_us": times.before_us}
        for piece in range(n_pieces):
            there = piece < times.open_us.shape[1]
            columns[f"open_{piece}_us"] = times.open_us[:, piece] if there else np.zeros(n_days, np.int64)
            columns[f"length_{piece}_us"] = times.length_us[:, piece] if there else np.zeros(n_days, np.int64)
        parts.append(pa.table(columns))
    days = ibis.memtable(pa.concat_tables(parts))
    return OpeningDays(days=days, countries=time.countries, n_days=len(found[0].before_us), n_pieces=n_pieces)


def with_business_us(
    rows: ir.Table, opening: OpeningDays, *, start: str, end: str, name: str, country: str | None = None
) -> ir.Table:
    """Return ``rows`` with a column of business microseconds from one column to another; null where one of them is.

    Parameters
    ----------
    rows : ir.Table
        With the int64 columns ``start`` and ``end`` of microseconds since 1970.
    opening : OpeningDays
    start, end : str
        Columns of ``rows``; the result is below zero where the end comes first.
    name : str
        The new column.
    country : str, optional
        Column of country codes, whose holidays count; without it those of the calendar's first country.
    """
    columns = rows.columns
    first, last, place = f"{name}:start", f"{name}:end", f"{name}:place"
    rows = rows.mutate(**{place: _country_place(rows, opening, country)})
    for moment, called in ((start, first), (end, last)):
        rows = _with_open_before(rows, opening, moment=moment, place=place, name=called)
    known = rows[start].notnull() & rows[end].notnull()  # the greatest of nothing and 0 is 0
    return rows.select(*columns, **{name: ibis.ifelse(known, rows[last] - rows[first], ibis.null("int64"))})


def _country_place(rows: ir.Table, opening: OpeningDays, country: str | None) -> ir.IntegerValue:
    others = [(name, place) for place, name in enumerate(opening.countries) if place]
    if country is None or not others:
        return _NOWHERE
    code = rows[country].strip().upper()
    return ibis.cases(*((code == name, ibis.literal(place, type="int64")) for name, place in others), else_=_NOWHERE)


def _with_open_before(rows: ir.Table, opening: OpeningDays, *, moment: str, place: str, name: str) -> ir.Table:
    """Add the open microseconds before ``moment``: found by the number of its day, without a search."""
    day = f"{name}:number"
    number = whole_days(rows[moment], _NOWHERE)
    rows = rows.mutate(**{day: ibis.least(ibis.greatest(number, 0), opening.n_days - 1)})
    days = opening.days.rename({f"{name}:{column}": column for column in opening.days.columns})
    same = [rows[place] == days[f"{name}:country_place"], rows[day] == days[f"{name}:day"]]
    found = rows.left_join(days, same)
    total = found[f"{name}:before_us"]
    for piece in range(opening.n_pieces):
        length = found[f"{name}:length_{piece}_us"]
        into = found[moment] - found[f"{name}:open_{piece}_us"]
        total = total + ibis.least(ibis.greatest(into, 0), length)
    return found.select(*rows.columns, **{name: total})
