"""Tonight's columns read as a model's training read them, and which of them are no longer written so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from leadq.crm.reading.values.column_reading import ColumnReading
from leadq.crm.reading.values.missing import MAY_BE_A_WORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A column that is written otherwise than at training."""

    column: str
    trained: ColumnReading
    now: ColumnReading


def kept_as_trained(
    now: Mapping[str, ColumnReading], trained: Mapping[str, ColumnReading], *, said: Collection[str]
) -> tuple[dict[str, ColumnReading], list[Changed]]:
    """Return the readings to use, and the columns whose values no longer are as they were.

    Parameters
    ----------
    now, trained : mapping of column to ColumnReading
    said : collection of str
        Columns whose reading ``leadq.yaml`` states: that counts, whatever was at training.
    """
    used: dict[str, ColumnReading] = {}
    changed = []
    for column, reading in now.items():
        before = trained.get(column)
        if before is None or column in said or before == reading:
            used[column] = reading
        elif not reading.evidence.filled or _agree(before, reading):
            used[column] = _with_missing(before, reading)
        else:
            used[column] = reading
            changed.append(Changed(column=column, trained=before, now=reading))
    return used, changed


def _agree(before: ColumnReading, reading: ColumnReading) -> bool:
    """Whether tonight's values can be read as training read them."""
    if before.kind in ("text", "id") or reading.kind == "id":
        return before.kind not in ("number", "time")
    if before.kind == "flag":
        return reading.kind == "text" or set(reading.forms) <= set(before.forms)
    if reading.kind != before.kind:  # a rule of its own judges a column that no longer has its type
        return reading.kind in ("text", "flag")
    return set(reading.forms) <= set(before.forms)


def _with_missing(before: ColumnReading, reading: ColumnReading) -> ColumnReading:
    """Return the reading of training, with tonight's words for missing values and what was seen tonight."""
    new = {word for word in reading.missing if before.kind != "text" or word.casefold() not in MAY_BE_A_WORD}
    missing = tuple(sorted({*before.missing, *new}))
    zones = tuple(sorted({**dict(reading.zones), **dict(before.zones)}.items()))
    bare = before.bare and (reading.bare or reading.kind == "text")
    whole = before.forms or reading.forms if before.kind == reading.kind == "id" else before.forms
    digits = before.digits or reading.digits
    evidence = reading.evidence
    if reading.kind == "text" and before.kind in ("number", "time", "flag"):  # words tonight are no proof of its type
        evidence = replace(evidence, fits=0)
    return replace(before, forms=whole, missing=missing, zones=zones, bare=bare, digits=digits, evidence=evidence)
