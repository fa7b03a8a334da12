"""How one column is read: what its values are, how they are written, what counts as missing, and on which evidence.

The reading of every column is kept with the history and in the bundle, so that a night reads as its model's training did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from leadq.crm.reading.values.foreign_digits import plain_digits
from leadq.crm.reading.values.ids import plain_id
from leadq.crm.reading.values.numbers.number_forms import number_form, plain_number
from leadq.crm.reading.values.times.iso_text import iso_text
from leadq.crm.storage.scratch_database import name, text, texts

Wanted: TypeAlias = Literal["any", "time", "number", "id", "key", "text", "outcome"]
"""What a column must hold, by what it is mapped to; ``any``: the values decide; ``key``: the id of the table's own rows."""

Kind: TypeAlias = Literal["text", "number", "time", "flag", "id"]

UNREAD = "unread: "
"""Stands before a value that is not written as its column is, so that nothing takes it for a number or a time."""
BARE = "1234.5"
"""Form of a column of numbers that are read as they stand."""
WHOLE = "7000.0"
"""Form of a column of ids that are whole numbers, and lose their ``.0`` and the separators of their thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the values of a column show.

    Parameters
    ----------
    filled : int
        Values that are not missing.
    fits : int
        Those that are read in one of the forms.
    missing : int
        Values that are markers such as NULL or N/A; empty cells are not counted.
    examples : tuple of str
        At most two values as they are written.
    doubt : str
        What the values do not settle, in plain words; empty where they do.
    whole : bool
        No value has a point or a comma.
    """

    filled: int
    fits: int
    missing: int = 0
    examples: tuple[str, ...] = ()
    doubt: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReading:
    """How the texts of one column are read.

    Parameters
    ----------
    kind : {"text", "number", "time", "flag", "id"}
    forms : tuple of str
        As ``read`` in ``leadq.yaml`` says it: strptime formats, ``iso``, ``epoch_s``, ``epoch_ms``, ``excel_days`` of a time;
        the number 1234.5 as the column would write it of a number, such as ``1.234,5``; of a flag the word for yes, then those
        for no (none: an empty cell is a no); ``7000.0`` of ids that lose their ``.0``.
    missing : tuple of str
        Words that count as missing, as written.
    zones : tuple of (str, str)
        Names of zones in the column and their offsets.
    bare : bool
        The values need no rewriting.
    digits : bool
        Digits of another script become 0 to 9 first, in numbers and times.
    evidence : Evidence
        Counts nothing in comparing two readings.
    """

    kind: Kind
    forms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    zones: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    digits: bool = False
    evidence: Evidence = field(default=Evidence(filled=0, fits=0), compare=False)

    @property
    def plain(self) -> bool:
        """Whether the values pass as they are written."""
        return (
            not self.missing
            and not self.digits
            and (self.bare or self.kind == "text" or (self.kind == "id" and not self.forms))
        )

    def expression(self, column: str) -> str:
        """Return the SQL expression of the text column ``column`` as canonical text; null where missing."""
        given = name(column)
        if self.missing:
            given = f"(CASE WHEN {given} NOT IN {texts(self.missing)} THEN {given} END)"
        if self.digits and self.kind in ("number", "time"):
            given = plain_digits(given)
        if self.bare or self.kind == "text" or not self.forms:
            return given
        if self.kind == "flag":
            return self._flag(given)
        if self.kind == "id":
            return plain_id(given)
        read = iso_text(given, self.forms, dict(self.zones)) if self.kind == "time" else self._number(given)
        return f"CASE WHEN {given} IS NOT NULL THEN coalesce({read}, {text(UNREAD)} || {given}) END"

    def _number(self, given: str) -> str:
        forms = [form for written in self.forms if (form := number_form(written)) is not None]
        return f"coalesce({', '.join([plain_number(given, form) for form in forms] + ['NULL'])})"

    def _flag(self, given: str) -> str:
        yes, *no = self.forms
        if not no:
            return (
                f"CASE WHEN {given} IS NULL THEN 'false' WHEN lower({given}) = {text(yes)} THEN 'true' ELSE {given} END"
            )
        return f"CASE WHEN lower({given}) = {text(yes)} THEN 'true' WHEN lower({given}) IN {texts(no)} THEN 'false' ELSE {given} END"

    def to_document(self) -> dict[str, Any]:
        """Return the reading as JSON's types."""
        return asdict(self)


def as_written(expression: str) -> str:
    """Return the SQL expression of a canonical text as its source wrote it, where it could not be read."""
    return f"regexp_replace({expression}, {text('^' + UNREAD)}, '')"


def reading_of(document: Mapping[str, Any]) -> ColumnReading:
    """Return the reading that :meth:`ColumnReading.to_document` made ``document`` of."""
    seen = dict(document["evidence"])
    evidence = Evidence(**{**seen, "examples": tuple(seen["examples"])})
    zones = tuple((zone, offset) for zone, offset in document["zones"])
    return ColumnReading(
        kind=document["kind"],
        forms=tuple(document["forms"]),
        missing=tuple(document["missing"]),
        zones=zones,
        bare=document["bare"],
        digits=document.get("digits", False),
        evidence=evidence,
    )
