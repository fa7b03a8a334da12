"""Words and figures as sales reads them: cleaned CRM text, rates, and a probability one can say aloud.

CRM text is only ever shown, never interpreted: control characters, direction marks and other invisible signs are
removed and the rest is shortened. Escaping for HTML or CSV is left to whoever writes HTML or CSV.
"""

from __future__ import annotations

import unicodedata

from leadq.crm.storage.spreadsheet_cells import begins_a_formula, may_run

MAX_VALUE = 40
"""Longest quotation of a CRM value, in characters."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MAX_MARKS = 2  # combining marks on one letter; more is a way to smear over neighbouring lines
_READ_AT_MOST = 400


def clean(value: object, limit: int = MAX_VALUE) -> str:
    r"""Return CRM text harmless and at most ``limit`` characters long.

    Examples
    --------
    >>> clean("  Retail \u202e& \n trade ")
    'Retail & trade'
    >>> clean("a" * 50, 10)
    'aaaaaaaaa…'
    """
    letters: list[str] = []
    marks = 0
    for letter in str(value)[:_READ_AT_MOST]:
        kind = unicodedata.category(letter)
        if kind[0] == "Z" or letter in "\t\r\n":
            letters.append(" ")
        elif kind in _INVISIBLE:
            continue
        elif kind[0] == "M":
            marks += 1
            if marks <= _MAX_MARKS:
                letters.append(letter)
            continue
        else:
            letters.append(letter)
        marks = 0
    return shorten(" ".join("".join(letters).split()), limit)


def cell(value: str, limit: int = 200) -> str:
    r"""Return text for a cell of a CSV file, cleaned, so that no spreadsheet takes it for a formula.

    Examples
    --------
    >>> cell('=HYPERLINK(A1)'), cell("-5 leads"), cell("-5"), cell("Retail")
    ("'=HYPERLINK(A1)", "'-5 leads", '-5', 'Retail')
    """
    text = clean(value, limit)
    return f"'{text}" if begins_a_formula(text) else text


def id_cell(value: str, limit: int = 255) -> str:
    r"""Return an id for a cell of a CSV file: as it is wherever a spreadsheet would run nothing.

    Examples
    --------
    >>> id_cell("-1001"), id_cell("-MxYz_1"), id_cell("=cmd|A1")
    ('-1001', '-MxYz_1', "'=cmd|A1")
    """
    text = clean(value, limit)
    return f"'{text}" if may_run(text) else text


def shorten(text: str, limit: int) -> str:
    """Return ``text`` cut to ``limit`` characters, the cut marked by an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def words(name: str) -> str:
    """Return a column or code name as words: ``demo_request`` -> ``demo request``."""
    return clean(name.replace("_", " ").lstrip("=+-@ "), MAX_VALUE)


def capitalised(text: str) -> str:
    """Return ``text`` with a capital first letter; the rest stays as written."""
    return text[:1].upper() + text[1:]


def uncapitalised(text: str) -> str:
    """Return ``text`` with a small first letter where its first word is a plain one, and no name or abbreviation in capitals.

    Examples
    --------
    >>> uncapitalised("Asked for a demo"), uncapitalised("CRM is old"), uncapitalised("3 activities")
    ('asked for a demo', 'CRM is old', '3 activities')
    """
    first = text.split(" ", 1)[0].replace("'", "")
    plain = first.isalpha() and first[1:] == first[1:].lower()
    return text[:1].lower() + text[1:] if plain else text


def rate_text(rate: float, base: float) -> str:
    """Return a win rate in per cent, as finely as the overall rate deserves.

    Whole per cent where the overall rate is at least 10 %, one decimal below.

    Examples
    --------
    >>> rate_text(0.314, 0.12), rate_text(0.031, 0.024)
    ('31 %', '3.1 %')
    """
    return f"{rate * 100:.0f} %" if base >= 0.095 else f"{rate * 100:.1f} %"


def chance(probability: float) -> str:
    """Return a probability in [0, 1] as a frequency that can be said aloud.

    Examples
    --------
    >>> chance(0.2973), chance(0.071), chance(0.002), chance(0.97)
    ('about 3 in 10', 'about 1 in 14', 'fewer than 1 in 200', 'more than 9 in 10')
    """
    if probability > 0.945:
        return "more than 9 in 10"
    if probability >= 0.15:
        return f"about {round(probability * 10)} in 10"
    if probability < 0.005:
        return "fewer than 1 in 200"
    one_in = 1.0 / probability
    if one_in >= 20:
        step = 10 if one_in >= 50 else 5
        return f"about 1 in {round(one_in / step) * step}"
    return f"about 1 in {round(one_in)}"
