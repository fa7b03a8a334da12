"""Digits of other scripts and the signs among them: 0 to 9 in numbers and times, as they are in words and ids."""

from __future__ import annotations

from leadq.crm.reading.values.shapes import Shapes
from leadq.crm.storage.scratch_database import text

_SCRIPTS = ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "๐๑๒๓๔๕๖๗๘๙")
_DIGITS = "".join(_SCRIPTS)
_SIGNS = {"٫": ".", "٬": ",", "٪": "%", "．": ".", "，": ",", "：": ":", "／": "/", "－": "-", "％": "%"}


def has_foreign_digits(found: Shapes) -> bool:
    """Whether values of a column have digits of another script."""
    return any(not set(_DIGITS).isdisjoint(shape.text) for shape in found.shapes)


def plain_digits(column: str) -> str:
    """Return the SQL expression of the text expression ``column`` with 0 to 9 for the digits of other scripts."""
    written, plain = _DIGITS + "".join(_SIGNS), "0123456789" * len(_SCRIPTS) + "".join(_SIGNS.values())
    return f"translate({column}, {text(written)}, {text(plain)})"
