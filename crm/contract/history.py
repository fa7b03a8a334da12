"""A company's CRM history as the contract's tables, on disk: the only way rooms above see data.

Ingest writes the folder once, whole, and renames it into place; everybody else reads. One Parquet file
per table of :data:`leadq.crm.contract.crm_tables.TABLES` (always all of them, perhaps without rows; but
:data:`~leadq.crm.contract.crm_tables.LATER_TABLES` only where a source gives them: absent means empty) plus ``outcomes`` and
``rejected``, and ``history.json`` that says what the files do not: when the data was read, which own
fields there are, how every row read was used.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import SCHEMA_VERSION, TABLES
from leadq.foundation.problems import InputError, Problem

MANIFEST = "history.json"

FieldType = Literal["number", "category", "flag", "date"]
FieldStatus = Literal["used", "refused", "vouched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnField:
    """A column of the company's own on leads or accounts.

    Parameters
    ----------
    entity : {"lead", "account"}
    name : str
        Column name in the Parquet table (``own_`` prefix is not added; names never collide with the contract's).
    type : {"number", "category", "flag", "date"}
        Found by profiling. Stored as float64, string, bool or timestamp.
    status : {"used", "refused", "vouched"}
        ``refused`` and ``vouched`` come from ``leadq.yaml`` with ``why``.
    """

    entity: Literal["lead", "account"]
    name: str
    type: FieldType
    status: FieldStatus = "used"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCount:
    """How the rows of one source table were used: ``read == used + rejected`` (merged rows count as used)."""

    read: int
    used: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An ingested history.

    Parameters
    ----------
    folder : Path
        Holds ``<table>.parquet`` and the manifest.
    read_at : datetime
        When the sources were read (UTC); labels are mature only up to here.
    dated : bool
        False for a flat source without dates: ``leads.created_at`` then only orders the rows, a label is known
        at once, and nothing about time can be proved.
    order_is_time : bool
        False where the rows of a source without dates are in no order that is known to be one in time: they are in a random one.
    own_fields : tuple of OwnField
    tracked_since : dict
        ``"lead.authority" -> datetime``: since when changes of a field are recorded (declared in leadq.yaml, else
        the field's earliest recorded change). Fields that are absent here have no history: *unproven*.
    outcome_from : tuple of str
        Where outcomes came from: ``opportunities``, ``lead_columns``, ``event_kinds``.
    outcome_kinds : tuple of str
        Event kinds that are outcomes, never features.
    has_touches : bool
        False where there is no table of touches, or no row in it: whether a lead was worked is not recorded, all count as worked.
    counts : dict of TableCount per table
    sha256 : str
        Hash over all table files: the identity of the data.
    reading : int
        Number of the reading that read it (docs/decisions/0023).
    readings : dict
        How each column was read, by the name its rows were loaded under and the column's, as ``crm/reading/values/kept_readings.py``
        writes it; empty of the first reading.
    """

    folder: Path
    read_at: datetime
    dated: bool = True
    order_is_time: bool = True
    own_fields: tuple[OwnField, ...] = ()
    tracked_since: dict[str, datetime]
    outcome_from: tuple[str, ...] = ()
    outcome_kinds: tuple[str, ...] = ()
    has_touches: bool = False
    counts: dict[str, TableCount]
    sha256: str = ""
    reading: int = 1
    readings: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def path(self, table: str) -> Path:
        """Parquet file of ``table``; of a later table of the contract it may not be there (:meth:`has`)."""
        return self.folder / f"{table}.parquet"

    def has(self, table: str) -> bool:
        """Whether there is a file of ``table``, perhaps without rows."""
        return self.path(table).is_file()

    def rows(self, table: str) -> pa.Table:
        """Return all rows of a small table; none, under the contract's columns, where the history has no file of it."""
        return pq.read_table(self.path(table), partitioning=None) if self.has(table) else TABLES[table].empty_table()


def write_manifest(history: History) -> None:
    """Write ``history.json`` into ``history.folder`` (the caller renames the folder into place)."""
    document: dict[str, Any] = asdict(history)
    del document["folder"]
    if history.reading == 1:  # said nothing of itself: its nights must stay what they were, byte for byte
        del document["reading"], document["readings"]
    if history.order_is_time:  # as every manifest of an earlier leadq
        del document["order_is_time"]
    document["schema_version"] = SCHEMA_VERSION
    document["read_at"] = history.read_at.isoformat()
    document["tracked_since"] = {name: since.isoformat() for name, since in sorted(history.tracked_since.items())}
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    (history.folder / MANIFEST).write_text(text, encoding="utf-8")


def open_history(folder: Path) -> History:
    """Open an ingested history.

    Raises
    ------
    InputError
        The folder holds no complete history, or one of another schema version.
    """
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problem = Problem(
            where=str(folder),
            rule="must be a complete history",
            value=str(error),
            remedy="Run leadq check or leadq train to read the sources again.",
        )
        raise InputError(problem) from error
    version = document.pop("schema_version", None)
    if version != SCHEMA_VERSION:
        problem = Problem(
            where=str(folder / MANIFEST),
            rule=f"schema version must be {SCHEMA_VERSION}",
            value=str(version),
            remedy="Read the sources again with this version of leadq.",
        )
        raise InputError(problem)
    return History(
        folder=folder,
        read_at=datetime.fromisoformat(document["read_at"]),
        dated=document["dated"],
        order_is_time=document.get("order_is_time", True),
        own_fields=tuple(OwnField(**one) for one in document["own_fields"]),
        tracked_since={name: datetime.fromisoformat(text) for name, text in document["tracked_since"].items()},
        outcome_from=tuple(document["outcome_from"]),
        outcome_kinds=tuple(document["outcome_kinds"]),
        has_touches=document["has_touches"],
        counts={name: TableCount(**count) for name, count in document["counts"].items()},
        sha256=document["sha256"],
        reading=document.get("reading", 1),
        readings=document.get("readings", {}),
    )
