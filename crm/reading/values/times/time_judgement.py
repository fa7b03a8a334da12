"""How a column writes its times, judged by all of its values: 13/03/2025 shows that the day is first for the whole column.

Where no day is above 12 the values say nothing: that is a doubt, with both ways of reading, and is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from leadq.crm.reading.values.shapes import Shapes
from leadq.crm.reading.values.times.iso_text import EXCEL
from leadq.crm.reading.values.times.layouts import ISO_LAYOUT, Layout, layout_of
from leadq.crm.reading.values.times.month_names import are_polish_or_czech
from leadq.crm.reading.values.times.zone_names import offsets
from leadq.crm.storage.scratch_database import Relation, first_row, name, text

_ORDERS = {"dmy": ("%d", "%m", "%y"), "mdy": ("%m", "%d", "%y"), "ymd": ("%y", "%m", "%d")}
_FEW_YEARS = 16
"""A two-digit part with more different values than this is no year of a CRM's history."""
_COUNTED = (
    ("epoch_s", r"\d{9,10}(?:[.,]\d+)?", 631_152_000, 4_102_444_800),
    ("epoch_ms", r"\d{12,13}(?:[.,]\d+)?", 631_152_000_000, 4_102_444_800_000),
    ("epoch_us", r"\d{15,16}", 631_152_000_000_000, 4_102_444_800_000_000),
    (EXCEL, r"\d{5}(?:[.,]\d+)?", 14_000, 80_000),
)
"""Ways of counting time, from 1990 to 2100 (days: from 1938)."""
_MANY, _SOME_DAYS = 30, 10
_AFTER_A_YEAR = re.compile("%Y([/.])%m")
_COMPACT = (("%Y%m%d", "9" * 8), ("%Y%m%d%H%M", "9" * 12), ("%Y%m%d%H%M%S", "9" * 14))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeJudgement:
    """Forms of a column's times (none: they are no times), how many values have one, a doubt, and what zone names mean.

    ``doubt`` are the two ways of reading, each as its forms; ``unknown_zones`` names that mean no or several offsets;
    ``sure`` says that bare numbers are dates whatever the heading says.
    """

    forms: tuple[str, ...] = ()
    fits: int = 0
    doubt: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    mixed: bool = False
    example: str = ""
    zones: Mapping[str, str] | None = None
    unknown_zones: tuple[str, ...] = ()
    sure: bool = False


def judge_times(
    found: Shapes, rows: Relation, column: str, *, nearly_all: float, zone_names: Mapping[str, str], counted: bool
) -> TimeJudgement:
    """Judge the times of a column.

    Parameters
    ----------
    found : Shapes
        Without the missing values.
    rows, column
        For the questions that shapes do not answer.
    nearly_all : float
        Share in (0, 1] of the values that must be times.
    zone_names : mapping of str to str
        Offsets that ``leadq.yaml`` gives to names of zones.
    counted : bool
        Bare numbers may be times: seconds, milliseconds, days of a spreadsheet, 20250313.
    """
    layouts = [(shape, layout) for shape in found.shapes if (layout := layout_of(shape.text)) is not None]
    if any("%B" in layout.form for _, layout in layouts):
        words = {word.casefold() for shape, _ in layouts for word in re.findall(r"[^\W\d_]{3,}", shape.text)}
        layouts = [one for one in layouts if are_polish_or_czech(words) or "%B" not in one[1].form]
    fits = sum(shape.count for shape, _ in layouts)
    if not found.filled:
        return TimeJudgement()
    if not fits or fits < nearly_all * found.filled:
        return _counted_times(found, rows, column, nearly_all) if counted else _surely_compact(found, rows, column)
    known, unknown = offsets({layout.zone for _, layout in layouts if layout.zone}, zone_names)
    weights: Counter[Layout] = Counter()
    for shape, layout in layouts:
        weights[Layout(form=layout.form, separator=layout.separator)] += shape.count
    ordered = sorted(weights, key=lambda one: (one != ISO_LAYOUT, -weights[one], one.form))
    ordered = [_day_before_month(rows, column, one) for one in ordered]
    opened = [one for one in ordered if "{1}" in one.form]
    if not opened:
        return TimeJudgement(forms=_forms(ordered, {}), fits=fits, zones=known, unknown_zones=unknown)
    orders = {one.separator + _year(one): _order(rows, column, one) for one in opened}
    example = next(shape.example for shape, layout in layouts if "{1}" in layout.form)
    doubtful = any(len(order) != 1 for order in orders.values())
    if not doubtful:
        forms = _forms(ordered, {key: order[0] for key, order in orders.items()})
        return TimeJudgement(forms=forms, fits=fits, example=example, zones=known, unknown_zones=unknown)
    mixed = any(not order for order in orders.values())
    first, second = (
        _forms(
            ordered,
            {key: (order or ["dmy", "mdy"])[min(place, len(order or ["", ""]) - 1)] for key, order in orders.items()},
        )
        for place in (0, 1)
    )
    return TimeJudgement(
        forms=first, fits=fits, doubt=(first, second), mixed=mixed, example=example, zones=known, unknown_zones=unknown
    )


def _year(layout: Layout) -> str:
    return "2" if "{3}" in layout.form else "4"


