"""Every revision of every lead out of Tryton, page by page, sorted by lead and moment in bounded memory.

Asks the server module for them (``leadq_revisions``): Tryton's own ``_datetime`` gives all leads as of one moment, one query a
lead. Leaves out what is made of them (``tables.py``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.connectors.tryton.sending.batches import MODEL
from leadq.crm.connectors.tryton.sending.values import as_text, moment_of
from leadq.crm.connectors.tryton.session import TrytonSession
from leadq.crm.storage.engine_paths import parquet_rows
from leadq.crm.storage.scratch_database import open_engine
from leadq.foundation.plurals import counted
from leadq.foundation.problems import ConfigError, LeadqError, Problem

_PAGE = 1_000
_BATCH = 20_000
_CHOSEN = """
WITH told AS (
    SELECT *, lag(values) OVER here = values AND lag(party) OVER here IS DISTINCT FROM party AS merged
    FROM {rows}
    WINDOW here AS (PARTITION BY lead, moment ORDER BY revision)
)
SELECT lead, moment, user, party, values FROM told WHERE merged IS NOT TRUE
QUALIFY row_number() OVER (PARTITION BY lead, moment ORDER BY revision DESC) = 1
ORDER BY lead, moment
"""
"""Merging parties writes the last revision of each lead again, with the new party and its old moment. It would rewrite the past, so
it counts from the lead's next revision on, which has the new party too."""
_SCHEMA = pa.schema(
    [
        ("lead", pa.int64()),
        ("moment", pa.timestamp("us", tz="UTC")),
        ("revision", pa.int64()),
        ("user", pa.int64()),
        ("party", pa.string()),
        ("values", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a lead was from a moment on.

    Parameters
    ----------
    lead : int
    moment : datetime
        UTC.
    user : int
        Who wrote it.
    values : dict of str to str or None
        Fields as texts.
    """

    lead: int
    moment: datetime
    user: int
    values: dict[str, str | None]


def fetch(session: TrytonSession, names: Sequence[str], path: Path, progress: Callable[[str], None]) -> int:
    """Read all revisions into a Parquet file, in the order in which they were written, and return how many there are.

    Raises
    ------
    LeadqError
        The server does not give them.
    """
    found, last = 0, 0
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        while page := session.read(f"{MODEL}.leadq_revisions", list(names), last, _PAGE):
            rows = [_row(session, one, names) for one in page]
            writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
            newest = max(int(one["revision"]) for one in page)
            if newest <= last:
                raise LeadqError(
                    Problem(where=session.account.title, rule="must count revisions upwards", remedy="Run again.")
                )
            found, last = found + len(page), newest
            progress(f"Reading: {counted(found, 'revision')} of leads")
    return found


def leads_of(path: Path, scratch: Path) -> Iterator[list[Revision]]:
    """Yield the revisions of one lead after the other in order of time; of one moment only the last counts, but no merge of parties."""
    query = _CHOSEN.format(rows=parquet_rows(path))
    with _engine(scratch) as connection:
        reader = connection.sql(query).to_arrow_reader(_BATCH)
        rows = (
            Revision(lead=lead, moment=moment, user=user, values={"party": party, **json.loads(values)})
            for batch in reader
            for lead, moment, user, party, values in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        for _, revisions in groupby(rows, key=attrgetter("lead")):
            yield list(revisions)


def _engine(scratch: Path) -> Any:
    try:
        return open_engine(scratch)
    except duckdb.IOException as error:
        raise OSError(str(error).splitlines()[0]) from error


def _row(session: TrytonSession, told: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    values = {name: _text(session, name, told.get(name)) for name in names}
    return {
        "lead": int(told["id"]),
        "moment": moment_of(told["moment"]),
        "revision": int(told["revision"]),
        "user": int(told["user"] or 0),
        "party": values.pop("party", None),
        "values": json.dumps(values),
    }


def _text(session: TrytonSession, name: str, value: Any) -> str | None:
    try:
        return as_text(value)
    except ValueError as error:
        where, rule = f"{session.account.title}, field {name} of leads", "must be a text, a number or a time"
        remedy = "Remove it from lead_fields in leadq.yaml."
        raise ConfigError(Problem(where=where, rule=rule, value=str(error), remedy=remedy)) from None
