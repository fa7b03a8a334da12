"""How a column writes its numbers, judged by all of its values: 1.240 beside 950 is 1240, beside 0.125 it is 1.24.

What the values do not settle is a doubt, with the two ways of reading it; nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from leadq.crm.reading.values.numbers.number_forms import FORMS, PLAIN, NumberForm, framed, is_bare
from leadq.crm.reading.values.shapes import Shape, Shapes
from leadq.crm.storage.scratch_database import Relation, first_row, name, text

_ANY_CORE = "(?:[.,]?9[9.,' \u00a0\u202f\u2009’]*(?:[eE][-+]?9+)?)"
_NUMBER = re.compile(framed(_ANY_CORE))
_STRICT = {form: re.compile(form.core("9")) for form in FORMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberJudgement:
    """Forms a column's numbers are in (none: they are no numbers), how many values fit, and a doubt between two forms.

    ``bare``: plain as they stand; ``signs``: points or commas stand in some, so that the form is seen; ``percent``: some have
    a percent sign and some have none.
    """

    forms: tuple[NumberForm, ...] = ()
    fits: int = 0
    bare: bool = False
    percent: bool = False
    signs: bool = False
    doubt: tuple[NumberForm, NumberForm] | None = None
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A shape that is a number: its forms and how many values have it."""

    shape: Shape
    forms: frozenset[NumberForm]
    core: str


def judge_numbers(
    found: Shapes, rows: Relation, column: str, *, nearly_all: float, hints: Collection[NumberForm] = ()
) -> NumberJudgement:
    """Judge the numbers of a column.

    Parameters
    ----------
    found : Shapes
        Without the missing values.
    rows, column
        For the questions that shapes do not answer.
    nearly_all : float
        Share in (0, 1] of the values that must be numbers.
    hints : collection of NumberForm
        Forms that other columns of the file are surely in.
    """
    written = [one for shape in found.shapes if (one := _read(shape)) is not None]
    numbers = sum(one.shape.count for one in written)
    if not numbers or numbers < nearly_all * found.filled:
        return NumberJudgement()
    counts = Counter({form: sum(one.shape.count for one in written if form in one.forms) for form in FORMS})
    whole = [form for form in FORMS if counts[form] == numbers]
    bare = all(is_bare(PLAIN, one.shape.text) for one in written)
    percent = _in_percent_and_not(written)
    if not whole:
        return _two_ways(written, numbers, percent=percent)
    signs = {sign for sign in ".," if any(_could_be_thousands(one, sign) for one in written)}
    form, other = _told_apart(whole, signs)
    if other is None:
        signed = any(sign in one.core for one in written for sign in ".,")
        return NumberJudgement(forms=(form,), fits=numbers, bare=bare and form == PLAIN, percent=percent, signs=signed)
    sign = next(iter(signs))
    if any(re.match(rf"[^0-9]*0{re.escape(sign)}", one.shape.example) for one in written):  # 0.125 is no thousand
        settled: NumberForm | None = form
    else:
        settled = _settled(form, other, sign, rows, column, hints)
    if settled is not None:
        return NumberJudgement(forms=(settled,), fits=numbers, bare=bare and settled == PLAIN, percent=percent)
    example = next(one.shape.example for one in written if any(_could_be_thousands(one, sign) for sign in signs))
    return NumberJudgement(
        forms=(form,), fits=numbers, bare=bare, percent=percent, doubt=(form, other), example=example
    )


def _in_percent_and_not(written: list[_Written]) -> bool:
    """Whether some numbers have a percent sign and others, a lone digit such as 0 aside, have none."""
    signed = ["%" in one.shape.text for one in written if one.core != "9"]
    return any("%" in one.shape.text for one in written) and not all(signed)


def _read(shape: Shape) -> _Written | None:
    match = _NUMBER.fullmatch(shape.text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    core = match["core"].strip()
    forms = frozenset(form for form, pattern in _STRICT.items() if pattern.fullmatch(core))
    return _Written(shape=shape, forms=forms, core=core) if forms else None


def _could_be_thousands(one: _Written, sign: str) -> bool:
    """Whether a single ``sign`` with three digits after it stands in the number, so that it may be either."""
    return re.fullmatch(rf"9{{1,3}}{re.escape(sign)}999", one.core) is not None


def _told_apart(whole: list[NumberForm], signs: set[str]) -> tuple[NumberForm, NumberForm | None]:
    """Return the simplest form and, where some values would be another number in it, the other possible one."""
    first = whole[0]
    for sign in signs:
        decimals = [form for form in whole if form.decimal == sign]
        thousands = [form for form in whole if form.thousands == sign]
        if decimals and thousands:
            return decimals[0], thousands[0]
    return first, None


def _settled(
    decimal: NumberForm,
    thousands: NumberForm,
    sign: str,
    rows: Relation,
    column: str,
    hints: Collection[NumberForm],
) -> NumberForm | None:
    """Decide between a sign before decimals and one between thousands by the values, then by the file's other columns."""
    given = name(column)
    between = rf"\d{{1,3}}{re.escape(sign)}\d{{3}}"
    facts = first_row(
        rows.filter(f"{given} IS NOT NULL").aggregate(
            f"count_true(regexp_matches({given}, {text(rf'^[^0-9]*0{re.escape(sign)}')})), "
            rf"count_true(regexp_matches({given}, '^[^\d]*\d{{4,}}[^\d]*$')), "
            rf"count_true(regexp_matches({given}, '^[^\d]*\d{{1,3}}[^\d]*$')), "
            f"count(DISTINCT CASE WHEN regexp_matches({given}, {text(between)}) THEN {given} END)"
        )
    )
    zeros, long, short, different = (int(value or 0) for value in facts)
    if zeros:
        return decimal
    if short >= 2 and not long and different >= 2:
        return thousands
    if long:
        return None
    surely = {form for form in hints if form.decimal or form.thousands}
    if surely and all(form.decimal == sign for form in surely):
        return decimal
    if surely and all(form.decimal != sign for form in surely):
        return thousands
    return None


def _two_ways(written: list[_Written], numbers: int, *, percent: bool) -> NumberJudgement:
    """Read a column of two ways of writing value by value, where no value could be in both and mean two numbers."""
    best = max(
        ((a, b) for a in FORMS for b in FORMS if a < b),
        key=lambda pair: sum(one.shape.count for one in written if one.forms & set(pair)),
    )
    covered = [one for one in written if one.forms & set(best)]
    unclear = [one for one in covered if set(best) <= one.forms and _differs(one, best)]
    fits = sum(one.shape.count for one in covered)
    if unclear or fits < numbers:
        example = (unclear or [one for one in written if one not in covered])[0].shape.example
        return NumberJudgement(forms=best, fits=fits, percent=percent, doubt=best, example=example)
    return NumberJudgement(forms=best, fits=fits, percent=percent)


def _differs(one: _Written, pair: tuple[NumberForm, NumberForm]) -> bool:
    return any(_could_be_thousands(one, sign) for sign in ".,") and pair[0].decimal != pair[1].decimal
