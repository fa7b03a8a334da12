"""Files and databases into staged texts, mapped to the contract's names; rows that are no rows are named."""

from __future__ import annotations

from functools import partial

import duckdb
import pyarrow as pa

from leadq.crm.config.schema import FromLeadColumns
from leadq.crm.contract.crm_tables import TEXT
from leadq.crm.reading import FIRST
from leadq.crm.reading.columns.mapping import Mapped, map_source
from leadq.crm.reading.columns.outcomes import OUTCOME
from leadq.crm.reading.findings import RowRule
from leadq.crm.reading.reading_state import Reading
from leadq.crm.reading.rows.repeated_ids import NEWEST as NEWEST_ROW
from leadq.crm.reading.sources.flat_file import ORDER
from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded
from leadq.crm.storage.source_locations import Place

_MALFORMED = "is no row of the file's columns"


def load_and_map(reading: Reading) -> dict[str, Mapped]:
    """Load every source and map it; what cannot be is told in the findings."""
    _fetch(reading)
    mapped: dict[str, Mapped] = {}
    for table, source in reading.sources:
        reading.say(f"reading {table}: {source.title}")
        reading.findings.files[table] = source.title
        loaded = _load(reading, source, f"raw_{table}", needs_rows=table == "leads")
        if loaded is None:
            continue
        flat = reading.config.flat is not None
        found = map_source(
            reading.findings, table, source, loaded, load_join=partial(_load, reading), extra=_extra(reading, table),
            required=() if flat else None, canonical=None if reading.number == FIRST else reading.canonical,
        )  # fmt: skip
        if found is not None:
            mapped[table] = found
        _reject_malformed(reading, table, loaded)
    return mapped


def _fetch(reading: Reading) -> None:
    """Stream what is in databases into files."""
    if not reading.config.databases:
        return
    from leadq.crm.reading.sources.database_rows import fetch_rows  # noqa: PLC0415 (with Ibis, which takes a second)

    fetched = fetch_rows(reading.config, reading.scratch, say=reading.say)
    reading.fetched, reading.moments = fetched.files, fetched.moments
    reading.findings.problems += fetched.problems


def _load(reading: Reading, place: Place, table: str, *, needs_rows: bool = True) -> Loaded | None:
    path = place.path or reading.fetched.get(table)
    if path is None:  # why it could not be fetched is said already
        return None
    try:
        loaded = reading.steps.load(
            reading.connection, place.as_file(path), table, scratch=reading.scratch, needs_rows=needs_rows
        )
    except FileProblem as stopped:
        reading.findings.problems.append(stopped.problem)
        if isinstance(stopped.__cause__, duckdb.Error):  # it refuses everything else in this transaction
            reading.findings.start_again()
        return None
    reading.findings.notes += loaded.notes
    return loaded


def _extra(reading: Reading, table: str) -> dict[str, tuple[str, ...]]:
    """Columns staged beside the contract's: the outcome, the order of a flat file, and what tells the newest of several rows."""
    flat, outcome = reading.config.flat, reading.config.outcome
    newest_by = dict(reading.sources)[table].newest_by
    extra: dict[str, tuple[str, ...]] = {} if newest_by is None else {NEWEST_ROW: (newest_by,)}
    if flat is not None and table == "leads":
        return extra | {OUTCOME: flat.outcome} | ({ORDER: (flat.order,)} if flat.order is not None else {})
    return extra | ({OUTCOME: outcome.column} if table == "leads" and isinstance(outcome, FromLeadColumns) else {})


def _reject_malformed(reading: Reading, table: str, loaded: Loaded) -> None:
    reading.counts[table] = len(loaded.malformed)
    if not loaded.malformed:
        return
    rule = RowRule(reason=_MALFORMED, remedy="Fix quotes and separators of these lines, or export again.")
    reading.findings.rules[table, rule.reason] = rule
    rows = pa.table(
        {
            "table": [table] * len(loaded.malformed),
            "row": pa.array([row for row, _ in loaded.malformed], pa.int64()),
            "key": pa.nulls(len(loaded.malformed), TEXT),
            "reason": [rule.reason] * len(loaded.malformed),
            "value": [why for _, why in loaded.malformed],
        }
    )
    reading.connection.from_arrow(rows).insert_into("rejections")
