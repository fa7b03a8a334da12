"""A company of any size as a contract history on disk, for measuring: as crm/reading/ingest would have written it.

    python -m benchmarks.large_company FOLDER [--leads 100000] [--events-per-lead 50] [--seed 7]

Drawn lead by lead in chunks, so that memory stays the same while rows grow. Skewed as real companies are: few leads have most of
the events, few accounts have thousands of leads, some events are known days after they occurred. Outcomes depend on what the
features see, so that a model exists. No truth is kept: whether a model is right is measured on :mod:`leadq.crm.simulated`.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.large_company_tables import (
    QUALIFICATION,
    Columns,
    account_changes,
    account_columns,
    dispositions,
    lead_changes,
    lead_columns,
    lead_events,
    outcomes,
    signals,
    touches,
)
from benchmarks.large_company_world import DAYS, READ_AT, Size, draw_accounts, draw_leads
from leadq.crm.contract.crm_tables import OUTCOMES, REJECTED, TABLES, TEXT
from leadq.crm.contract.history import History, OwnField, TableCount, write_manifest
from leadq.crm.reading.history_files import hash_tables

CHUNK = 50_000
OWN_TYPES = {
    "leads": {"product_interest": TEXT, "current_tool": TEXT, "seats_wanted": pa.float64(), "newsletter": pa.bool_()},
    "accounts": {"partner_program": pa.bool_(), "service_score": pa.float64()},
}
OWN_FIELDS = (
    OwnField(entity="lead", name="product_interest", type="category"),
    OwnField(entity="lead", name="current_tool", type="category"),
    OwnField(entity="lead", name="seats_wanted", type="number"),
    OwnField(entity="lead", name="newsletter", type="flag"),
    OwnField(entity="account", name="partner_program", type="flag"),
    OwnField(entity="account", name="service_score", type="number"),
)


def write_large_company(folder: Path, size: Size) -> History:
    """Write tables and manifest into ``folder``; the same size gives the same bytes.

    Returns
    -------
    History
    """
    folder.mkdir(parents=True, exist_ok=True)
    accounts = draw_accounts(size)
    writers = {name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd", version="2.6")
               for name, schema in _schemas().items()}  # fmt: skip
    rows = dict.fromkeys(writers, 0)

    def add(name: str, columns: Columns) -> None:
        table = _table(_schemas()[name], columns)
        rows[name] += table.num_rows
        writers[name].write_table(table)

    add("accounts", account_columns(size, accounts))
    add("field_history", account_changes(size, accounts))
    for chunk, start in enumerate(range(0, size.leads, CHUNK)):
        leads = draw_leads(size, chunk, np.arange(start, min(start + CHUNK, size.leads)), accounts)
        random = size.random(3, chunk)
        add("leads", lead_columns(leads, random))
        add("events", lead_events(size, leads, random))
        add("field_history", lead_changes(leads, random))
        add("touches", touches(leads, random))
        add("dispositions", dispositions(leads, random))
        add("outcomes", outcomes(leads))
    add("events", signals(size))
    for writer in writers.values():
        writer.close()
    history = History(
        folder=folder,
        read_at=READ_AT,
        own_fields=OWN_FIELDS,
        tracked_since={f"lead.{name}": READ_AT - timedelta(days=DAYS) for name in QUALIFICATION}
        | {"account.employees": READ_AT - timedelta(days=DAYS)},
        outcome_from=("opportunities",),
        has_touches=True,
        counts={name: TableCount(read=rows[name], used=rows[name], rejected=0) for name in TABLES},
        sha256=hash_tables(folder),
    )
    write_manifest(history)
    return history


def _schemas() -> dict[str, pa.Schema]:
    schemas = {**TABLES, "outcomes": OUTCOMES, "rejected": REJECTED}
    for name, own in OWN_TYPES.items():
        schemas[name] = pa.schema([*schemas[name], *own.items()])
    return schemas


def _table(schema: pa.Schema, columns: Columns) -> pa.Table:
    """Columns that a table leaves out are null; moments come as microseconds."""
    length = len(next(iter(columns.values())))
    arrays = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def main() -> None:
    """Write a company."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--events-per-lead", type=float, default=42.5)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    size = Size(leads=chosen.leads, events=round(chosen.leads * chosen.events_per_lead), seed=chosen.seed)
    history = write_large_company(chosen.folder, size)
    print({name: count.used for name, count in history.counts.items()})


if __name__ == "__main__":
    main()
