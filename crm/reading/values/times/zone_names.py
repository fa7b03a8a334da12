"""Zones at the end of a time: offsets as they are written, and names that mean one offset only.

A name that means several (IST: India, Ireland, Israel) is never guessed: ``zone_names`` of ``leadq.yaml`` says it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from leadq.crm.storage.scratch_database import text, texts

_UTC = ("Z", "z", "UTC", "GMT", "UT", "Zulu")
_NAMES: dict[str, str] = {
    **dict.fromkeys(("WET",), "+00:00"), **dict.fromkeys(("CET", "MEZ", "WEST", "WAT"), "+01:00"),
    **dict.fromkeys(("CEST", "MESZ", "EET", "SAST", "CAT"), "+02:00"), **dict.fromkeys(("EEST", "MSK", "TRT", "EAT"), "+03:00"),
    "EST": "-05:00", "EDT": "-04:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00",
    "AKST": "-09:00", "AKDT": "-08:00", "HST": "-10:00", "ADT": "-03:00", "NST": "-03:30", "NDT": "-02:30", "BRT": "-03:00",
    "ART": "-03:00", "COT": "-05:00", "PET": "-05:00", "JST": "+09:00", "KST": "+09:00", "HKT": "+08:00", "SGT": "+08:00",
    "AWST": "+08:00", "ACST": "+09:30", "ACDT": "+10:30", "AEST": "+10:00", "AEDT": "+11:00", "NZST": "+12:00",
    "NZDT": "+13:00", "PKT": "+05:00", "NPT": "+05:45",
}  # fmt: skip
_WITH_COMPANY = {("CST", "CDT"): "-06:00", ("BST", "GMT"): "+01:00", ("AST", "ADT"): "-04:00"}
"""A name that means one offset where another stands in the same column."""
SEVERAL: dict[str, tuple[tuple[str, str], ...]] = {
    "IST": (("+05:30", "India"), ("+02:00", "Israel"), ("+01:00", "Ireland")),
    "CST": (("-06:00", "North America"), ("+08:00", "China")),
    "BST": (("+01:00", "British summer"), ("+06:00", "Bangladesh")),
    "AST": (("-04:00", "Atlantic"), ("+03:00", "Arabia")),
    "GST": (("+04:00", "the Gulf"), ("-02:00", "South Georgia")),
    "ECT": (("-05:00", "Ecuador"), ("-04:00", "Eastern Caribbean")),
}
"""Names that mean several offsets, with where each is used."""
_PLACE = r"(?: ?\[[A-Za-z_]+(?:/[A-Za-z_]+)+\])?"
OFFSET = r"(?:(?:GMT|UTC)? ?[-+−]\d{1,2}(?::?\d{2})?)"
_BESIDE = r"(?: (?:\([A-Za-z][A-Za-z .]{1,40}\)|[A-Z]{2,5}))"
"""The name of a zone after its offset, as JavaScript and Go write it: the offset says all."""
ZONE = rf"(?: ?(?:{OFFSET}{_BESIDE}?|[A-Za-z]{{1,5}}|\([A-Z]{{1,5}}\)){_PLACE})"
"""Pattern of a zone at the end of a time, which has a clock before it."""


def offsets(names: Collection[str], given: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the offset of each of a column's zone names that means one, and the names that mean none or several.

    >>> offsets({"EST", "IST"}, {})
    ({'EST': '-05:00'}, ('IST',))
    """
    found = {name: given.get(name, _NAMES.get(name, "")) for name in sorted(names) if name not in _UTC}
    for (name, beside), offset in _WITH_COMPANY.items():
        if found.get(name) == "" and beside in names:
            found[name] = offset
    known = {name: offset for name, offset in found.items() if offset}
    return known, tuple(name for name in found if name not in known)


def all_offsets(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return every name of a zone that means one offset, those that ``leadq.yaml`` gives among them."""
    return tuple(sorted({**_NAMES, **given}.items()))


def name_of_zone(tail: str) -> str:
    """Return the name in a zone as written, empty where it is an offset or UTC."""
    bare = re.sub(_PLACE + "$", "", tail).strip(" ()")
    return "" if bare in _UTC or re.match(OFFSET.replace(r"\d", "[0-9]"), bare) else bare


def offset_text(tail: str, known: Mapping[str, str]) -> str:
    """Return the SQL expression of the zone ``tail`` (an expression) as ``+HH:MM``; null where its name is not known."""
    alone = rf"regexp_replace(regexp_replace({tail}, '\[.*\]$', ''), '(\d){_BESIDE}$', '\1')"
    bare = rf"trim({alone}, ' ()')"
    sign = f"CASE WHEN regexp_matches({bare}, '[-−]') THEN '-' ELSE '+' END"
    digits = rf"regexp_replace({bare}, '[^\d]', '', 'g')"
    hours = f"CASE WHEN length({digits}) > 2 THEN lpad({digits}, 4, '0') ELSE lpad({digits}, 2, '0') || '00' END"
    number = rf"({sign} || left({hours}, 2) || ':' || right({hours}, 2))"
    names = " ".join(f"WHEN {bare} = {text(name)} THEN {text(offset)}" for name, offset in sorted(known.items()))
    return (
        f"CASE WHEN {bare} IN {texts(_UTC)} THEN '+00:00' {names} "
        rf"WHEN regexp_full_match({bare}, {text(OFFSET)}) THEN {number} END"
    )
