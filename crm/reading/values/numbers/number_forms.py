"""Ways of writing numbers: which sign stands before the decimals, which between thousands; currency, percent and sign aside.

A form is named by how it writes 1234.5, for example ``1.234,5``. :func:`plain_number` is the SQL expression of a form's value
as ``-1234.5``, null where the text is not written so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadq.crm.storage.scratch_database import text

_CODES = (
    "US$", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "AUD", "CAD", "NZD", "SGD", "HKD", "SEK", "NOK", "DKK",
    "ISK", "PLN", "CZK", "HUF", "RON", "BGN", "HRK", "RUB", "UAH", "TRY", "ZAR", "BRL", "MXN", "ARS", "CLP", "COP", "PEN", "AED",
    "SAR", "ILS", "KRW", "THB", "MYR", "IDR", "PHP", "VND", "TWD", "NGN", "KES", "EGP", "KZT", "GEL", "AMD", "AZN",
    "BYN", "MDL", "UZS", "RSD", "BAM", "MKD", "MAD", "TND", "DZD", "XOF", "XAF", "GHS", "UGX", "TZS", "ZMW", "QAR", "KWD", "BHD",
    "OMR", "JOD", "PKR", "LKR", "BDT", "NPR", "UYU", "PYG", "BOB", "CRC", "GTQ", "DOP", "JMD", "R$", "Kč", "Ft", "zł", "kr.", "kr", "лв",
    "руб.", "руб", "Rs.", "Rs", "RM", "Fr.", "Euro", "euro", "Mex$", "A$", "C$", "NZ$", "S$", "HK$", "NT$",
)  # fmt: skip
_CURRENCY = (
    "(?:[$€£¥₹₩₽₺₴₫฿₪₦₱₡₲₵₸₾￥]|" + "|".join(re.escape(code) for code in sorted(_CODES, key=len, reverse=True)) + ")"
)
_BLANK = "[ \u00a0\u202f\u2009]"
_APOSTROPHE = "['’]"
_MINUS = "-−–－﹣‐‑"
"""Signs that exports write for a minus; the wide one is what Japanese encodings make of it."""
_SIGN = f"[{_MINUS}+＋]"
_FRAME = (
    rf"{_SIGN}?(?:{_CURRENCY}{_BLANK}?)?(?P<open>\()?{_SIGN}?{_BLANK}?(?:{_CURRENCY}{_BLANK}?)?{_SIGN}?"
    rf"(?P<core>{{core}})(?:[.,](?:--?|–|—))?{_BLANK}?(?:%|{_CURRENCY})?{_BLANK}?-?(?P<close>\))?"
)
_SEPARATORS = {"": "", ".": r"\.", ",": ",", " ": _BLANK, "'": _APOSTROPHE}


@dataclass(frozen=True, slots=True, order=True)
class NumberForm:
    """The sign before the decimals and the sign between thousands ('' for none)."""

    decimal: str
    thousands: str = ""

    @property
    def name(self) -> str:
        """1234.5 as this form writes it.

        >>> NumberForm(",", ".").name
        '1.234,5'
        """
        return f"1{self.thousands}234{self.decimal}5"

    def core(self, digit: str = r"\d") -> str:
        """Return the pattern of a number without sign, currency and percent; ``digit`` matches one digit."""
        point, between = _SEPARATORS[self.decimal], _SEPARATORS[self.thousands]
        whole = f"{digit}+"
        if between:
            thousand = f"{digit}{{1,3}}(?:{between}{digit}{{3}})+"
            indian = f"|{digit}{{1,2}}(?:,{digit}{{2}})+,{digit}{{3}}" if self.thousands == "," else ""
            whole = f"(?:{thousand}{indian}|{whole})"
        return f"(?:{whole}(?:{point}{digit}*)?|{point}{digit}+)(?:[eE][-+]?{digit}+)?"


PLAIN = NumberForm(".")
FORMS = (
    PLAIN, NumberForm(","), NumberForm(".", ","), NumberForm(",", "."), NumberForm(".", " "), NumberForm(",", " "),
    NumberForm(".", "'"), NumberForm(",", "'"),
)  # fmt: skip
"""All forms, the simplest first."""
_BY_NAME = {form.name: form for form in FORMS} | {
    form.name.replace(" ", blank): form for form in FORMS for blank in "\u00a0\u202f"
}


def number_form(written: str) -> NumberForm | None:
    """Return the form that writes 1234.5 as ``written``, or None.

    >>> number_form("1 234,5")
    NumberForm(decimal=',', thousands=' ')
    """
    return _BY_NAME.get(written)


def framed(core: str) -> str:
    """Return the pattern of a number with sign, currency and percent around the pattern ``core``."""
    return _FRAME.replace("{core}", core)


def is_bare(form: NumberForm, shape: str) -> bool:
    """Whether values of a shape need no rewriting: digits, at most a minus before them and decimals after a point."""
    return form.decimal == "." and re.fullmatch(r"-?(9+\.?9*|\.9+)([eE][-+]?9+)?", shape) is not None


def plain_number(column: str, form: NumberForm) -> str:
    """Return the SQL expression of the text expression ``column`` as a plain number, null where it is not written so."""
    pattern = framed(form.core()).replace("?P<open>", "").replace("?P<close>", "").replace("?P<core>", "")
    fits = f"regexp_full_match({column}, {text(pattern)}) AND contains({column}, '(') = contains({column}, ')')"
    core = f"regexp_extract({column}, {text(form.core())})"
    if form.thousands:
        core = f"regexp_replace({core}, {text(_SEPARATORS[form.thousands])}, '', 'g')"
    if form.decimal == ",":
        core = f"replace({core}, ',', '.')"
    negative = rf"regexp_matches({column}, '^[^\d]*[{_MINUS}(]|[^-.,]-$')"
    return f"CASE WHEN {fits} THEN CASE WHEN {negative} THEN '-' ELSE '' END || {core} END"
