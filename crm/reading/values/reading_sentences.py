"""How columns were read, as sentences for a report: only of those whose values do not speak for themselves."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.crm.reading.values.column_reading import ColumnReading
from leadq.foundation.plurals import counted, one_or_many

_MOST_WORDS = 6


def reading_sentences(table: str, readings: Mapping[str, ColumnReading]) -> list[str]:
    """Return a sentence for every column that is not read just as it is written.

    Parameters
    ----------
    table : str
    readings : mapping of column to ColumnReading
    """
    return [f"{table}.{column}: {said}" for column, one in sorted(readings.items()) if (said := _sentence(one))]


def _sentence(one: ColumnReading) -> str:
    seen, said = one.evidence, ""
    if not one.bare and one.forms and one.kind != "id":
        examples = " and ".join(repr(example) for example in seen.examples)
        share = f"{seen.fits:,} of {counted(seen.filled, 'value')}"
        said = f"read as {_as(one)}, {share}" + (f", for example {examples}" if examples else "")
    if one.missing and seen.missing:
        words = ", ".join(repr(word) for word in one.missing[:_MOST_WORDS])
        count = one_or_many(seen.missing, "value that counts", "values that count")
        said += f"{'; ' if said else ''}{words} in {seen.missing:,} {count} as missing"
    return said


def _as(one: ColumnReading) -> str:
    if one.kind == "time":
        return f"times written {' or '.join(one.forms)}"
    if one.kind == "number":
        return f"numbers of which 1234.5 is written {' or '.join(one.forms)}"
    yes, *no = one.forms
    return f"yes ({yes}) and no ({', '.join(no) or 'empty cells'})"
