"""Doubts about a column, and columns that are written otherwise than at training, as Problems with the line to paste."""

from __future__ import annotations

import json

from leadq.crm.config.schema import Flat, Join, Source
from leadq.crm.reading.sources.source_rows import SourceRows
from leadq.crm.reading.values.changed_writing import Changed
from leadq.crm.reading.values.column_reading import ColumnReading
from leadq.crm.reading.values.read_settings import Doubt
from leadq.crm.reading.values.stated import FORMS_IN_WORDS
from leadq.crm.reading.values.times.zone_names import SEVERAL
from leadq.foundation.problems import Problem
from leadq.foundation.suggestions import did_you_mean

_RULES = {
    "day or month": "must show whether the day or the month comes first; no value has a day above 12",
    "mixed days and months": "must be written in one way; some values have the day first, others the month",
    "decimals or thousands": "must show whether the sign stands before decimals or between thousands",
    "percent or share": "must have the percent sign in all of its numbers or in none: 12% beside 0.12 may be the same or not",
    "zone names": "must have zones that mean one offset",
    "stated": "must be read in a form that exists",
}


def doubt_problem(work: SourceRows, said: Source | Join, doubt: Doubt) -> Problem:
    """Return the Problem of a doubt, with the lines of ``leadq.yaml`` that settle it."""
    return Problem(
        where=_where(work, said, doubt.column),
        rule=_RULES[doubt.what],
        value=repr(doubt.example),
        remedy=_remedy(work, said, doubt),
    )


def changed_problem(work: SourceRows, said: Source | Join, changed: Changed) -> Problem:
    """Return the Problem of a column whose values are written otherwise than at training."""
    examples = changed.now.evidence.examples
    trained, now = in_words(changed.trained), in_words(changed.now)
    paste = _paste(work, said, changed.column, _stated(changed.now))
    return Problem(
        where=_where(work, said, changed.column),
        rule=f"must be written as when the model was trained: {trained}, now {now}",
        value=repr(examples[0]) if examples else "",
        remedy=f"If the values mean the same and only their writing has changed, add to leadq.yaml: {paste} "
        "Else export the column as before, or train again: leadq train, then leadq promote.",
    )


def unknown_column(work: SourceRows, column: str) -> Problem:
    """Return the Problem that ``read`` or ``missing`` names a column that is not there."""
    hint = did_you_mean(column, work.loaded.columns)
    return Problem(
        where=f"{work.table}: {work.source.title}",
        rule="read and missing must name columns of the source",
        value=column,
        remedy=f"{hint}It has: {', '.join(work.loaded.columns)}.",
    )


def in_words(reading: ColumnReading) -> str:
    """Return how a column is written, to a person."""
    forms = ", ".join(reading.forms)
    if reading.kind == "time":
        return f"times as {forms}"
    if reading.kind == "number":
        return f"numbers as {forms}"
    if reading.kind == "flag":
        return f"yes and no as {', '.join(reading.forms)}"
    return "ids" if reading.kind == "id" else "words"


def _where(work: SourceRows, said: Source | Join, column: str) -> str:
    return f"{work.table}: {said.title} column {column}"


def _remedy(work: SourceRows, said: Source | Join, doubt: Doubt) -> str:
    if doubt.what == "stated":
        return f"Write {FORMS_IN_WORDS}."
    if doubt.what == "zone names":
        return f"Say which offset each has; add to leadq.yaml {_zone_lines(doubt.zones)}"
    if not doubt.ways:
        return (
            "Export the column again in one way of writing, for example 2025-03-13; no setting can tell the two apart."
        )
    first, second = (_paste(work, said, doubt.column, way) for way in doubt.ways[:2])
    return f"Add to leadq.yaml the one that is right: {first} Or: {second}"


def _zone_lines(zones: tuple[str, ...]) -> str:
    """Return the lines of ``zone_names`` that may be right, each with where its offset is used."""
    if len(zones) == 1 and zones[0] in SEVERAL:
        lines = (f'zone_names: {{{json.dumps(zones[0])}: "{offset}"}} ({where})' for offset, where in SEVERAL[zones[0]])
        return f"the one that is right: {'. Or: '.join(lines)}."
    names = ", ".join(f'{json.dumps(zone, ensure_ascii=False)}: "+01:00"' for zone in zones)
    return f"zone_names: {{{names}}}, with the right offsets."


def _paste(work: SourceRows, said: Source | Join, column: str, forms: tuple[str, ...]) -> str:
    """Return the line of ``leadq.yaml`` that states how a column is read, and where it goes."""
    quoted = [json.dumps(form, ensure_ascii=False) for form in forms]
    value = quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
    place = "flat" if isinstance(work.source, Flat) else f"sources, {work.table}"
    if isinstance(said, Join):
        place += f", join of {said.title}"
    return f"read: {{{json.dumps(column, ensure_ascii=False)}: {value}}} (in {place})."


def _stated(reading: ColumnReading) -> tuple[str, ...]:
    if reading.kind == "flag":
        return ("flag", *reading.forms)
    return reading.forms if reading.kind in ("time", "number") else (reading.kind,)
