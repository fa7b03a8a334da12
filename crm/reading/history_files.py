"""Judged rows to the history's Parquet files: same rows, same bytes.

Every table of the contract is written, perhaps without rows (a later one only where it has a source), sorted into a total order, by
fixed writer options. Refused and personal columns are not in ``own`` or marked so, and are not written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import LATER_COLUMNS, LATER_TABLES, OUTCOMES, REJECTED, TABLES, TEXT, TIME
from leadq.crm.reading.columns.profiling import TypedField
from leadq.crm.reading.columns.wanted_columns import OWN_KEYS
from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import Relation, name, write_table

_ARROW_TYPES = {"number": pa.float64(), "category": TEXT, "flag": pa.bool_(), "date": TIME}


def write_history_tables(
    findings: Findings,
    folder: Path,
    *,
    staged: set[str],
    own: Mapping[str, list[TypedField]],
    outcomes: Relation,
) -> None:
    """Write every contract table, the outcomes and the rejected rows into ``folder``.

    Parameters
    ----------
    findings : Findings
        Knows the good rows of the ``staged`` tables and the rejected ones.
    folder : Path
    staged : set of str
        Tables that have a source; the others are written without rows, those of ``LATER_TABLES`` not at all.
    own : mapping of table to list of TypedField
    outcomes : Relation
        Rows of the outcomes table, in order.
    """
    for table, schema in TABLES.items():
        path = folder / f"{table}.parquet"
        if table not in staged:
            if table in LATER_TABLES:
                continue
            pq.write_table(schema.empty_table(), path, compression="zstd", version="2.6")
            continue
        kept = [typed for typed in own.get(table, []) if typed.field.status != "refused"]
        later = [one for one in LATER_COLUMNS.get(table, ()) if (table, one.name) in findings.later]
        full = pa.schema(
            [*schema, *later, *(pa.field(typed.field.name, _ARROW_TYPES[typed.field.type]) for typed in kept)]
        )
        rows = findings.good(table)
        if table == "events":
            rows = _whole_events(rows)
        columns = [name(column) for column in (*schema.names, *(one.name for one in later))]
        columns += [f"{typed.expression} AS {name(typed.field.name)}" for typed in kept]
        write_table(rows.project(", ".join(columns)).order(OWN_KEYS.get(table, "ALL")), path, full)
    write_table(outcomes, folder / "outcomes.parquet", OUTCOMES)
    write_table(findings.rejected(), folder / "rejected.parquet", REJECTED)


def _whole_events(rows: Relation) -> Relation:
    """Name a lead or an account, never both; an event without ``known_at`` was known when it occurred."""
    replaced = {
        "account_id": "CASE WHEN lead_id IS NULL THEN account_id END AS account_id",
        "known_at": "coalesce(known_at, occurred_at) AS known_at",
    }
    return rows.project(", ".join(replaced.get(column, name(column)) for column in rows.columns))


def hash_tables(folder: Path) -> str:
    """SHA-256 over names and bytes of all table files of ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.parquet")):
        digest.update(path.name.encode())
        with path.open("rb") as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
