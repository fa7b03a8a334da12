"""Trials that only read: errors, limits, moments, deleted and merged leads, bulk queries."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from leadq.crm.connectors.salesforce.calls import Call
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.sending.bulk_protocol import is_job_id
from leadq.crm.connectors.salesforce.trials.trial import NO_LEAD, answered, queried, refused, told, waited
from leadq.crm.connectors.verification import Finding, finding
from leadq.foundation.plurals import counted


def who(connection: Connection) -> dict[str, str]:
    """Return who we are, where, and what is left of the day's calls.

    Raises
    ------
    LeadqError
        We are not let in.
    """
    limits: Mapping[str, Any] = connection.read(Call(method="GET", path="limits"), dict)
    found = {"domain": connection.who.domain, "api_version": connection.who.version}
    for name in ("DailyApiRequests", "DailyBulkApiBatches", "DailyBulkV2QueryJobs"):
        one = limits.get(name)
        if isinstance(one, Mapping):
            found[name] = f"{one.get('Remaining')} of {one.get('Max')} left"
    return found


def calls(connection: Connection) -> Iterator[Finding]:
    """Try what every call relies on."""
    limits = answered(connection, "GET", "limits")
    usage = limits.headers.get("Sforce-Limit-Info", "")
    yield finding(
        "every answer says in Sforce-Limit-Info how many calls are spent", "api-usage=" in usage, usage or "no header"
    )
    daily = limits.json().get("DailyApiRequests") or {}
    yield finding("/limits names the daily calls", {"Max", "Remaining"} <= set(daily), ", ".join(sorted(daily)))
    wrong = answered(connection, "GET", "query", parameters={"q": "SELECT LQ_No_Such_Field__c FROM Lead LIMIT 1"})
    is_list = isinstance(wrong.json(), list)
    yield finding("an error is a JSON list with errorCode", is_list and refused(wrong, "INVALID_FIELD"), told(wrong))
    expired = answered(connection, "GET", "limits", token="ended")  # noqa: S106 - none
    says_so = expired.status_code == 401 and "INVALID_SESSION_ID" in expired.text
    yield finding("a token that has ended is refused with 401 INVALID_SESSION_ID", says_so, told(expired))


def leads(connection: Connection) -> Iterator[Finding]:
    """Try how leads are read."""
    rows = queried(connection, "SELECT Id, CreatedDate FROM Lead LIMIT 1")
    moment = str(rows[0]["CreatedDate"]) if rows else ""
    holds = moment.endswith("+0000") if rows else None
    yield finding("REST writes moments with +0000", holds, moment or "there is no lead", harmless=moment.endswith("Z"))
    merged = queried(
        connection, "SELECT Id, IsDeleted, MasterRecordId FROM Lead WHERE MasterRecordId != null LIMIT 1", all_rows=True
    )
    what = "queryAll shows a merged lead as deleted, with the id of the one it went into"
    if not merged:
        yield finding(what, None, "no merged lead in the recycle bin: merge two leads and run again")
    else:
        yield finding(what, merged[0]["IsDeleted"] is True, f"IsDeleted {merged[0]['IsDeleted']}")


def bulk_queries(connection: Connection) -> Iterator[Finding]:
    """Try a bulk query, and one that finds nothing."""
    job, page, rows = _bulk_query(connection, "SELECT Id, CreatedDate FROM Lead LIMIT 3")
    yield finding("the id of a job begins with 750", is_job_id(str(job["id"])), job["id"])
    yield finding("a query job names the user who made it", bool(job.get("createdById")), job.get("createdById", "no"))
    kind = page.headers.get("Content-Type", "")
    plain = "charset" not in kind.lower()
    yield finding(
        "results of a query are text/csv and name no charset", "csv" in kind and plain, kind, harmless="csv" in kind
    )
    ends = page.headers.get("Sforce-Locator", "no header")
    yield finding("the last page has the locator null", ends == "null", ends)
    said = page.headers.get("Sforce-NumberOfRecords", "no header")
    agrees = said == str(len(rows) - 1)
    yield finding("a page says how many rows it holds", agrees, f"{said} for {len(rows) - 1}", harmless=True)
    processed = job.get("numberRecordsProcessed")
    yield finding("a query job counts all its rows", processed == len(rows) - 1, f"{processed} for {len(rows) - 1}")
    if len(rows) > 1:
        yield finding(
            "bulk writes moments with Z", rows[1][1].endswith("Z"), rows[1][1], harmless="+0000" in rows[1][1]
        )
    _, page, rows = _bulk_query(connection, f"SELECT Id FROM Lead WHERE Id = '{NO_LEAD}'")  # noqa: S608 - our own
    yield finding("a query without rows answers its header alone", rows == [["Id"]], counted(len(rows), "line"))


def _bulk_query(connection: Connection, query: str) -> tuple[dict[str, Any], Any, list[list[str]]]:
    body = {"operation": "queryAll", "query": query, "columnDelimiter": "COMMA", "lineEnding": "LF"}
    made = answered(connection, "POST", "jobs/query", body=body).json()
    path = f"jobs/query/{made['id']}"
    job = waited(connection, path)
    page = answered(connection, "GET", f"{path}/results", parameters={"maxRecords": "1000"})
    answered(connection, "DELETE", path)
    return job, page, [row for row in csv.reader(io.StringIO(page.content.decode("utf-8"), newline="")) if row]
