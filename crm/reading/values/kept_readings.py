"""How columns were read, as text that is kept: with a history and in the bundle of the model that learnt from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from leadq.crm.reading import FIRST, NEWEST
from leadq.crm.reading.values.column_reading import ColumnReading, reading_of

Readings: TypeAlias = Mapping[str, Mapping[str, ColumnReading]]
"""By the name that rows were loaded under (``raw_leads``, ``join_leads_0``), then by the column's."""
Document: TypeAlias = dict[str, dict[str, dict[str, Any]]]


def readings_to_document(readings: Readings) -> Document:
    """Return plain data for JSON, in the order of the names."""
    return {
        table: {name: asdict(one) for name, one in sorted(columns.items())}
        for table, columns in sorted(readings.items())
    }


def readings_from_document(
    document: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> dict[str, dict[str, ColumnReading]]:
    """Read what :func:`readings_to_document` made."""
    return {table: {name: reading_of(one) for name, one in columns.items()} for table, columns in document.items()}


def reading_to_text(reading: int, columns: Document) -> str:
    """Return the text of a bundle's ``reading.json``, stable byte for byte; empty of the first reading, which kept nothing.

    Parameters
    ----------
    reading : int
        Number of the reading.
    columns : dict
        As :func:`readings_to_document` made it.
    """
    if reading == FIRST:
        return ""
    document = {"reading": reading, "columns": _without_examples(columns)}
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def readings_of_text(text: str) -> dict[str, dict[str, ColumnReading]] | None:
    """Read the columns out of what :func:`reading_to_text` wrote; None of the first reading."""
    return readings_from_document(json.loads(text)["columns"]) if text else None


def reading_in_words(reading: int) -> str:
    """Return by which reading sources were read, for a report.

    Examples
    --------
    >>> reading_in_words(1)
    'Sources read by reading 1; the newest is reading 2.'
    """
    which = "the newest" if reading == NEWEST else f"the newest is reading {NEWEST}"
    return f"Sources read by reading {reading}{',' if reading == NEWEST else ';'} {which}."


def same_reading(one: str, other: str) -> bool:
    """Whether two bundles read alike: the same reading, and every column written alike, whatever its evidence."""
    return one == other or (bool(one) and bool(other) and _how(one) == _how(other))


def _how(text: str) -> dict[str, Any]:
    document = json.loads(text)
    for columns in document["columns"].values():
        for one in columns.values():
            del one["evidence"]
    return dict(document)


def _without_examples(columns: Document) -> Document:
    """Leave out values of people's records: a bundle goes to more places than a history."""
    return {
        table: {
            name: {**one, "evidence": {**one["evidence"], "examples": [], "doubt": ""}} for name, one in found.items()
        }
        for table, found in columns.items()
    }
