"""What an ingest job is and how its rows are processed, in a thread of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fake_salesforce.csv_text import Upload
from tests.fake_salesforce.fields import RowError, moment_text
from tests.fake_salesforce.ids import INTEGRATION_USER
from tests.fake_salesforce.records import Organisation, Table

TERMINAL = {"JobComplete", "Failed", "Aborted"}
PIECE = 200
"""Rows between two looks at whether the job was aborted."""


@dataclass(slots=True, kw_only=True)
class Pace:
    """How slowly, how far and in which portions jobs run.

    Parameters
    ----------
    queued_seconds : float
        Between ``UploadComplete`` and ``InProgress``.
    batch_seconds : float
        After each batch.
    batch_rows : int
    fails_after_batches : int or None
        The job ends as ``Failed`` after so many.
    allocation_rows : int or None
        Rows of a job beyond this are recorded nowhere.
    """

    queued_seconds: float = 0.0
    batch_seconds: float = 0.0
    batch_rows: int = 10_000
    fails_after_batches: int | None = None
    allocation_rows: int | None = None


@dataclass(slots=True, kw_only=True)
class Job:
    """One job; what follows ``lock`` changes under it."""

    id: str
    table: Table
    operation: str
    external_id_field: str | None
    delimiter: str
    line_ending: str
    version: str
    created_at: datetime
    runs_assignment_rule: bool
    created_by: str = INTEGRATION_USER
    lock: threading.RLock = field(default_factory=threading.RLock)
    state: str = "Open"
    was_filled: bool = False
    upload: Upload | None = None
    unreadable: str = ""
    error: str = ""
    recorded: int | None = None
    done: int = 0
    succeeded: list[tuple[str, ...]] = field(default_factory=list)
    failed: list[tuple[str, ...]] = field(default_factory=list)

    def info(self, *, brief: bool = False) -> dict[str, Any]:
        """Return what clients see of the job."""
        moment = moment_text(self.created_at).replace("Z", "+0000")
        facts: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.table.name,
            "createdById": self.created_by,
            "createdDate": moment,
            "systemModstamp": moment,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "jobType": "V2Ingest",
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
            "contentUrl": f"services/data/v{self.version}/jobs/ingest/{self.id}/batches",
        }
        if self.external_id_field:
            facts["externalIdFieldName"] = self.external_id_field
        if not brief:
            facts |= {
                "numberRecordsProcessed": len(self.succeeded) + len(self.failed),
                "numberRecordsFailed": len(self.failed),
                "retries": 0,
                "totalProcessingTime": 0,
                "apiActiveProcessingTime": 0,
                "apexProcessingTime": 0,
            }
            if self.error:
                facts["errorMessage"] = self.error
        return facts

    def results(self, kind: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return header and rows of ``successfulresults``, ``failedresults`` or ``unprocessedrecords``."""
        header = self.upload.header if self.upload else ()
        if kind == "successfulresults":
            return ("sf__Id", "sf__Created", *header), list(self.succeeded)
        if kind == "failedresults":
            return ("sf__Id", "sf__Error", *header), list(self.failed)
        return header, list(self.upload.rows[self.done : self.recorded]) if self.upload else []


def process(job: Job, organisation: Organisation, pace: Pace, stopped: threading.Event) -> None:
    """Take a closed job to its end, or to where it was aborted."""
    if stopped.wait(pace.queued_seconds) or not _move(job, "UploadComplete", "InProgress"):
        return
    error = _unusable(job)
    if error or job.upload is None:
        job.error = error
        _move(job, "InProgress", "Failed" if error else "JobComplete")
        return
    job.recorded = pace.allocation_rows
    rows = job.upload.rows[: job.recorded]
    doubled = _doubled(job, rows)
    for number, start in enumerate(range(0, len(rows), pace.batch_rows)):
        if number == pace.fails_after_batches:
            job.error = "InternalServerError : Too many retries of a batch"
            _move(job, "InProgress", "Failed")
            return
        end = min(start + pace.batch_rows, len(rows))
        for first in range(start, end, PIECE):
            with job.lock:
                if job.state != "InProgress":
                    return
                with organisation.lock:
                    for row in rows[first : min(first + PIECE, end)]:
                        _take(job, row, doubled, organisation)
        if stopped.wait(pace.batch_seconds):
            return
    _move(job, "InProgress", "JobComplete")


def _move(job: Job, before: str, after: str) -> bool:
    with job.lock:
        if job.state != before:
            return False
        job.state = after
        return True


def _unusable(job: Job) -> str:
    if job.unreadable or job.upload is None:
        return job.unreadable
    for name in job.upload.header:
        if name not in job.table.fields:
            return f"InvalidBatch : Field name not found : {name}"
    return ""


def _key_field(job: Job) -> str:
    return job.external_id_field or "Id"


def _doubled(job: Job, rows: Sequence[tuple[str, ...]]) -> set[str]:
    name = _key_field(job)
    if job.upload is None or name not in job.upload.header:
        return set()
    place = job.upload.header.index(name)
    counts = Counter(row[place][:15] if name == "Id" else row[place] for row in rows)
    return {key for key, count in counts.items() if count > 1}


def _take(job: Job, row: tuple[str, ...], doubled: set[str], organisation: Organisation) -> None:
    assert job.upload is not None
    place, job.done = job.done, job.done + 1
    cells = dict(zip(job.upload.header, row, strict=True))
    key = cells.pop(_key_field(job), "")
    try:
        if place in job.upload.spaced:
            raise RowError("INVALID_CSV", "a space outside of quotes")
        if (key[:15] if _key_field(job) == "Id" else key) in doubled:
            raise RowError("DUPLICATE_VALUE", f"Duplicate id specified: {key}", (_key_field(job),))
        values = {name: None if cell == "#N/A" else cell for name, cell in cells.items() if cell != ""}
        if job.operation == "upsert" and _key_field(job) != "Id":
            record_id, created = job.table.upsert(_key_field(job), key, values, by=INTEGRATION_USER)
        else:
            runs = job.runs_assignment_rule and organisation.has_assignment_rules
            record_id, created = job.table.update(key, values, by=INTEGRATION_USER, rules=runs), False
    except RowError as refusal:
        known = key if _key_field(job) == "Id" else ""
        job.failed.append((known, f"{refusal.code}:{refusal.message}:{' '.join(refusal.fields)} --", *row))
    else:
        job.succeeded.append((record_id, str(created).lower(), *row))
