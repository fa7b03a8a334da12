"""Bulk API 2.0 ingest: the protocol of a job (made, filled once, closed, watched, read, aborted, deleted)."""

from __future__ import annotations

import itertools
import random
import threading
from datetime import datetime, timedelta
from typing import Any

from tests.fake_salesforce.csv_text import DELIMITERS, LINE_ENDINGS, UnreadableCsvError, read_csv, write_csv
from tests.fake_salesforce.ids import new_id
from tests.fake_salesforce.ingest_work import TERMINAL, Job, Pace, process
from tests.fake_salesforce.messages import Answer, ApiError, Request, json_answer
from tests.fake_salesforce.records import Organisation

KEPT = timedelta(days=7)
OPERATIONS = {"update", "upsert"}
"""Insert, delete and hardDelete are not offered: we never send them."""


class IngestJobs:
    """Every ingest job of the organisation.

    Parameters
    ----------
    organisation : Organisation
    pace : Pace
        May be changed between jobs.
    stopped : threading.Event
        Ends the workers.

    Attributes
    ----------
    jobs : dict of str to Job
    crashes : list of Exception
        Faults of the fake itself.
    most_bytes : int
        Of an upload.
    page_rows : int
        Of the list of jobs.
    """

    def __init__(self, organisation: Organisation, pace: Pace, stopped: threading.Event) -> None:
        self.jobs: dict[str, Job] = {}
        self.crashes: list[Exception] = []
        self.pace = pace
        self.most_bytes = 100 * 1024 * 1024
        self.page_rows = 1000
        self._organisation = organisation
        self._stopped = stopped
        self._shuffle = random.Random(7)
        self._numbers = itertools.count(1)

    def create(self, request: Request) -> Answer:
        """Answer ``POST /jobs/ingest``."""
        wanted = request.json()
        table = self._organisation.tables.get(str(wanted.get("object")))
        if table is None:
            raise ApiError(400, "INVALIDJOB", f"InvalidJob : Unable to find object: {wanted.get('object')}")
        operation, external = wanted.get("operation"), wanted.get("externalIdFieldName")
        if operation not in OPERATIONS:
            raise ApiError(400, "INVALIDJOB", f"InvalidJob : the fake knows no operation {operation}")
        if operation == "upsert":
            field = table.fields.get(str(external))
            if field is None or not (field.external_id or field.name == "Id"):
                raise ApiError(
                    400, "INVALIDJOB", "InvalidJob : Field name provided is not an External ID or indexed field"
                )
        delimiter, line_ending = wanted.get("columnDelimiter", "COMMA"), wanted.get("lineEnding", "LF")
        if delimiter not in DELIMITERS or line_ending not in LINE_ENDINGS or wanted.get("contentType", "CSV") != "CSV":
            raise ApiError(400, "INVALIDJOB", "InvalidJob : unknown columnDelimiter, lineEnding or contentType")
        with self._organisation.lock:
            job = Job(
                id=new_id("IngestJob", next(self._numbers)),
                table=table,
                operation=str(operation),
                external_id_field=external,
                delimiter=delimiter,
                line_ending=line_ending,
                version=request.version,
                created_at=self._organisation.now(),
                runs_assignment_rule=bool(wanted.get("assignmentRuleId")),
            )
            self.jobs[job.id] = job
        return json_answer(job.info(brief=True))

    def upload(self, request: Request, job_id: str) -> Answer:
        """Answer ``PUT /jobs/ingest/{id}/batches``: once, and only while the job is open."""
        job = self._find(job_id)
        with job.lock:
            if job.state != "Open" or job.was_filled:
                raise ApiError(400, "INVALIDJOBSTATE", f"Job state {job.state} is not valid for data upload")
            if "text/csv" not in request.headers.get("content-type", ""):
                raise ApiError(400, "INVALIDJOB", "Content-Type must be text/csv")
            if len(request.body) > self.most_bytes:
                raise ApiError(400, "FILE_SIZE_EXCEEDED", f"the upload is larger than {self.most_bytes} bytes")
            job.was_filled = True
            try:
                job.upload = read_csv(request.body, job.delimiter, job.line_ending)
            except UnreadableCsvError as error:
                job.unreadable = str(error)
        return Answer(status=201)

    def change(self, request: Request, job_id: str) -> Answer:
        """Answer ``PATCH /jobs/ingest/{id}``: close or abort."""
        job, state = self._find(job_id), request.json().get("state")
        with job.lock:
            if state == "UploadComplete" and job.state == "Open":
                job.state = "UploadComplete"
                threading.Thread(target=self._work, args=(job,), daemon=True).start()
            elif state == "Aborted" and job.state not in TERMINAL:
                job.state = "Aborted"
            else:
                raise ApiError(400, "INVALIDJOBSTATE", f"Invalid job state transition: {job.state} to {state}")
            return json_answer(job.info(brief=True))

    def _work(self, job: Job) -> None:
        try:
            process(job, self._organisation, self.pace, self._stopped)
        except Exception as error:
            # A client would wait for ever for a job whose worker is gone.
            self.crashes.append(error)
            job.state, job.error = "Failed", f"the fake is at fault: {error!r}"

    def look(self, _request: Request, job_id: str) -> Answer:
        """Answer ``GET /jobs/ingest/{id}``."""
        job = self._find(job_id)
        with job.lock:
            return json_answer(job.info())

    def list(self, request: Request) -> Answer:
        """Answer ``GET /jobs/ingest``, a page at a time."""
        start = int(request.query.get("queryLocator", "0"))
        found = [job for job in list(self.jobs.values()) if not self._is_gone(job)]
        page: dict[str, Any] = {"done": True, "records": [], "nextRecordsUrl": None}
        page["records"] = [job.info(brief=True) for job in found[start : start + self.page_rows]]
        if start + self.page_rows < len(found):
            locator = f"{request.path}?queryLocator={start + self.page_rows}"
            page.update({"done": False, "nextRecordsUrl": locator})
        return json_answer(page)

    def delete(self, _request: Request, job_id: str) -> Answer:
        """Answer ``DELETE /jobs/ingest/{id}``."""
        job = self._find(job_id)
        if job.state not in {*TERMINAL, "UploadComplete"}:
            raise ApiError(400, "INVALIDJOBSTATE", f"Job state {job.state} is not valid for deletion")
        del self.jobs[job_id]
        return Answer(status=204)

    def results(self, _request: Request, job_id: str, kind: str) -> Answer:
        """Answer ``GET /jobs/ingest/{id}/successfulResults``, ``failedResults`` or ``unprocessedrecords``.

        Rows come shuffled and the type names no charset, as has been reported of the real service.
        """
        job = self._find(job_id)
        with job.lock:
            if job.state not in TERMINAL:
                raise ApiError(400, "INVALIDJOBSTATE", f"Job state {job.state} has no results yet")
            header, rows = job.results(kind.lower())
        self._shuffle.shuffle(rows)
        return Answer(
            body=write_csv(header, rows, job.delimiter, job.line_ending), headers={"Content-Type": "text/csv"}
        )

    def _find(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        if job is None or self._is_gone(job):
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return job

    def _is_gone(self, job: Job) -> bool:
        now: datetime = self._organisation.now()
        return job.state in TERMINAL and now - job.created_at >= KEPT
