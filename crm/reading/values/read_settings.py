"""What is said about columns beforehand, and what their values leave open: the two ends of judging them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leadq.crm.reading.values.column_reading import ColumnReading


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """What is said about the columns of a source beforehand.

    Parameters
    ----------
    read, missing : mapping of column to tuple of str
        As in ``leadq.yaml``.
    named : mapping of column to tuple of str
        Words that ``leadq.yaml`` names in a column, so that none of them is a missing value.
    time_format : str or None
        Of the whole source; ``None``: the values say it.
    decimal : str or None
        Sign before decimals, of the whole source: it settles a doubt.
    zone_names : mapping of str to str
        Offsets of names of zones.
    trained : mapping of column to ColumnReading
        How the model's training read the columns.
    """

    read: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    time_format: str | None = None
    decimal: str | None = None
    zone_names: Mapping[str, str] = field(default_factory=dict)
    trained: Mapping[str, ColumnReading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What a column's values leave open: the ways of reading it that are possible (none: nothing can be pasted).

    Parameters
    ----------
    what : {"day or month", "mixed days and months", "decimals or thousands", "percent or share", "zone names",
        "stated"}
    """

    column: str
    what: str
    example: str
    ways: tuple[tuple[str, ...], ...] = ()
    zones: tuple[str, ...] = ()
