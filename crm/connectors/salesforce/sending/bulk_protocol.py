"""Large nights: the Bulk API 2.0 ingest protocol, one function a step, so that each can be taken up again.

Own code because simple-salesforce's all-in-one call hides the job, has no time limit and aborts a running job on one failed
poll. Leaves out when which step is taken (``bulk_job.py``) and what the results mean (``job_results.py``).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from leadq.crm.connectors.salesforce.calls import Call
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError, UnansweredError, shown
from leadq.crm.connectors.salesforce.sending.collections import Sendable
from leadq.crm.connectors.salesforce.sending.values import cell
from leadq.foundation.problems import Problem

ResultKind = Literal["successfulResults", "failedResults", "unprocessedrecords"]
WRONG_STATE = "INVALIDJOBSTATE"
_JOBS = "jobs/ingest"
_JOB_ID = re.compile(r"750[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")
_MOST_PAGES = 50
SHAPE = {"object": "Lead", "operation": "update", "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as Salesforce describes it; ``state`` in its own words, ``message`` of one that failed."""

    id: str
    state: str
    processed: int
    failed: int
    message: str
    created_by: str
    created_at: str
    is_ours: bool

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("JobComplete", "Failed", "Aborted")


def is_job_id(text: str) -> bool:
    """Return whether a text can be the id of a job; nothing else is put into a path."""
    return _JOB_ID.fullmatch(text) is not None


def csv_bytes(rows: Sequence[Sendable]) -> bytes:
    """Return the file of rows: sorted columns, rows by id, LF; the same rows give the same bytes.

    A column that a row does not have is left empty, which leaves the field as it is.
    """
    names = sorted({name for _, values in rows for name in values})
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Id", *names])
    for key, values in sorted(rows, key=lambda row: row[0]):
        writer.writerow([key, *[cell(values[name]) if name in values else "" for name in names]])
    return text.getvalue().encode()


def create(connection: Connection) -> Job:
    """Open a job, once. Whoever hears nothing may open another: one that stays Open does nothing, and is aborted as an orphan later."""
    content = json.dumps(SHAPE).encode()
    return connection.read(Call(method="POST", path=_JOBS, content=content, repeatable=False), _job)


def upload(connection: Connection, job_id: str, content: bytes) -> None:
    """Send the rows, once: a second time is refused by Salesforce. Whoever hears nothing must look."""
    path, kind = f"{_JOBS}/{job_id}/batches", "text/csv; charset=UTF-8"
    call = Call(method="PUT", path=path, content=content, content_type=kind, expected="nothing", repeatable=False)
    connection.ask(call)


def close(connection: Connection, job_id: str) -> Job:
    """Let Salesforce begin. Whoever hears nothing must look."""
    return _to(connection, job_id, "UploadComplete")


def abort(connection: Connection, job_id: str) -> Job:
    """End a job. Whoever hears nothing must look: what has ended cannot be ended again."""
    return _to(connection, job_id, "Aborted")


def _to(connection: Connection, job_id: str, state: str) -> Job:
    content = json.dumps({"state": state}).encode()
    call = Call(method="PATCH", path=f"{_JOBS}/{job_id}", content=content, repeatable=False)
    return connection.read(call, _job)


def look(connection: Connection, job_id: str) -> Job | None:
    """Return a job, or None where Salesforce has it no more."""
    try:
        return connection.read(Call(method="GET", path=f"{_JOBS}/{job_id}"), _job)
    except SalesforceRefusedError as error:
        if error.status == 404 or error.code == "INVALIDJOB":
            return None
        raise


def result_rows(connection: Connection, job_id: str, kind: ResultKind) -> list[dict[str, str]]:
    """Return a results file, fetched again where it came damaged.

    Read as UTF-8 whatever the header says: Salesforce names no character set, and requests would guess latin-1.
    """
    call = Call(method="GET", path=f"{_JOBS}/{job_id}/{kind}", expected="csv", repeatable=False)

    def fetched() -> list[dict[str, str]]:
        return _rows(connection.ask(call), kind)

    return connection.patience.or_pause(fetched)


def _rows(body: bytes, kind: str) -> list[dict[str, str]]:
    try:
        reader = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        header = next(reader, [])
        return [dict(zip(header, row, strict=True)) for row in reader if row]
    except (ValueError, csv.Error) as error:
        value = type(error).__name__
        raise UnansweredError(
            Problem(where=kind, rule="must be complete", value=value, remedy="Run again later.")
        ) from None


def open_jobs(connection: Connection) -> Iterator[Job]:
    """Yield the ingest jobs that wait for rows, of every user."""
    parameters = {"jobType": "V2Ingest"}
    for _ in range(_MOST_PAGES):
        found, following = connection.read(Call(method="GET", path=_JOBS, parameters=parameters), _page)
        yield from found
        if not following:
            return
        parameters = {"jobType": "V2Ingest", "queryLocator": following}


def _page(document: Mapping[str, Any]) -> tuple[list[Job], str]:
    """Return the open jobs of one page and where the next one begins; empty after the last."""
    following = re.search(r"queryLocator=([^&]+)", str(document.get("nextRecordsUrl") or ""))
    jobs = [_job(record) for record in document["records"] if record["state"] == "Open"]
    return jobs, following[1] if following and not document.get("done", True) else ""


def _job(document: Mapping[str, Any]) -> Job:
    job_id = str(document["id"])
    if not is_job_id(job_id):
        raise ValueError("not a job id")  # told as an answer of another shape
    return Job(
        id=job_id,
        state=shown(document["state"]),
        processed=int(document.get("numberRecordsProcessed") or 0),
        failed=int(document.get("numberRecordsFailed") or 0),
        message=shown(document.get("errorMessage") or ""),
        created_by=str(document.get("createdById") or ""),
        created_at=str(document.get("createdDate") or ""),
        is_ours=document.get("object") == "Lead" and document.get("operation") == "update",
    )
