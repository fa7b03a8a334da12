"""A column's times as ISO text: the SQL expression of each form; a date stays a date, a clock without a zone stays without one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from leadq.crm.reading.values.times.layouts import ISO
from leadq.crm.reading.values.times.month_names import MONTHS, POLISH_OR_CZECH
from leadq.crm.reading.values.times.zone_names import ZONE, offset_text
from leadq.crm.storage.scratch_database import text

EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
"""Microseconds of a unit."""
EXCEL = "excel_days"
A_YEAR = {EXCEL: 365.0} | {form: 365 * 86_400 * 1e6 / unit for form, unit in EPOCHS.items()}
"""Length of a year in each way of counting."""
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBER = r"\d+(?:[.,]\d+)?"
_FIRST_YEAR = 1000
"""An earlier year is one of two digits."""
_CLOCK = re.compile(r"%[HIMSpf]")
_ZONE_INSIDE = "%z %Y"


def is_time_form(form: str) -> bool:
    """Whether a form of ``read`` is one of a time."""
    return form in EPOCHS or form in ("iso", EXCEL) or "%" in form


def iso_text(column: str, forms: Sequence[str], zones: Mapping[str, str]) -> str:
    """Return the SQL expression of the text expression ``column`` as ISO 8601, null where it is in none of ``forms``.

    Parameters
    ----------
    column : str
    forms : sequence of str
        strptime formats (``%z`` at the end: an offset or a zone's name), ``iso``, ``epoch_s``, ``epoch_ms``, ``epoch_us`` or
        ``excel_days``; the first that fits counts.
    zones : mapping of str to str
        Names of zones to their offsets.
    """
    each = [_one(column, form, zones) for form in forms]
    return each[0] if len(each) == 1 else f"coalesce({', '.join(each)})"


def _one(column: str, form: str, zones: Mapping[str, str]) -> str:
    if form == "iso":
        return f"CASE WHEN regexp_full_match({column}, {text(ISO)}) THEN {column} END"
    if form in EPOCHS or form == EXCEL:
        return _counted(column, form)
    given = column
    if _ZONE_INSIDE in form:  # as Java writes it: Thu Mar 13 15:45:00 UTC 2025
        form = form.replace(_ZONE_INSIDE, " %Y") + "%z"
        given = rf"regexp_replace({given}, {text(f'({ZONE})( [0-9]{{4}})$')}, '\2\1')"
    zoned = form.endswith(("%z", "%Z"))
    if form.startswith("%A "):
        form, given = form[3:], rf"regexp_replace({given}, '^\S+\s+', '')"
    tail = f"regexp_extract({given}, {text(f'({ZONE})$')}, 1)"
    if zoned:
        form, given = form[:-2].rstrip(), f"regexp_replace({given}, {text(ZONE + '$')}, '')"
    if "%p" in form:
        given = _meridiem(given)
    if re.search("%[bB]", form):
        months = MONTHS | POLISH_OR_CZECH if "%B" in form else MONTHS
        form, given = form.replace("%B", "%b"), _english_month(given, months)
    moment = f"try_strptime({given}, {text(form)})"
    clock = _CLOCK.search(form) is not None
    shown = f"strftime({moment}, {text('%Y-%m-%d %H:%M:%S.%f' if clock else '%Y-%m-%d')})"
    zone = f" || ({offset_text(tail, zones)})" if zoned and clock else ""
    return f"CASE WHEN year({moment}) >= {_FIRST_YEAR} THEN {shown}{zone} END"


def _counted(column: str, form: str) -> str:
    """Seconds, milliseconds or microseconds since 1970, or days since 1899-12-30 as spreadsheets count."""
    number = f"TRY_CAST(replace({column}, ',', '.') AS DECIMAL(28, 9))"
    fits = f"regexp_full_match({column}, {text(_NUMBER)})"
    if form == EXCEL:
        seconds = f"to_milliseconds(CAST(round({number} * 86400000) AS BIGINT))"
        moment = f"(TIMESTAMP '1899-12-30' + {seconds})"
        shown = (
            f"CASE WHEN regexp_matches({column}, '[.,]') THEN strftime({moment}, '%Y-%m-%d %H:%M:%S.%f') "
            f"ELSE strftime({moment}, '%Y-%m-%d') END"
        )
        return f"CASE WHEN {fits} AND {number} BETWEEN 1 AND 2900000 THEN {shown} END"
    moment = f"make_timestamp(CAST({number} * {EPOCHS[form]} AS BIGINT))"
    fits += f" AND abs({number}) * {EPOCHS[form]} < 250000000000000000"
    return f"CASE WHEN {fits} THEN strftime({moment}, '%Y-%m-%d %H:%M:%S.%f') || '+00:00' END"


def _meridiem(column: str) -> str:
    """AM and PM as strptime wants them."""
    latin = rf"regexp_replace({column}, '(?i)([ap])\.? ?m\b\.?', '\1M')"
    return rf"regexp_replace(regexp_replace({latin}, '上午|오전', 'AM'), '下午|오후', 'PM')"


def _english_month(column: str, months: Mapping[str, int]) -> str:
    """Put the English name of the month in the place of the first word of at least three letters."""
    word = rf"lower(regexp_extract({column}, '\p{{L}}{{3,}}'))"
    place = f"list_position([{_texts(months)}], {word})"
    english = f"list_extract([{_texts(_ENGLISH[number - 1] for number in months.values())}], {place})"
    return rf"regexp_replace({column}, '\p{{L}}{{3,}}', coalesce({english}, ''))"


def _texts(words: Iterable[str]) -> str:
    return ", ".join(text(word) for word in words)
