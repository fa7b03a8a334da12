"""What a company's own columns are, as the first reading judged it: number, category, flag, date, personal or useless.

Judged on the column's text in one pass a column. ``leadq.yaml`` overrides: ``types`` fixes a type, ``refuse`` and
``vouch`` a status. Whether a field leaks the outcome is not judged here but by the leak checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leadq.crm.config.schema import Source
from leadq.crm.contract.history import FieldType
from leadq.crm.contract.personal_data import look_at, why_personal
from leadq.crm.reading.columns.mapping import staged_own
from leadq.crm.reading.columns.profiling import FEW_VALUES, Profile, TypedField, as_own_field, why_refused
from leadq.crm.reading.columns.times import TimeReading
from leadq.crm.reading.columns.typed_columns import number
from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import Relation, first_row, name, texts
from leadq.foundation.plurals import counted, one_or_many

FLAGS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("ja", "nee"), ("oui", "non"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstProfile(Profile):
    """Facts about one text column, from which its type is guessed, too."""

    numbers: int
    times: int
    flag: bool


def profile(rows: Relation, column: str, *, decimal: str, times: TimeReading) -> FirstProfile:
    """Profile the text column ``column`` of ``rows``."""
    given, value = name(column), number(name(column), decimal)
    moment = times.moment(given, starts_day=True)
    facts = first_row(
        rows.aggregate(
            f"count({given}), count(DISTINCT {given}), count({value}), count_true({value} = floor({value})), "
            f"max({value}), min({value}), count({moment}), count_true({given} IS NOT NULL AND {times.naive(given)}), "
            f"avg(length({given})), min(lower({given})), max(lower({given})), count(DISTINCT lower({given}))"
        )
    )
    pair = (facts[9], facts[10])
    return FirstProfile(
        filled=int(facts[0]),
        distinct=int(facts[1]),
        numbers=int(facts[2]),
        whole_numbers=int(facts[3] or 0),
        largest=float(facts[4] or 0),
        smallest=float(facts[5] or 0),
        times=int(facts[6]),
        naive=int(facts[7] or 0),
        mean_length=float(facts[8] or 0),
        flag=facts[11] == 2 and any(pair == tuple(sorted(words)) for words in FLAGS),
    )


def field_type(found: FirstProfile, *, allowed_bad: float) -> FieldType:
    """Type of a column: what nearly all its values are."""
    enough = found.filled * (1 - allowed_bad)
    if found.flag:
        return "flag"
    if found.filled and found.numbers >= enough:
        return "number"
    return "date" if found.filled and found.times >= enough else "category"


def own_fields(
    findings: Findings,
    table: str,
    entity: Literal["lead", "account"],
    source: Source,
    own: dict[str, str],
    times: TimeReading,
    readings: object = None,  # noqa: ARG001 - the first reading kept none
) -> list[TypedField]:
    """Type every own column of staged ``table``; personal ones are dropped with a note, in order of name."""
    rows, settings = findings.good(table), source.own_fields
    staged = staged_own(own)
    typed: list[TypedField] = []
    for column in sorted(own):
        found = profile(rows, staged[column], decimal=source.decimal, times=times)
        kind = settings.types.get(column) or field_type(found, allowed_bad=findings.rejected_share)
        few = found.distinct <= FEW_VALUES and found.distinct_share <= 0.1
        small = kind == "number" and abs(found.largest) < 100_000
        personal = why_personal(
            own[column], look_at(rows, staged[column]), harmless=few or small or kind in ("flag", "date")
        )
        if personal:
            findings.notes.append(f"{table}: column {column} was dropped, it {personal}")
            continue
        field = as_own_field(entity, column, kind, settings, why_refused(column, kind, found))
        if kind == "number" and field.status != "refused" and found.numbers < found.filled:
            bad = found.filled - found.numbers
            unknown = one_or_many(bad, "is not a number and counts", "are not numbers and count")
            findings.notes.append(f"{table}.{column}: {bad:,} of {counted(found.filled, 'value')} {unknown} as unknown")
        typed.append(TypedField(field=field, expression=_expression(staged[column], kind, source.decimal, times)))
    return typed


def _expression(column: str, kind: FieldType, decimal: str, times: TimeReading) -> str:
    given = name(column)
    if kind == "number":
        return number(given, decimal)
    if kind == "date":
        return times.moment(given, starts_day=True)
    if kind == "flag":
        yes = texts([pair[0] for pair in FLAGS] + ["1"])
        no = texts([pair[1] for pair in FLAGS] + ["0"])
        return f"(CASE WHEN lower({given}) IN {yes} THEN true WHEN lower({given}) IN {no} THEN false END)"
    return given
