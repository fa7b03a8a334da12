"""Numbers with their nouns as people write them: "1 lead", "2 leads", "1,204 entries".

Every sentence in which a number meets a noun uses :func:`counted`, every verb that follows one :func:`one_or_many`; pages have both
as filters. Held by ``tests/layout/test_words.py``.
"""

from __future__ import annotations

from math import ceil, isfinite, log10

_VOWELS = "aeiou"
_HISSING = ("s", "x", "z", "ch", "sh")


def counted(number: float, noun: str, many: str = "") -> str:
    """Return a number with its noun, in the singular for exactly 1.

    Parameters
    ----------
    number : int or float
        An ``int`` is written with thousands separators, a ``float`` without needless digits.
    noun : str
        In the singular; the last word takes the plural: ``"open lead"``.
    many : str
        The plural, where it is not a matter of ``-s``, ``-es`` or ``-ies``.

    Examples
    --------
    >>> counted(1, "row"), counted(0, "row"), counted(12345, "entry")
    ('1 row', '0 rows', '12,345 entries')
    >>> counted(1, "lead without a date", "leads without a date"), counted(2.0, "day"), counted(0.5, "day")
    ('1 lead without a date', '2 days', '0.5 days')
    """
    return f"{figure(number)} {one_or_many(number, noun, many)}"


def figure(number: float, *, grouped: bool = True) -> str:
    """Return a number as people write it: whole ones whole, others with six digits that count, and no powers of ten.

    Parameters
    ----------
    number : int or float
    grouped : bool
        With commas between thousands.

    Examples
    --------
    >>> [figure(one) for one in (1204, 2.0, 0.5, 2_600_000.0, 1234567.89, 0.0000012, float("inf"))]
    ['1,204', '2', '0.5', '2,600,000', '1,234,568', '0.0000012', 'inf']
    >>> figure(2_600_000.0, grouped=False)
    '2600000'
    """
    commas = "," if grouped else ""
    if isinstance(number, int):
        return f"{number:{commas}}"
    if not isfinite(number) or number == int(number):
        return f"{number:{commas}.0f}"
    whole_digits = len(str(int(abs(number)))) if abs(number) >= 1 else ceil(log10(abs(number)) + 1e-12)
    text = f"{number:{commas}.{max(0, 6 - whole_digits)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def one_or_many(number: float, one: str, many: str = "") -> str:
    """Return ``one`` for exactly 1, else ``many`` (by default the plural of the noun ``one``).

    >>> one_or_many(1, "was", "were"), one_or_many(3, "was", "were"), one_or_many(3, "day"), one_or_many(2, "branch")
    ('was', 'were', 'days', 'branches')
    """
    if number == 1:
        return one
    if many:
        return many
    if one.endswith("y") and one[-2:-1] not in _VOWELS:
        return f"{one[:-1]}ies"
    return f"{one}es" if one.endswith(_HISSING) else f"{one}s"
