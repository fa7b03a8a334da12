"""What the records show of tonight's open leads: for the reasons of a rejection, so that the desk can ask at once, and who said no.

Written where the agreement asks for something (``needs``) or anybody ever asked not to be contacted; no part of the run's manifest:
without it the desk asks nothing. Leaves out how the question is said (``serving/words/agreed/record_words.py``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.features.engine.duckdb_engine import open_tables, stream
from leadq.features.landmarks import tonight_points
from leadq.features.rejection.against_the_record import asked_for, records_at
from leadq.features.rejection.stops import any_stop, stops_at
from leadq.features.tonight import BATCH_ROWS, OpenLeads
from leadq.foundation.atomic_files import new_file


def write_records(backend: Any, leads: OpenLeads, path: Path) -> bool:
    """Write a row a lead, in order of ``lead_id``; nothing where there is nothing to be said of anybody.

    Parameters
    ----------
    backend : Ibis backend
        DuckDB.
    leads : OpenLeads
        Tonight's.
    path : Path
        Replaced when all is written.

    Returns
    -------
    bool
        Whether it was written.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """
    if not leads.history.dated:
        return False
    tables = open_tables(backend, leads.history)
    asked, stopped = bool(asked_for(leads.agreement)), any_stop(tables)
    if not (asked or stopped):
        return False
    only = None
    if leads.lead_id is not None:
        only = tables.leads.filter(tables.leads.lead_id == leads.lead_id).select("lead_id")
    points = tonight_points(tables, leads.as_of_us, only)
    named = points.select("point_id", "lead_id")
    if asked:
        named = named.inner_join(records_at(tables, points, leads.agreement), "point_id")
    if stopped:
        named = named.left_join(stops_at(tables, points), "point_id").drop("point_id_right")
    named = named.drop("point_id").order_by("lead_id")
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        new_file(path) as partial,
        pq.ParquetWriter(partial, named.schema().to_pyarrow(), compression="snappy") as file,
    ):
        for batch in stream(backend, named, rows=BATCH_ROWS):
            file.write_table(pa.Table.from_batches([batch]).cast(named.schema().to_pyarrow()))
    return True
