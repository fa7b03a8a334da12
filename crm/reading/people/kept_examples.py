"""Which examples of values are kept with a history: those of numbers, times and flags, never of texts, ids and personal columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

_WRITTEN_ALIKE = frozenset({"number", "time", "flag"})


def without_personal_examples(
    document: Mapping[str, Mapping[str, Mapping[str, Any]]], personal: Collection[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the readings of columns without values of people's records.

    Parameters
    ----------
    document : mapping
        By loaded table and column, as :func:`leadq.crm.reading.values.kept_readings.readings_to_document` makes it.
    personal : collection of str
        Columns of the file that are personal.
    """
    silent = {"examples": [], "doubt": ""}
    return {
        table: {
            column: {**one}
            if one["kind"] in _WRITTEN_ALIKE and column not in personal
            else {**one, "evidence": {**one["evidence"], **silent}}
            for column, one in columns.items()
        }
        for table, columns in document.items()
    }
