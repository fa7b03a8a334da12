"""Queries in pages (``/query``, ``/queryAll``) and bulk query jobs with ``Sforce-Locator``."""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass, field

from tests.fake_salesforce.csv_text import DELIMITERS, LINE_ENDINGS, write_csv
from tests.fake_salesforce.fields import moment_text
from tests.fake_salesforce.ids import INTEGRATION_USER, new_id
from tests.fake_salesforce.messages import Answer, ApiError, Request, json_answer
from tests.fake_salesforce.records import Organisation
from tests.fake_salesforce.soql import Found, bulk_value, rest_value, select


@dataclass(slots=True, kw_only=True)
class QueryJob:
    """A bulk query; ``polls_left`` looks say ``InProgress`` before it is done."""

    id: str
    operation: str
    query: str
    delimiter: str
    line_ending: str
    version: str
    created: str
    found: Found
    polls_left: int
    state: str = "UploadComplete"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def info(self) -> dict[str, object]:
        """Return what clients see of the job."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.found.table.name,
            "createdById": INTEGRATION_USER,
            "createdDate": self.created,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "jobType": "V2Query",
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
            "numberRecordsProcessed": len(self.found.rows) if self.state == "JobComplete" else 0,
        }


class Queries:
    """Open cursors and query jobs.

    Parameters
    ----------
    organisation : Organisation

    Attributes
    ----------
    page_rows : int
        Of ``/query``.
    polls : int
        Looks at a new bulk query before it is done.
    """

    def __init__(self, organisation: Organisation) -> None:
        self.page_rows = 2000
        self.polls = 1
        self._organisation = organisation
        self._cursors: dict[str, Found] = {}
        self._jobs: dict[str, QueryJob] = {}
        self._numbers = itertools.count(1)

    def ask(self, request: Request, kind: str) -> Answer:
        """Answer ``GET /query?q=`` and ``/queryAll?q=``."""
        found = select(self._organisation, request.query.get("q", ""), with_deleted=kind.lower() == "queryall")
        cursor = f"01gFk{next(self._numbers):010d}"
        self._cursors[cursor] = found
        return self._page(request, kind, cursor, 0)

    def more(self, request: Request, kind: str, cursor: str, start: str) -> Answer:
        """Answer ``GET /query/{cursor}-{start}``."""
        if cursor not in self._cursors:
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, kind, cursor, int(start))

    def _page(self, request: Request, kind: str, cursor: str, start: int) -> Answer:
        found, size = self._cursors[cursor], self._size(request)
        records = [
            {
                "attributes": {
                    "type": found.table.name,
                    "url": f"/services/data/v{request.version}/sobjects/{found.table.name}/{row['Id']}",
                },
                **{name: rest_value(found.table.fields[name], row.get(name)) for name in found.names},
            }
            for row in found.rows[start : start + size]
        ]
        page: dict[str, object] = {"totalSize": len(found.rows), "done": start + size >= len(found.rows)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/v{request.version}/{kind}/{cursor}-{start + size}"
        return json_answer({**page, "records": records})

    def _size(self, request: Request) -> int:
        asked = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("sforce-query-options", ""))
        return min(self.page_rows, max(200, int(asked[1]))) if asked else self.page_rows

    def create(self, request: Request) -> Answer:
        """Answer ``POST /jobs/query``."""
        wanted = request.json()
        operation = wanted.get("operation")
        delimiter, line_ending = wanted.get("columnDelimiter", "COMMA"), wanted.get("lineEnding", "LF")
        if operation not in {"query", "queryAll"} or delimiter not in DELIMITERS or line_ending not in LINE_ENDINGS:
            raise ApiError(400, "INVALIDJOB", "InvalidJob : unknown operation, columnDelimiter or lineEnding")
        job = QueryJob(
            id=new_id("IngestJob", 900_000 + next(self._numbers)),
            operation=operation,
            query=wanted.get("query", ""),
            delimiter=delimiter,
            line_ending=line_ending,
            version=request.version,
            created=moment_text(self._organisation.now()).replace("Z", "+0000"),
            found=select(self._organisation, wanted.get("query", ""), with_deleted=operation == "queryAll"),
            polls_left=self.polls,
        )
        self._jobs[job.id] = job
        return json_answer(job.info())

    def look(self, _request: Request, job_id: str) -> Answer:
        """Answer ``GET /jobs/query/{id}``; each look brings the job one state further."""
        job = self._find(job_id)
        with job.lock:
            if job.state in {"UploadComplete", "InProgress"}:
                job.state = "InProgress" if job.polls_left > 0 else "JobComplete"
                job.polls_left -= 1
            return json_answer(job.info())

    def change(self, request: Request, job_id: str) -> Answer:
        """Answer ``PATCH /jobs/query/{id}``: abort."""
        job = self._find(job_id)
        with job.lock:
            if request.json().get("state") != "Aborted" or job.state == "JobComplete":
                raise ApiError(400, "INVALIDJOBSTATE", f"Invalid job state transition from {job.state}")
            job.state = "Aborted"
            return json_answer(job.info())

    def delete(self, _request: Request, job_id: str) -> Answer:
        """Answer ``DELETE /jobs/query/{id}``."""
        self._find(job_id)
        del self._jobs[job_id]
        return Answer(status=204)

    def results(self, request: Request, job_id: str) -> Answer:
        """Answer ``GET /jobs/query/{id}/results``: a page, with the locator of the next or the word null."""
        job = self._find(job_id)
        if job.state != "JobComplete":
            raise ApiError(400, "INVALIDJOBSTATE", f"Job state {job.state} has no results yet")
        start = int(request.query.get("locator", "0"))
        rows = job.found.rows[start : start + int(request.query.get("maxRecords", "50000"))]
        end = start + len(rows)
        cells = ([bulk_value(row.get(name)) for name in job.found.names] for row in rows)
        return Answer(
            body=write_csv(job.found.names, cells, job.delimiter, job.line_ending),
            headers={
                "Content-Type": "text/csv",
                "Sforce-Locator": str(end) if end < len(job.found.rows) else "null",
                "Sforce-NumberOfRecords": str(len(rows)),
            },
        )

    def _find(self, job_id: str) -> QueryJob:
        if job_id not in self._jobs:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return self._jobs[job_id]
