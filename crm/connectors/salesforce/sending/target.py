"""Salesforce as a place that scores are delivered to: leads updated by id, never created, only in fields of leadq.

A chunk of up to 2,000 rows goes by sObject Collections, a larger one by a bulk job: so does a small night, and the rest of a
large one. Leaves out both protocols (``collections.py``, ``bulk_job.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, TargetField, Value
from leadq.crm.connectors.salesforce.calls import Call
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError
from leadq.crm.connectors.salesforce.sending import collections
from leadq.crm.connectors.salesforce.sending.bulk_job import BulkSteps, Remote
from leadq.crm.connectors.salesforce.sending.collections import ROWS_PER_CALL, Sendable
from leadq.crm.connectors.salesforce.sending.held_fields import HeldField, held_fields, must_be_allowed, must_take
from leadq.crm.connectors.salesforce.sending.values import as_read, is_id, same_lead, sendable
from leadq.foundation.problems import Problem, TargetPausedError

MOST_BY_COLLECTIONS = 2_000
"""Salesforce's own advice where the bulk protocol begins to pay."""
MOST_BY_BULK = 20_000
"""Rows of a job: below its 100 MB even where every text is full and of three bytes a character."""
_IDS_PER_QUERY = 300
"""An address of about 8,000 characters, half of what Salesforce takes."""
_IDS_PER_CALL = 2_000
_MOST_PAGES = 50

Parted = tuple[list[Sendable], list[RowOutcome]]


