"""What a company's own columns are, as the first reading judged it: number, category, flag, date, personal or useless.

Judged on the column's text in one pass a column. ``leadq.yaml`` overrides: ``types`` fixes a type, ``refuse`` and
``vouch`` a status. Whether a field leaks the outcome is not judged here but by the leak checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leadq.crm.config.schema import OwnFields, Source
from leadq.crm.contract.history import FieldType, OwnField
from leadq.crm.contract.personal_data import look_at, why_personal
from leadq.crm.reading.columns.mapping import staged_own
from leadq.crm.reading.columns.profiling import TypedField
from leadq.crm.reading.columns.times import TimeReading
from leadq.crm.reading.columns.typed_columns import number
from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import Relation, first_row, name, texts
from leadq.foundation.plurals import counted, one_or_many

FLAGS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("ja", "nee"), ("oui", "non"))
FEW_VALUES = 20
LONG_TEXT = 40
MANY_CATEGORIES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Facts about one text column (counts of non-null values)."""

    filled: int
    distinct: int
    numbers: int
    whole_numbers: int
    largest: float
    smallest: float
    times: int
    naive: int
    mean_length: float
    flag: bool

    @property
    def distinct_share(self) -> float:
        """Distinct values a filled row, in [0, 1]."""
        return self.distinct / self.filled if self.filled else 0.0


def profile(rows: Relation, column: str, *, decimal: str, times: TimeReading) -> Profile:
    """Profile the text column ``column`` of ``rows``."""
    given, value = name(column), number(name(column), decimal)
    moment = times.moment(given, starts_day=True)
    facts = first_row(
        rows.aggregate(
            f"count({given}), count(DISTINCT {given}), count({value}), count_if({value} = floor({value})), "
            f"max({value}), min({value}), count({moment}), count_if({given} IS NOT NULL AND {times.naive(given)}), "
            f"avg(length({given})), min(lower({given})), max(lower({given})), count(DISTINCT lower({given}))"
        )
    )
    pair = (facts[9], facts[10])
    return Profile(
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


def field_type(found: Profile, *, allowed_bad: float) -> FieldType:
    """Type of a column: what nearly all its values are."""
    enough = found.filled * (1 - allowed_bad)
    if found.flag:
        return "flag"
    if found.filled and found.numbers >= enough:
        return "number"
    return "date" if found.filled and found.times >= enough else "category"


def why_refused(column: str, kind: FieldType, found: Profile) -> str:
    """Why a column can be no feature, or an empty string."""
    if found.distinct < 2:
        return "holds one value only" if found.filled else "is empty"
    if kind == "date" and found.naive:
        return "its times have no time zone; set time_zone in leadq.yaml"
    if found.filled < FEW_VALUES:
        return ""
    words = column.lower().replace("-", "_").split("_")
    named_id = words[-1] in ("id", "key", "guid", "uuid", "number", "no", "nr") or column.endswith("Id")
    dense = found.whole_numbers == found.filled and found.largest - found.smallest < 2 * found.filled
    if kind == "number" and found.distinct_share > 0.95 and found.whole_numbers == found.filled and (named_id or dense):
        return "is an identifier: nearly every row has its own number"
    if kind == "category" and found.mean_length > LONG_TEXT and found.distinct_share > 0.5:
        return "is free text"
    if kind == "category" and found.distinct_share > 0.95:
        return "is an identifier: nearly every row has its own value"
    if kind == "category" and found.distinct > MANY_CATEGORIES and found.distinct_share > 0.5:
        return "holds too many different values"
    return ""


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
        field = _decide(entity, column, kind, settings, why_refused(column, kind, found))
        if kind == "number" and field.status != "refused" and found.numbers < found.filled:
            bad = found.filled - found.numbers
            unknown = one_or_many(bad, "is not a number and counts", "are not numbers and count")
            findings.notes.append(f"{table}.{column}: {bad:,} of {counted(found.filled, 'value')} {unknown} as unknown")
        typed.append(TypedField(field=field, expression=_expression(staged[column], kind, source.decimal, times)))
    return typed


def _decide(
    entity: Literal["lead", "account"], column: str, kind: FieldType, settings: OwnFields, refused: str
) -> OwnField:
    if column in settings.refuse:
        return OwnField(entity=entity, name=column, type=kind, status="refused", why=settings.refuse[column])
    if column in settings.vouch:
        return OwnField(entity=entity, name=column, type=kind, status="vouched", why=settings.vouch[column])
    return OwnField(entity=entity, name=column, type=kind, status="refused" if refused else "used", why=refused)


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
