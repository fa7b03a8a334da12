"""What is personal and never leaves the reader: names of people, addresses, phone numbers, all of an e-mail but its domain.

A column is judged by its name and by what stands in it. Names of companies and sales people in contract columns
stay (a desk must show whose lead it is); everything of the buyer's goes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadq.crm.storage.scratch_database import Relation, first_row, name, text

_EMAIL = r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"
_PHONE = r"(\+|00|\(0|0)[\d ()/.\-]{7,17}\d"
_STREET = (
    r"(?i)(.*\b\d{1,5}\s+[\w .'-]+\s(street|st|road|rd|avenue|ave|lane|drive|dr|boulevard|blvd)\b.*"
    r"|[\w .'-]+(straat|weg|laan|plein|strasse|straße|gasse|allee|platz)\s*\d{1,4}.*"
    r"|(rue|via|calle|avenida|rua)\s+.*\d.*|.*\d{1,4},?\s+(rue|via|calle)\s.*)"
)
_PERSON = (
    r"((Mr|Mrs|Ms|Dr|Herr|Frau)\.?\s)?\p{Lu}[\p{Ll}'-]+(\s\p{Lu}\.?)?(\s(van|de|von|der|den|la|le|di))*"
    r"(\s\p{Lu}[\p{L}'-]+){1,2}"
)

_WORDS = re.compile(
    r"\b(email|mail|phone|mobile|telephone|tel|fax|cell|street|address|surname|firstname|lastname|fullname|forename"
    r"|birthdate|birthday|dob|ssn|iban|passport|linkedin|twitter|skype|whatsapp|postcode|zip|zipcode)\b"
)
_NAMED = re.compile(
    r"^name$|\b(first|last|full|middle|family|given|maiden|contact|person|customer|client|buyer|lead) name\b"
)
_PEOPLE = re.compile(r"\b(agent|rep|manager|contact|person|representative|employee|seller)\b")

_MANY = 0.2
"""Distinct values a row from which capitalised word pairs are taken for people rather than for a category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Shares in [0, 1] of a column's non-null values that look like something personal."""

    email: float
    phone: float
    street: float
    person: float
    distinct: float


def domain_of_address(column: str) -> str:
    """Return the SQL expression of what follows the last @ of an address, in lower case; null without an @."""
    return f"nullif(lower(regexp_extract({column}, '@([^@<>\\s]+)>?\\s*$', 1)), '')"


def bare_domain(column: str) -> str:
    """Return the SQL expression of a domain, in lower case, that a source may have written as an address."""
    return f"CASE WHEN contains({column}, '@') THEN {domain_of_address(column)} ELSE lower({column}) END"


def domain_of_site(column: str) -> str:
    """Return the SQL expression of the host of a web address, without www, in lower case."""
    return f"nullif(regexp_extract(lower({column}), '^(?:\\w+://)?(?:www\\.)?([^/:?#\\s]+)', 1), '')"


def without_contact_details(column: str) -> str:
    """Return the SQL expression of a free text whose e-mail addresses and phone numbers are blanked."""
    no_mail = f"regexp_replace({column}, {text(_EMAIL)}, '[e-mail]', 'g')"
    return f"regexp_replace({no_mail}, {text(_PHONE)}, '[phone]', 'g')"


def look_at(rows: Relation, column: str) -> Contents:
    """Measure what stands in the text column ``column``."""
    given = name(column)
    shares = rows.filter(f"{given} IS NOT NULL").aggregate(
        f"avg(regexp_matches({given}, {text(_EMAIL)})::INT), "
        f"avg((regexp_full_match({given}, {text(_PHONE)}) AND TRY_CAST({given} AS TIMESTAMP) IS NULL)::INT), "
        f"avg(regexp_full_match({given}, {text(_STREET)})::INT), "
        f"avg(regexp_full_match({given}, {text(_PERSON)})::INT), "
        f"count(DISTINCT {given}) / count(*)"
    )
    found = [float(value or 0) for value in first_row(shares)]
    return Contents(email=found[0], phone=found[1], street=found[2], person=found[3], distinct=found[4])


def why_personal(column: str, contents: Contents, *, harmless: bool) -> str | None:
    """Why a column is personal, or None.

    Parameters
    ----------
    column : str
        Name in the source.
    contents : Contents
    harmless : bool
        Its values are flags, small numbers or few words, so that a name such as ``email_opens`` alone says nothing.
    """
    words = " ".join(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", column).lower()))
    if contents.email > 0.01:
        return "holds e-mail addresses"
    if contents.phone > 0.3:
        return "holds phone numbers"
    if contents.street > 0.3:
        return "holds street addresses"
    if contents.person > 0.8 and (contents.distinct > _MANY or _PEOPLE.search(words)):
        return "holds names of people"
    if _NAMED.search(words):
        return "is named like a person's name"
    if not harmless and _WORDS.search(words):
        return "is named like personal data"
    return None
