"""A strptime format that fits times which are written as no layout knows, so that the line a remedy offers reads them.

Proposes only: the caller holds every proposal against all values and offers one that reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

from leadq.crm.reading.values.times.month_names import MONTHS, POLISH_OR_CZECH

MOST_FORMATS = 24
_CLOCK = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?P<second>:\d{2}(?P<fraction>[.,]\d+)?)?(?!\d)")
_HALF = re.compile(r"(?i)(?<![^\W\d_])[ap]\.? ?m\b\.?|上午|下午|오전|오후")
_PART = re.compile(r"(%%|%[A-Za-z]|\d+|[^\W\d_]{3,})")
_ERA = re.compile("令和|平成|昭和|民國|民国|佛暦|พ\\.ศ|[RHS]\\d{1,2}[./]")
"""Years that are not counted from where strptime counts."""
_COMPACT = ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%Y%d%m")


def fitting_formats(value: str) -> tuple[str, ...]:
    """Return the formats that a written time may be in, the likeliest first; none where it does not look like one.

    Parameters
    ----------
    value : str
        One value, as it is written.

    Returns
    -------
    tuple of str
        At most :data:`MOST_FORMATS`.

    >>> fitting_formats("2025/13/03")
    ('%Y/%d/%m', '%Y/%m/%d')
    >>> fitting_formats("12 | 2025 | 30")
    ('%d | %Y | %m', '%m | %Y | %d')
    """
    if _ERA.search(value):
        return ()
    marked = value.replace("%", "%%")
    half = _HALF.search(marked) is not None
    marked = _HALF.sub("%p", marked, count=1)
    if clock := _CLOCK.search(marked):
        seconds = (":%S" if clock["second"] else "") + (f"{clock['fraction'][0]}%f" if clock["fraction"] else "")
        marked = f"{marked[: clock.start()]}{'%I' if half else '%H'}:%M{seconds}{marked[clock.end() :]}"
    parts = _PART.split(marked)
    return tuple(dict.fromkeys("".join(filled) for filled in _filled(parts)))[:MOST_FORMATS]


def _filled(parts: list[str]) -> Iterator[list[str]]:
    """Yield the parts with every number and the month's name replaced by a sign of strptime, in every way that makes one date."""
    names = [
        place for place, part in enumerate(parts) if part.casefold() in MONTHS or part.casefold() in POLISH_OR_CZECH
    ]
    numbers = [place for place, part in enumerate(parts) if part.isdigit()]
    years = [place for place in numbers if len(parts[place]) == 4]
    if len(names) > 1 or len(years) > 1:
        return
    known = dict.fromkeys(names, "%b") | dict.fromkeys(years, "%Y")
    whole = [place for place in numbers if len(parts[place]) == 8]
    if len(whole) == 1 and len(numbers) == 1 and not names:
        for form in _COMPACT:
            yield _put(parts, {whole[0]: form})
        return
    left = [place for place in numbers if place not in years]
    wanted = ["%d", *([] if names else ["%m"]), *([] if years else ["%y"])]
    if len(left) != len(wanted) or any(len(parts[place]) > 2 for place in left):
        return
    for order in permutations(wanted):
        signs = dict(zip(left, order, strict=True))
        if all(len(parts[place]) == 2 for place, sign in signs.items() if sign == "%y"):
            yield _put(parts, known | signs)


def _put(parts: list[str], signs: dict[int, str]) -> list[str]:
    return [signs.get(place, part) for place, part in enumerate(parts)]
