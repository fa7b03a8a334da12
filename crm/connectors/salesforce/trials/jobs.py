"""Trials of what delivery relies on, with leads that do not exist, so that nothing can be written.

The Bulk API 2.0 step by step, also the wrong steps; sObject Collections; the spelling of errors.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import UNKNOWN_ERROR, row_error
from leadq.crm.connectors.salesforce.metadata.fields import SCORE
from leadq.crm.connectors.salesforce.sending.bulk_protocol import WRONG_STATE
from leadq.crm.connectors.salesforce.trials.trial import NO_LEAD, answered, new_job, refused, told, waited
from leadq.crm.connectors.verification import Finding, finding
from leadq.foundation.plurals import counted

_ERROR = re.compile(r"[A-Z][A-Z0-9_]+:.*:.*--", re.DOTALL)
_NO_LEADS = tuple(f"00Q00000000000{number}EAA" for number in range(5))
_UNKNOWN = "LQ_No_Such_Field__c"


def open_job(connection: Connection) -> Iterator[Finding]:
    """Try a job that is never filled: it is aborted and deleted again."""
    with new_job(connection) as path:
        early = answered(connection, "GET", f"{path}/failedResults")
        yield finding("results are refused before a job is over", early.status_code == 400, told(early), harmless=True)
        listed = answered(connection, "GET", "jobs/ingest", parameters={"jobType": "V2Ingest"}).json()
        there = any(path.endswith(str(job["id"])) and job["createdById"] for job in listed["records"])
        seen = (
            "it is there" if there else "not on the first page" if not listed.get("done", True) else "it is not there"
        )
        yield finding(
            "a job that waits for rows is in the list of jobs, with who made it",
            there or (None if "page" in seen else False),
            seen,
        )
        aborted = answered(connection, "PATCH", path, body={"state": "Aborted"})
        ended = aborted.status_code == 200 and aborted.json()["state"] == "Aborted"
        yield finding("an open job can be aborted", ended, told(aborted))
        late = answered(connection, "PUT", f"{path}/batches", csv=f"Id,{SCORE}\n{NO_LEAD},0\n".encode())
        yield finding(
            "an aborted job takes no rows", refused(late, WRONG_STATE), told(late), harmless=late.status_code == 400
        )
        deleted = answered(connection, "DELETE", path)
        yield finding(
            "DELETE of a job answers 204 without a body",
            deleted.status_code == 204 and not deleted.content,
            told(deleted),
            harmless=True,
        )
        gone = answered(connection, "GET", path)
        yield finding("a job that is gone answers 404", gone.status_code == 404, told(gone))


def unknown_field(connection: Connection) -> Iterator[Finding]:
    """Try a job whose header names a field that is not there, with a second upload."""
    with new_job(connection) as path:
        rows = f"Id,{_UNKNOWN}\n{NO_LEAD},0\n".encode()
        first = answered(connection, "PUT", f"{path}/batches", csv=rows)
        yield finding(
            "an upload answers 201 without a body",
            first.status_code == 201 and not first.content,
            told(first),
            harmless=first.ok,
        )
        second = answered(connection, "PUT", f"{path}/batches", csv=rows)
        yield finding("a second upload to a job is refused", refused(second, WRONG_STATE), told(second), harmless=True)
        closed = answered(connection, "PATCH", path, body={"state": "UploadComplete"})
        yield finding("closing answers the job", closed.status_code == 200 and "state" in closed.json(), told(closed))
        again = answered(connection, "PATCH", path, body={"state": "UploadComplete"})
        yield finding("closing twice is refused", refused(again, WRONG_STATE), told(again), harmless=again.ok)
        job = waited(connection, path)
        message = str(job.get("errorMessage") or "")
        fits = job["state"] == "Failed" and message.startswith("InvalidBatch") and _UNKNOWN in message
        yield finding("an unknown field fails the job with InvalidBatch", fits, f"{job['state']} {message}")
        for spelling, harmless in (("unprocessedrecords", False), ("unprocessedRecords", True)):
            left = answered(connection, "GET", f"{path}/{spelling}")
            named = left.status_code == 200 and rows_in(left) == [{"Id": NO_LEAD, _UNKNOWN: "0"}]
            yield finding(f"rows that were never tried are in {spelling}", named, told(left), harmless=harmless)


def refused_rows(connection: Connection) -> Iterator[Finding]:
    """Try a job all of whose rows are refused, since their leads do not exist."""
    with new_job(connection) as path:
        lines = "".join(f"{key},0\n" for key in _NO_LEADS)
        answered(connection, "PUT", f"{path}/batches", csv=f"Id,{SCORE}\n{lines}".encode())
        answered(connection, "PATCH", path, body={"state": "UploadComplete"})
        job = waited(connection, path)
        counts = (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"])
        yield finding(
            "a job whose rows all fail is JobComplete and counts them", counts == ("JobComplete", 5, 5), counts
        )
        failed = answered(connection, "GET", f"{path}/failedResults")
        kind = failed.headers.get("Content-Type", "")
        yield finding(
            "results are text/csv and name no charset",
            "csv" in kind and "charset" not in kind.lower(),
            kind,
            harmless="csv" in kind,
        )
        rows = rows_in(failed)
        found = [row["Id"] for row in rows]
        yield finding(
            "failed rows come back with the id we sent",
            sorted(found) == sorted(_NO_LEADS),
            counted(len(found), "row"),
        )
        order = "in the order sent" if found == [*_NO_LEADS] else "in another order"
        yield finding("rows of results come in any order", True if "another" in order else None, order)
        error = str(rows[0]["sf__Error"])
        yield finding(
            "sf__Error is CODE:message:fields --",
            _ERROR.fullmatch(error) is not None,
            error,
            harmless=row_error(error).code != UNKNOWN_ERROR,
        )
        fits = error.startswith("INVALID_CROSS_REFERENCE_KEY")
        yield finding(
            "a lead that is not there is INVALID_CROSS_REFERENCE_KEY", fits, error.partition(":")[0], harmless=True
        )
        done = answered(connection, "GET", f"{path}/successfulResults")
        yield finding(
            "results without rows are a header alone", done.status_code == 200 and not rows_in(done), told(done)
        )


def collections(connection: Connection) -> Iterator[Finding]:
    """Try sObject Collections with leads that are not there, one of them twice, and with a value of a wrong type."""
    keys = [_NO_LEADS[0], _NO_LEADS[1], _NO_LEADS[1]]
    answer = answered(connection, "PATCH", "composite/sobjects", body=_records(keys, 0))
    rows = answer.json()
    each = answer.status_code == 200 and len(rows) == 3 and not any(row["success"] for row in rows)
    yield finding("a call of Collections answers each row by itself", each, told(answer))
    codes = [str(row["errors"][0]["statusCode"]) for row in rows]
    yield finding("in the order sent, with a statusCode", codes[0] != codes[1], ", ".join(codes), harmless=True)
    yield finding(
        "an id twice in a call is DUPLICATE_VALUE", codes[1:] == ["DUPLICATE_VALUE"] * 2, codes[1], harmless=True
    )
    read = answered(connection, "POST", "composite/sobjects/Lead", body={"ids": keys[:2], "fields": ["IsConverted"]})
    nulls = read.status_code == 200 and read.json() == [None, None]
    yield finding("leads read by id are null where they are not there", nulls, told(read))
    wrong = answered(connection, "PATCH", "composite/sobjects", body=_records(keys[:1], "many"))
    yield finding(
        "a value of a wrong type refuses the whole call (JSON_PARSER_ERROR)",
        refused(wrong, "JSON_PARSER_ERROR"),
        told(wrong),
        harmless=True,
    )


def _records(keys: list[str], score: object) -> Mapping[str, Any]:
    records = [{"attributes": {"type": "Lead"}, "id": key, SCORE: score} for key in keys]
    return {"allOrNone": False, "records": records}


def rows_in(response: requests.Response) -> list[dict[str, str]]:
    """Return the rows of a results file."""
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8"), newline="")))
