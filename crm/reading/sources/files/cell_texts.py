"""A cell's text as it is meant: without blanks and invisible signs around it, out of Excel's ``="0001"``, null where empty.

Expressions of the engine, so that they cost little; what the bytes of a file show not to be there is not looked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from leadq.crm.reading.sources.files.byte_facts import ByteFacts
from leadq.crm.storage.scratch_database import Connection, first_row, name, text

_BLANKS = r"\x{00}-\x{20}\x{7f}-\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_INVISIBLE = _BLANKS + r"\x{ad}\x{61c}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{fe0f}\x{feff}"
_WITHIN = r"[\x{200b}\x{2060}\x{ad}\x{feff}]"
_AROUND = f"^[{_INVISIBLE}]+|[{_INVISIBLE}]+$|{_WITHIN}"
_FORMULA = r'^="{1,2}\s*([^"]*?)\s*"{1,2}$'
_GUARDED_FORMULA = "^'[-+=@]"
_GUARDED_NUMBER = r"^'[0-9][0-9.,\s]*$"
_FORMULA_START = "^[-+=@]"
_NUMBER = r"^[0-9][0-9.,\s]*$"


def clean(cell: str, facts: ByteFacts | None = None) -> str:
    """Return the expression of the cleaned text of ``cell``, an expression of a text.

    Parameters
    ----------
    cell : str
    facts : ByteFacts, optional
        Of the file; None where nothing is known, so that everything is looked for.
    """
    if facts is None or facts.controls or facts.invisible or facts.nuls:
        trimmed = _trimmed(cell)
    elif facts.quotes or facts.tabs or facts.returns:
        blank = f"trim({cell})"
        blank_ends = " OR ".join(f"ends_with({blank}, chr({code}))" for code in (9, 10, 13))
        trimmed = f"CASE WHEN {blank} < '!' OR {blank_ends} THEN {_trimmed(cell)} ELSE {blank} END"
    else:
        trimmed = f"trim({cell})"
    if facts is None or facts.formulas:
        trimmed = f"regexp_replace({trimmed}, {text(_FORMULA)}, '\\1')"
    return f"nullif({trimmed}, '')"


def _trimmed(cell: str) -> str:
    return f"regexp_replace({cell}, {text(_AROUND)}, '', 'g')"


def unguard(connection: Connection, table: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Drop the apostrophe that keeps a spreadsheet from reading a number or a formula, where a whole column has it.

    An apostrophe that only some of such values have is part of them. Returns notes.
    """
    if not columns:
        return ()
    patterns = (_GUARDED_FORMULA, _FORMULA_START, _GUARDED_NUMBER, _NUMBER)
    counts = [
        f"count_true(regexp_matches({name(column)}, {text(pattern)}))" for column in columns for pattern in patterns
    ]
    begins = [f"count_true(starts_with({name(column)}, chr(39)))" for column in columns]
    staged = connection.table(table)
    guarded = [
        column for column, found in zip(columns, first_row(staged.aggregate(", ".join(begins))), strict=True) if found
    ]
    if not guarded:
        return ()
    counts = [
        f"count_true(regexp_matches({name(column)}, {text(pattern)}))" for column in guarded for pattern in patterns
    ]
    found = first_row(staged.aggregate(", ".join(counts)))
    changed = []
    for place, column in enumerate(guarded):
        formulas, bare_formulas, numbers, bare_numbers = found[place * 4 : place * 4 + 4]
        wanted = [_GUARDED_FORMULA] * bool(formulas and not bare_formulas)
        wanted += [_GUARDED_NUMBER] * bool(numbers and not bare_numbers)
        for pattern in wanted:
            connection.execute(
                f"UPDATE {name(table)} SET {name(column)} = substr({name(column)}, 2) "  # noqa: S608 - names are quoted
                f"WHERE regexp_matches({name(column)}, {text(pattern)})"
            )
        if wanted:
            changed.append(column)
    return (
        (f"the apostrophe before numbers and formulas is not part of the values of {', '.join(changed)}",)
        if changed
        else ()
    )


def drop_empty_rows(connection: Connection, table: str, columns: Sequence[str]) -> int:
    """Delete staged rows without any value; return how many they were."""
    empty = f"coalesce({', '.join(map(name, columns))}) IS NULL"
    ((rows,),) = connection.execute(f"DELETE FROM {name(table)} WHERE {empty}").fetchall()  # noqa: S608 - names are quoted
    return int(rows)