class SalesforceTarget:
    """One organisation.

    Parameters
    ----------
    name : str
        As in ``leadq.yaml``.
    connection : Connection
    chunk_rows : int
        Rows of a chunk.
    most_by_collections : int
        Rows of a chunk that still go without a bulk job.
    first_wait_seconds : float
        Before a bulk job is looked at for the first time; waits grow from there.
    """

    def __init__(
        self,
        name: str,
        connection: Connection,
        *,
        chunk_rows: int = MOST_BY_BULK,
        most_by_collections: int = MOST_BY_COLLECTIONS,
        first_wait_seconds: float = 2.0,
    ) -> None:
        self.name = name
        self.chunk_rows = chunk_rows
        self._connection = connection
        self._most_by_collections = most_by_collections
        self._bulk = BulkSteps(connection, first_wait_seconds=first_wait_seconds)
        self._so_far: dict[str, list[RowOutcome]] = {}
        self._last: tuple[Chunk, Parted] | None = None

    @cached_property
    def _held(self) -> dict[str, HeldField]:
        return held_fields(self._connection)

    def check(self, fields: Sequence[TargetField]) -> None:
        """Stop before anything is written where a field is missing, too short, of another kind or not writable.

        Raises
        ------
        GateStopped
            All that is wrong at once; also where a field is not leadq's to write.
        """
        must_take(fields, self._held)

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return leads that must not be written right now, with why."""
        found = {same_lead(key): row for key, row in self._present(keys)}
        gone = [key for key in keys if same_lead(key) not in found]
        names = ("IsConverted", "IsDeleted", "MasterRecordId")
        found |= {same_lead(str(row.get("Id"))): row for row in self._leads(gone, names)}
        reasons = {key: _why_skipped(key, found.get(same_lead(key))) for key in keys}
        return {key: reason for key, reason in reasons.items() if reason}

    def _present(self, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield leads that are there, by key: a tenth of the calls that a query takes, which alone knows what became of the others."""
        ids = sorted({key for key in keys if is_id(key)})
        for first in range(0, len(ids), _IDS_PER_CALL):
            content = json.dumps({"ids": ids[first : first + _IDS_PER_CALL], "fields": ["IsConverted"]}).encode()
            call = Call(method="POST", path="composite/sobjects/Lead", content=content)
            try:
                rows = self._connection.read(call, _records)
            except SalesforceRefusedError as error:
                if error.status in (401, 403):
                    raise
                continue  # one id that is no lead's refuses them all: the query then looks at each
            yield from rows

    def step(self, chunk: Chunk, remote: Remote | None) -> Step:
        """Take the next step with a chunk: one call of 200 rows, or one step of a bulk job.

        Raises
        ------
        GateStopped
            A field is not leadq's to write.
        TargetPausedError
            Only time helps; the same step may be taken again.
        SalesforceRefusedError
            The whole call is refused.
        """
        name = f"{chunk.run_id} {chunk.number}"
        rows, refused = self._parted(chunk)
        if not rows and not remote:
            return _done({}, refused, chunk)
        if "job" not in (remote or {}) and len(chunk.rows) <= self._most_by_collections:
            step = self._by_collections(name, rows, remote or {})
        else:
            step = self._bulk.step(name, rows, remote or {})
        return step if step.outcomes is None else _done(step.remote, [*step.outcomes, *refused], chunk)

    def end(self, chunk: Chunk, remote: Remote | None) -> Step:
        """End what a bulk job of an earlier run has under way; a call of sObject Collections leaves nothing behind."""
        if "job" not in (remote or {}):
            return Step(outcomes=())
        return self._bulk.end([row.key for row in chunk.rows], remote or {})

    def _by_collections(self, name: str, rows: Sequence[Sendable], remote: Remote) -> Step:
        """Make one call. Outcomes of earlier calls are held here only: a killed run begins the chunk again, with the same values."""
        so_far = self._so_far.setdefault(name, [])
        sent = int(remote.get("sent") or 0)
        if sent != len(so_far):
            sent = 0
            so_far.clear()
        so_far += collections.update(self._connection, rows[sent : sent + ROWS_PER_CALL])
        kept: Remote = {"sent": len(so_far)}
        return Step(remote=kept, outcomes=None if len(so_far) < len(rows) else tuple(self._so_far.pop(name)))

    def _parted(self, chunk: Chunk) -> Parted:
        """Return the rows of a chunk that can be sent, and outcomes of the others; kept while the chunk is the same."""
        if self._last is None or self._last[0] is not chunk:
            judged = [(row.key, sendable(row, self._held)) for row in chunk.rows]
            rows: list[Sendable] = [(key, values) for key, values in judged if not isinstance(values, RowOutcome)]
            refused = [values for _, values in judged if isinstance(values, RowOutcome)]
            self._last = (chunk, (rows, refused))
        return self._last[1]

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """Return what leads hold now; leads that are not there or deleted are left out."""
        must_be_allowed(names)
        names = [name for name in names if name in self._held]
        rows = {same_lead(str(row.get("Id"))): row for row in self._leads(keys, (*names, "IsDeleted"))}
        found = {key: rows[same_lead(key)] for key in keys if same_lead(key) in rows}
        return {
            key: {name: as_read(row.get(name), self._held[name]) for name in names}
            for key, row in found.items()
            if not row.get("IsDeleted")
        }

    def _leads(self, keys: Sequence[str], names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield leads by id, deleted ones too; what is no id does not reach the query."""
        ids = sorted({key for key in keys if is_id(key)})
        for first in range(0, len(ids), _IDS_PER_QUERY):
            listed = ",".join(f"'{key}'" for key in ids[first : first + _IDS_PER_QUERY])
            yield from self._queried(f"SELECT Id, {', '.join(names)} FROM Lead WHERE Id IN ({listed})")  # noqa: S608 - checked

    def _queried(self, query: str) -> Iterator[dict[str, Any]]:
        call = Call(method="GET", path="queryAll", parameters={"q": query})
        for _ in range(_MOST_PAGES):
            records, following = self._connection.read(call, _page)
            yield from records
            if not following:
                return
            call = Call(method="GET", path=f"query/{following}")
        raise TargetPausedError(Problem(where="salesforce query", rule="must end", remedy="Run again later."))


def _records(document: Sequence[Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return records that are there, by id; of one that is not, the answer holds null."""
    return [(str(row["Id"]), dict(row)) for row in document if row is not None]


def _page(document: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Return the records of a page and where the next one is; empty after the last."""
    records = [dict(record) for record in document["records"]]
    return records, "" if document.get("done", True) else str(document["nextRecordsUrl"]).rpartition("/")[2]


def _why_skipped(key: str, row: Mapping[str, Any] | None) -> str:
    if not is_id(key):
        return "not a Salesforce id"
    if row is None:
        return "not found"
    if row.get("IsDeleted"):
        return f"merged into {row['MasterRecordId']}" if row.get("MasterRecordId") else "deleted"
    return "converted" if row.get("IsConverted") else ""


def _done(remote: Remote, found: Sequence[RowOutcome], chunk: Chunk) -> Step:
    """Return the chunk's last step, outcomes in the order of its rows."""
    by_key = {outcome.key: outcome for outcome in found}
    return Step(remote=remote, outcomes=tuple(by_key[row.key] for row in chunk.rows))
