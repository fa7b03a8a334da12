"""Leads under the ids they have now: what was delivered or scored under an id that was merged since is the survivor's."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.features.engine.duckdb_engine import Tables

_NAME = "present_ids"


def present_ids(tables: Tables) -> ir.Table:
    """Return ``old_lead_id, survivor`` of every merged lead, chains followed to their end."""
    read = pq.read_table(tables.history.path("lead_aliases"), columns=["old_lead_id", "lead_id"], partitioning=None)
    into = dict(zip(read["old_lead_id"].to_pylist(), read["lead_id"].to_pylist(), strict=True))
    rows = {"old_lead_id": list(into), "survivor": [_end(into, lead_id) for lead_id in into.values()]}
    table = pa.table(rows, schema=pa.schema([("old_lead_id", pa.string()), ("survivor", pa.string())]))
    found: ir.Table = tables.backend.create_table(_NAME, table, temp=True, overwrite=True)
    return found


def under_present_ids(rows: ir.Table, ids: ir.Table) -> ir.Table:
    """Return ``rows`` with the ``lead_id`` that survived, where theirs was merged into another."""
    joined = rows.left_join(ids, rows.lead_id == ids.old_lead_id)
    return joined.mutate(lead_id=ibis.coalesce(joined.survivor, joined.lead_id)).drop("old_lead_id", "survivor")


def _end(into: dict[str, str], lead_id: str) -> str:
    seen = {lead_id}
    while (later := into.get(lead_id)) is not None and later not in seen:
        lead_id = later
        seen.add(later)
    return lead_id