def _forms(layouts: list[Layout], orders: Mapping[str, str]) -> tuple[str, ...]:
    forms = []
    for layout in layouts:
        parts = _ORDERS[orders.get(layout.separator + _year(layout), "dmy")]
        form = layout.form
        for place, part in enumerate(parts, start=1):
            form = form.replace(f"{{{place}}}", part)
        forms.append(form)
    return tuple(dict.fromkeys(forms))


def _order(rows: Relation, column: str, layout: Layout) -> list[str]:
    """Return the orders of day, month and year that all values of a layout's separator allow; none where two are mixed."""
    given, sep = name(column), re.escape(layout.separator)
    year = r"\d{4}" if _year(layout) == "4" else r"\d{2}"
    pattern = text(rf"^\D*(\d{{1,2}}){sep} ?(\d{{1,2}}){sep} ?({year})(?:\D|$)")
    parts = [f"TRY_CAST(regexp_extract({given}, {pattern}, {place}) AS INT)" for place in (1, 2, 3)]
    dates = rows.filter(f"regexp_matches({given}, {pattern})")
    dates = dates.project(f"{parts[0]} AS _leadq_1, {parts[1]} AS _leadq_2, {parts[2]} AS _leadq_3")
    asked = [f"count_true({one} > {most})" for one in ("_leadq_1", "_leadq_2", "_leadq_3") for most in (12, 31)]
    asked += [f"count(DISTINCT {one})" for one in ("_leadq_1", "_leadq_3")]
    asked += ["count_true(_leadq_1 <> _leadq_2)", "count(*)"]
    a12, a31, b12, b31, _, c31, a_values, c_values, unlike, all_rows = (
        int(value or 0) for value in first_row(dates.aggregate(", ".join(asked)))
    )
    few = 0.01 * all_rows
    allowed = []
    if a31 <= few and b12 <= few and (_year(layout) == "4" or a31 == 0):
        allowed.append("dmy")
    if b31 <= few and a12 <= few:
        allowed.append("mdy")
    if _year(layout) == "2" and b12 <= few and c31 <= few and a_values <= _FEW_YEARS:
        allowed.append("ymd")
    if "ymd" in allowed and c_values > _FEW_YEARS:
        allowed = ["ymd"]
    if {"dmy", "mdy"} <= set(allowed) and (layout.separator == "." or not unlike):
        allowed.remove(
            "mdy"
        )  # with points nobody writes the month first; where both parts are equal it is the same day
    return allowed


def _day_before_month(rows: Relation, column: str, layout: Layout) -> Layout:
    """Return the layout of dates after a year, 2025/13/03, with the day first where only that reads nearly all of them."""
    match = _AFTER_A_YEAR.match(layout.form)
    if match is None:
        return layout
    given, pattern = name(column), text(rf"^\d{{4}}{re.escape(match[1])}(\d{{1,2}}){re.escape(match[1])}(\d{{1,2}})")
    first, second = (f"TRY_CAST(regexp_extract({given}, {pattern}, {place}) AS INT)" for place in (1, 2))
    dates = rows.filter(f"regexp_matches({given}, {pattern})")
    facts = first_row(dates.aggregate(f"count_true({first} > 12), count_true({second} > 12), count(*)"))
    above, after, every = (int(one or 0) for one in facts)
    if above <= 0.01 * every or after > 0.01 * every:
        return layout
    return replace(layout, form=layout.form.replace(f"%m{match[1]}%d", f"%d{match[1]}%m", 1))


def _surely_compact(found: Shapes, rows: Relation, column: str) -> TimeJudgement:
    """Judge many different numbers of eight digits as dates where every single one is one: 20250313, which by accident never happens."""
    if found.filled < _MANY or any(shape.text != _COMPACT[0][1] for shape in found.shapes):
        return TimeJudgement()
    given, form = name(column), _COMPACT[0][0]
    read = f"count_true(year(try_strptime({given}, '{form}')) BETWEEN 1950 AND 2060)"
    dates, values = (int(one or 0) for one in first_row(rows.aggregate(f"{read}, count(DISTINCT {given})")))
    days_of_month = f"count(DISTINCT right({given}, 2))"
    if dates < found.filled or values < _MANY or first_row(rows.aggregate(days_of_month))[0] < _SOME_DAYS:
        return TimeJudgement()
    return TimeJudgement(forms=(form,), fits=found.filled, sure=True)


def _counted_times(found: Shapes, rows: Relation, column: str, nearly_all: float) -> TimeJudgement:
    """Judge times as bare numbers: since 1970, since 1899-12-30, or the digits of a date."""
    given = name(column)
    for form, shape in _COMPACT:
        fits = sum(one.count for one in found.shapes if one.text == shape)
        if fits >= nearly_all * found.filled:
            read = rows.aggregate(f"count_true(year(try_strptime({given}, '{form}')) BETWEEN 1900 AND 2100)")
            if (first_row(read)[0] or 0) >= nearly_all * found.filled:
                return TimeJudgement(forms=(form,), fits=fits)
    number = f"TRY_CAST(replace({given}, ',', '.') AS DOUBLE)"
    for form, pattern, least, most in _COUNTED:
        like = re.compile(pattern.replace(r"\d", "9"))
        fits = sum(one.count for one in found.shapes if like.fullmatch(one.text))
        if fits and fits >= nearly_all * found.filled:
            within = rows.aggregate(f"count_true({number} BETWEEN {least} AND {most})")
            if (first_row(within)[0] or 0) >= nearly_all * found.filled:
                return TimeJudgement(forms=(form,), fits=fits)
    return TimeJudgement()
