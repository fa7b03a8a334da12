"""What a company's own columns are: number, category, flag or date; personal ones dropped, useless ones refused.

The reading of the column says what it is; the rest is asked in one pass. ``leadq.yaml`` overrides: ``types`` fixes a type, ``refuse`` and
``vouch`` a status. Whether a field leaks the outcome is not judged here but by the leak checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from leadq.crm.config.schema import OwnFields, Source
from leadq.crm.contract.history import FieldType, OwnField
from leadq.crm.reading.columns.mapping import staged_own
from leadq.crm.reading.columns.times import TimeReading
from leadq.crm.reading.columns.typed_columns import number
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.people.contact_details import blanked, look_inside
from leadq.crm.reading.people.personal import why_personal
from leadq.crm.reading.people.vouching import blanked_note, dropped_note, vouched_note
from leadq.crm.reading.values.column_reading import ColumnReading, Kind, as_written
from leadq.crm.storage.scratch_database import Relation, first_row, name
from leadq.foundation.plurals import counted, one_or_many

_KINDS: dict[Kind, FieldType] = {
    "number": "number",
    "time": "date",
    "flag": "flag",
    "text": "category",
    "id": "category",
}
FEW_VALUES = 20
LONG_TEXT = 40
MANY_CATEGORIES = 5000
FEW_UNREAD = 0.01
"""So small a share of values of another type leaves a column its type of training; they count as unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Facts about one column (counts of non-null values); those of numbers and times are 0 where the column holds none."""

    filled: int
    distinct: int
    unread: int = 0
    whole_numbers: int = 0
    largest: float = 0.0
    smallest: float = 0.0
    naive: int = 0
    mean_length: float = 0.0

    @property
    def distinct_share(self) -> float:
        """Distinct values a filled row, in [0, 1]."""
        return self.distinct / self.filled if self.filled else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedField:
    """An own field and the SQL expression of its typed value."""

    field: OwnField
    expression: str


def profile(rows: Relation, column: str, kind: FieldType, times: TimeReading) -> Profile:
    """Profile the column ``column`` of canonical text as a ``kind``."""
    given = name(column)
    asked = {"filled": f"count({given})", "distinct": f"count(DISTINCT {given})"}
    if kind == "number":
        value = number(given, ".")
        asked |= {
            "unread": f"count({given}) - count({value})",
            "whole_numbers": f"count_true({value} = floor({value}))",
            "largest": f"max({value})",
            "smallest": f"min({value})",
        }
    elif kind == "date":
        asked["unread"] = f"count({given}) - count({times.moment(given, starts_day=True)})"
        asked["naive"] = f"count_true({given} IS NOT NULL AND {times.naive(given)})"
    elif kind == "flag":
        asked["unread"] = f"count({given}) - count({_expression(column, kind, times)})"
    elif kind == "category":
        asked["mean_length"] = f"avg(length({given}))"
    facts = first_row(rows.aggregate(", ".join(asked.values())))
    found = {key: value or 0 for key, value in zip(asked, facts, strict=True)}
    return Profile(**found)


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
    readings: Mapping[str, ColumnReading],
) -> list[TypedField]:
    """Type every own column of staged ``table``; personal ones are dropped with a note, in order of name.

    Parameters
    ----------
    own : dict of str to str
        Field name to the column of the file.
    readings : mapping of column of the file to ColumnReading
        How each was read, which says what it is.
    """
    rows, settings = findings.good(table), source.own_fields
    staged = staged_own(own)
    typed: list[TypedField] = []
    for column in sorted(own):
        kind = settings.types.get(column) or _KINDS[readings[own[column]].kind if own[column] in readings else "text"]
        found = profile(rows, staged[column], kind, times)
        lost = column not in settings.types and _has_lost_its_type(readings.get(own[column]), found)
        if lost:
            kind = "category"
            found = profile(rows, staged[column], kind, times)
        few = found.distinct <= FEW_VALUES and found.distinct_share <= 0.1
        small = kind == "number" and abs(found.largest) < 100_000
        harmless = few or small or kind in ("flag", "date")
        personal = None
        if column not in settings.refuse:
            personal = why_personal(own[column], rows, staged[column], kind=kind, harmless=harmless)
        if personal and column not in settings.vouch:
            findings.personal.add(own[column])
            findings.notes.append(dropped_note(table, column, personal))
            continue
        if personal:
            findings.notes.append(vouched_note(table, column, personal, settings.vouch[column]))
        field = as_own_field(entity, column, kind, settings, why_refused(column, kind, found))
        if field.status != "refused" and found.unread:
            what = one_or_many(found.unread, f"is not a {kind} and counts", f"are not {kind}s and count")
            findings.notes.append(
                f"{table}.{column}: {found.unread:,} of {counted(found.filled, 'value')} {what} as unknown"
            )
        expression = as_written(name(staged[column])) if lost else _expression(staged[column], kind, times)
        if kind == "category" and field.status == "used":
            inside = look_inside(rows, staged[column])
            if inside.rows:
                expression = blanked(expression)
                findings.notes.append(blanked_note(table, column, inside.rows, inside.filled))
        typed.append(TypedField(field=field, expression=expression))
    return typed


def _has_lost_its_type(reading: ColumnReading | None, found: Profile) -> bool:
    """Whether a column that is read as at training holds words tonight: the gate must see that, not a column of unknown values."""
    proven = reading is None or reading.evidence.fits or not reading.evidence.filled
    return not proven and found.unread > FEW_UNREAD * found.filled


def as_own_field(
    entity: Literal["lead", "account"], column: str, kind: FieldType, settings: OwnFields, refused: str
) -> OwnField:
    """Return an own field as the settings, then ``refused`` (why it can be no feature), have it."""
    if column in settings.refuse:
        return OwnField(entity=entity, name=column, type=kind, status="refused", why=settings.refuse[column])
    if column in settings.vouch:
        return OwnField(entity=entity, name=column, type=kind, status="vouched", why=settings.vouch[column])
    return OwnField(entity=entity, name=column, type=kind, status="refused" if refused else "used", why=refused)


def _expression(column: str, kind: FieldType, times: TimeReading) -> str:
    given = name(column)
    if kind == "number":
        return number(given, ".")
    if kind == "date":
        return times.moment(given, starts_day=True)
    if kind == "flag":
        return f"(CASE WHEN lower({given}) IN ('true', '1') THEN true WHEN lower({given}) IN ('false', '0') THEN false END)"
    return given
