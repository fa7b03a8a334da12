"""Whether a column is personal and never leaves the reader, judged by its heading and on a sample of its values.

Values are judged by shares: one name in a column of regions makes no column of people. Numbers with decimals are never personal, and
numbers without a heading that says so are not either. ``own_fields.vouch`` keeps a column that this would drop.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadq.crm.contract.history import FieldType
from leadq.crm.reading.people.contact_details import PHONE, look_inside
from leadq.crm.reading.people.headings import Says, counts_something, heading_says
from leadq.crm.reading.people.name_shares import Names, names_among
from leadq.crm.storage.scratch_database import ROW, Relation, count, first_row, name, text

SAMPLE = 20_000
"""Filled rows that are looked at, spread over the column."""
HOLDS_DETAILS = 0.01
"""Share of values with a contact detail inside above which a column is dropped; below it they are blanked."""
_MANY = 0.3
_STREET = (
    r"(?i)(.*\b\d{1,5}\s+[\w .'-]+\s(street|st|road|rd|avenue|ave|lane|drive|dr|boulevard|blvd)\b.*"
    r"|[\w .'-]+(straat|weg|laan|plein|strasse|straße|str\.|gasse|allee|platz)\s*\d{1,4}.*"
    r"|(rue|via|calle|avenida|rua|ul\.|ulica)\s+.*\d.*|.*\d{1,4},?\s+(rue|via|calle)\s.*)"
)
_DECIMALS = r"[-+]?\d*[.,]\d+(?:[eE][-+]?\d+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shares:
    """Shares in [0, 1] of the sampled values that look like something personal."""

    phone: float
    street: float
    decimals: float


def why_personal(heading: str, rows: Relation, column: str, *, kind: FieldType, harmless: bool = False) -> str | None:
    """Why a column is personal, or None.

    Parameters
    ----------
    heading : str
        Name in the source.
    rows : Relation
        Has the text column ``column``.
    column : str
    kind : {"number", "category", "flag", "date"}
    harmless : bool
        Its values are flags, dates, small numbers or few words, so that a heading such as ``email_opens`` alone says nothing.

    Returns
    -------
    str or None
        What the column is or holds, with the share of its values: ``holds names of people in 97% of its values``.
    """
    sample = _sample(rows, column)
    by_values = _by_values(heading, sample, kind)
    if by_values is not None:
        return by_values
    says = heading_says(heading)
    if says in (Says.NAME, Says.ALWAYS):
        return str(says.value) if kind != "number" or not _mostly_decimals(sample) else None
    counted = harmless or (kind == "number" and counts_something(heading))
    if says is Says.DETAIL and not counted and not (kind == "number" and _mostly_decimals(sample)):
        return str(says.value)
    return None


def why_names(heading: str, rows: Relation, column: str) -> str | None:
    """Why a column of the contract (``title``, ``topic``) holds names of people, or None."""
    return _why_names(names_among(_sample(rows, column)), heading_says(heading))


def _by_values(heading: str, sample: Relation, kind: FieldType) -> str | None:
    if kind != "category":
        return None
    inside = look_inside(sample, "given", times="times")
    shares = _shares(sample)
    if shares.phone > _MANY:
        return f"holds phone numbers in {shares.phone:.0%} of its values"
    if inside.share > HOLDS_DETAILS:
        return f"holds e-mail addresses, phone numbers or the like in {inside.share:.0%} of its values"
    if shares.street > _MANY:
        return f"holds street addresses in {shares.street:.0%} of its values"
    return _why_names(names_among(sample), heading_says(heading))


def _why_names(names: Names, says: Says) -> str | None:
    people = says is Says.PEOPLE
    if names.addressed > 0.9:
        return f"holds forms of address or sexes in {names.addressed:.0%} of its values"
    if names.whole(people=people, things=says is Says.THINGS):
        return f"holds names of people in {max(names.known_rows, names.formed_rows):.0%} of its values"
    if names.single(people=people):
        return f"holds names of people, first or family names, in {names.single_rows:.0%} of its values"
    return None


def _sample(rows: Relation, column: str) -> Relation:
    """Distinct texts (``given``) of evenly mixed rows and how often each was met (``times``)."""
    given = name(column)
    filled = rows.filter(f"{given} IS NOT NULL")
    step = -(-count(filled) // SAMPLE)
    if step > 1 and ROW in rows.columns:
        filled = filled.filter(f"({ROW} * 40503 % 65537) % {step} = 0")
    return filled.aggregate(f"CAST({given} AS VARCHAR) AS given, count(*) AS times")


def _shares(sample: Relation) -> _Shares:
    told = f"regexp_full_match(given, {text(PHONE)}) AND TRY_CAST(given AS TIMESTAMP) IS NULL"
    found = first_row(
        sample.aggregate(
            f"sum(times) FILTER ({told}), sum(times) FILTER (regexp_full_match(given, {text(_STREET)})), "
            f"sum(times) FILTER (regexp_full_match(given, {text(_DECIMALS)})), sum(times)"
        )
    )
    total = float(found[3] or 1)
    phone, street, decimals = (float(value or 0) / total for value in found[:3])
    return _Shares(phone=phone, street=street, decimals=decimals)


def _mostly_decimals(sample: Relation) -> bool:
    return _shares(sample).decimals > _MANY
