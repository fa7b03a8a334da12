"""Sizes of companies as CRMs write them, in the languages of Europe: ``51-200``, ``1.000+``, ``11 bis 50``, ``10k+``, ``500 employees``.

A size has bounds. The number that a model sees is their geometric mean: sizes differ by factors, so it lies in the middle of a range on
the scale on which ranges are about equally wide (51-200 is 101, where the arithmetic mean says 126). A range without an end is taken to
four times its beginning (``1000+`` is 2,000), one without a beginning begins at 1. Trees see the order only, and the order is right.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.meaning.expressions import fold

OPEN_TO = 4
"""How many times its beginning a range without an end is taken to reach."""
_UNITS = (
    "employees?|people|persons?|staff|ftes?|headcount|mitarbeiter|mitarbeitende|mitarbeiterinnen|beschäftigte|personen|ma|"
    "salariés?|salaries|employés?|employes|personnes|collaborateurs|empleados?|trabajadores|personas|dipendenti|addetti|persone|"
    "funcionários|funcionarios|colaboradores|pessoas|medewerkers|werknemers|personeelsleden|pracowników|pracownikow|osób|osob|"
    "anställda|anstallda|ansatte|medarbejdere|medarbetare|medarbeidere|työntekijää|henkilöä"
)
_JOINED = "-|\u2013|\u2014|\\.\\.+|to|till|until|bis|à|a|à|et|y|e|and|und|hasta|al|até|ate|tot|do|til|i|og|och"
_BELOW = (
    "<|≤|<=|under|below|less than|fewer than|up to|unter|weniger als|bis|bis zu|moins de|jusqu'à|jusque|menos de|hasta|meno di|"
    "fino a|até|ate|minder dan|tot|poniżej|mniej niż|do|mindre än|mindre end|mindre enn|alle"
)
_ABOVE = (
    ">|≥|>=|over|above|more than|at least|from|über|ueber|mehr als|mindestens|ab|plus de|más de|mas de|oltre|più di|piu di|mais de|"
    "meer dan|vanaf|powyżej|ponad|över|mer än|mere end|mer enn|yli"
)
_OPEN = (
    "[+]|[+]{2}|plus|and more|or more|and above|and over|und mehr|oder mehr|und größer|et plus|ou plus|y más|o más|y mas|o mas|e più|"
    "e oltre|e mais|ou mais|en meer|of meer|i więcej|lub więcej|och fler|eller fler|og flere|eller flere"
)
_FROM = "from|between|von|zwischen|de|entre|da|tra|od|van|tussen|från|fra|mellan|mellem|mellom"
_NUMBER = "[0-9]{1,9} ?(?:k|tsd[.]?)?"
SIZE = (
    f"^(?:(?:{_UNITS}):? )?(?:"
    f"(?:(?:{_BELOW}) ?)?{_NUMBER}|(?:(?:{_ABOVE}) ?)?{_NUMBER}(?: ?(?:{_OPEN}))?|(?:(?:{_FROM}) )?{_NUMBER} ?(?:{_JOINED}) ?{_NUMBER}"
    f")(?: ?(?:{_UNITS}))?\\z"
)
"""A whole text that is a size, folded and with :func:`_plain` numbers."""


def bounds(text: ir.StringValue) -> tuple[ir.FloatingValue, ir.FloatingValue]:
    """Return the least and the largest size that a text says, null where it says none."""
    plain = _plain(text)
    given = plain.re_search(SIZE)
    first = _number(plain, f"^[^0-9]*({_NUMBER})")
    second = _number(plain, f"^[^0-9]*[0-9]+[^0-9]+({_NUMBER})")
    below = plain.re_search(f"^(?:(?:{_UNITS}):? )?(?:{_BELOW}) ?[0-9]")
    above = plain.re_search(f"^(?:(?:{_UNITS}):? )?(?:{_ABOVE}) ?[0-9]|[0-9] ?(?:k|tsd[.]?)? ?(?:{_OPEN})(?: |\\z)")
    low = ibis.cases((~given, ibis.null("float64")), (below, ibis.literal(1.0)), else_=first)
    high = ibis.cases(
        (~given, ibis.null("float64")), (second.notnull(), second), (above, first * float(OPEN_TO)), else_=first
    )
    return low, high


def size_in(text: ir.StringValue) -> ir.FloatingValue:
    """Return the size that a text says, in employees: the geometric mean of its bounds, null where it says none."""
    low, high = bounds(text)
    return (low * high).sqrt().round().cast("float64")


def with_sizes(table: ir.Table, columns: dict[str, str]) -> ir.Table:
    """Add to a table, under a new name (key) each, the sizes that a column of texts (value) says; every text is read once."""
    for name, column in columns.items():
        read = table.select(size_text=table[column]).distinct()
        read = read.select("size_text", **{name: size_in(read.size_text)})
        table = table.left_join(read, table[column] == read.size_text).drop("size_text")
    return table


def _plain(text: ir.StringValue) -> ir.StringValue:
    """Return a text folded, with numbers of digits alone: ``1.000``, ``1,000``, ``1 000`` and ``1'000`` are 1000."""
    plain = fold(text).replace("\u202f", " ").replace("\u2019", "'")
    for _ in range(2):  # a group of three takes the digit before it: 1.000.000 needs two rounds
        plain = plain.re_replace("([0-9])[.,' ]([0-9]{3})([^0-9]|\\z)", "\\1\\2\\3")
    return plain


def _number(plain: ir.StringValue, pattern: str) -> ir.FloatingValue:
    found = plain.re_extract(pattern, 1)
    digits = found.re_extract("([0-9]+)", 1).try_cast("float64")
    return ibis.ifelse(found.re_search("k|tsd"), digits * 1000.0, digits)
