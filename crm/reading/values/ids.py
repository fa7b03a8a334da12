"""How ids are written, and which ways of writing stand for the same one.

A column of whole numbers is read as such whoever wrote it: 7000.0 and 7,000 are 7000, at night as at training. All else stays as it is
written. The :data:`RULES` say when two ids of different tables are one; what is done about it stands in ``key_matching``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leadq.crm.storage.scratch_database import Relation, first_row, name, text

KEY, FORM = "_leadq_key", "_leadq_form"
"""Columns of a relation of ids: as written, and in the form that a rule compares."""
ROUNDED = r"[+-]?\d(?:[.,]\d+[eE]\+?|[eE]\+)\d{1,3}"
"""What a spreadsheet makes of a long number."""
_BARE = r"[+-]?\d+"
_POINT_NOUGHT = r"[+-]?\d+[.,]0{1,2}"
_SEPARATORS = ",.'\u2019 \u00a0\u202f\u2009"
_GROUPED = rf"[+-]?\d{{1,3}}(?:[{_SEPARATORS}]\d{{3}})+(?:[.,]0{{1,2}})?"
_GUID = r"[{(]?[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}[)}]?"
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def may_lose_form(rows: Relation, column: str) -> bool:
    """Whether a text column holds whole numbers of which some are written 7000.0 or 7,000: every value is one, or missing."""
    given = name(column)
    bare, nought, grouped = (f"regexp_full_match({given}, {text(one)})" for one in (_BARE, _POINT_NOUGHT, _GROUPED))
    short = f"length(ltrim({given}, '+-')) <= 3"
    counts = first_row(
        rows.aggregate(
            f"count({given}), count_true({bare}), count_true({nought}), count_true({grouped}), count_true({bare} AND {short}), "
            f"count_true({grouped} AND NOT regexp_matches({given}, '[^0-9]000$'))"
        )
    )
    filled, bares, noughts, groups, shorts, uneven = (int(one or 0) for one in counts)
    if noughts and bares + noughts == filled:
        return True
    # 12 and 1,234 are one column of whole numbers; 1234 and 1,234 are not, and 7.000 alone may be a 7
    return bool(groups) and shorts + groups == filled and bool(shorts or uneven)


def plain_id(given: str) -> str:
    """Return the SQL expression of the id ``given`` (an expression) of a column of whole numbers as its digits only."""
    bare = f"regexp_replace({given}, '[.,]0{{1,2}}$', '')"
    ungrouped = f"translate({bare}, {text(_SEPARATORS)}, '')"
    return (
        f"CASE WHEN regexp_full_match({given}, {text(_GROUPED)}) THEN {ungrouped} "
        f"WHEN regexp_full_match({given}, {text(_POINT_NOUGHT)}) THEN {bare} ELSE {given} END"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SameId:
    """A way in which two texts are the same id.

    Parameters
    ----------
    why : str
        Completes "one id is written in two ways: ".
    form : callable
        A relation with :data:`KEY` and further columns to the same with :data:`FORM`.
    certain : bool
        Whether texts that agree so cannot well be two ids of one system; else it takes more (see ``key_matching``).
    """

    why: str
    form: Callable[[Relation], Relation]
    certain: bool


def _with_form(expression: str) -> Callable[[Relation], Relation]:
    return lambda ids: ids.project(f"*, {expression} AS {FORM}")


def _checksum(column: str) -> str:
    """Return the SQL expression of the three characters that tell the letter case of an id of 15."""
    threes = []
    for block in range(3):
        bits = " + ".join(
            f"CASE WHEN substr({column}, {5 * block + place + 1}, 1) BETWEEN 'A' AND 'Z' THEN {1 << place} ELSE 0 END"
            for place in range(5)
        )
        threes.append(f"substr('{_CHECKSUM}', 1 + {bits}, 1)")
    return " || ".join(threes)


def _fifteen(ids: Relation) -> Relation:
    """Give ids of 15 characters and a checksum of three without it, in the letter case that it keeps (some programs lose it)."""
    letters = []
    for place in range(15):
        letter = f"substr({KEY}, {place + 1}, 1)"
        bits = f"(strpos('{_CHECKSUM}', upper(substr({KEY}, {16 + place // 5}, 1))) - 1)"
        letters.append(f"CASE WHEN ({bits} >> {place % 5}) & 1 = 1 THEN upper({letter}) ELSE lower({letter}) END")
    eighteen = f"regexp_full_match({KEY}, '[0-9a-zA-Z]{{15}}[a-zA-Z0-5]{{3}}')"
    restored = ids.project(f"*, CASE WHEN {eighteen} THEN {' || '.join(letters)} END AS _leadq_restored")
    right = f"_leadq_restored IS NOT NULL AND ({_checksum('_leadq_restored')}) = upper(right({KEY}, 3))"
    form = f"CASE WHEN {right} THEN _leadq_restored ELSE {KEY} END"
    return restored.project(f"* EXCLUDE (_leadq_restored), {form} AS {FORM}")


RULES = (
    SameId(
        why="with and without the .0 of a number",
        form=_with_form(
            f"CASE WHEN regexp_full_match({KEY}, {text(_POINT_NOUGHT)}) THEN regexp_replace({KEY}, '[.,]0{{1,2}}$', '') "
            f"ELSE {KEY} END"
        ),
        certain=True,
    ),
    SameId(
        why="with and without braces, or in capitals and small letters",
        form=_with_form(
            f"CASE WHEN regexp_full_match({KEY}, {text(_GUID)}) THEN lower(regexp_replace({KEY}, '[^0-9a-fA-F]', '', 'g')) "
            f"ELSE {KEY} END"
        ),
        certain=True,
    ),
    SameId(why="in 15 characters and in the same with a checksum, which are 18", form=_fifteen, certain=True),
    SameId(
        why="with and without zeros in front",
        form=_with_form(f"CASE WHEN regexp_full_match({KEY}, '0+[1-9]\\d*') THEN ltrim({KEY}, '0') ELSE {KEY} END"),
        certain=False,
    ),
    SameId(why="in capitals and in small letters", form=_with_form(f"lower({KEY})"), certain=False),
)
"""In the order in which they are tried."""


def in_one_form(rows: Relation, column: str, *, certain: bool = True) -> Relation:
    """Return rows with :data:`KEY`: the ids of a column in the form in which those that are the same by the rules agree.

    Parameters
    ----------
    rows : Relation
    column : str
    certain : bool
        Only by rules by which two ids of one system cannot agree; else by all.
    """
    found = rows.project(f"*, {name(column)} AS {KEY}")
    for rule in RULES:
        if rule.certain or not certain:
            found = rule.form(found).project(f"* EXCLUDE ({KEY}, {FORM}), {FORM} AS {KEY}")
    return found
