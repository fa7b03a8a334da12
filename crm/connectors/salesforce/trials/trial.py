"""What trials of a real organisation share: an answer as it came, a job waited for, and a trial that breaks is told, not raised.

Leads that do not exist stand for leads: Salesforce treats their rows as any other up to the point where something would be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import requests

from leadq.crm.connectors.salesforce.calls import Call, Method, problem_of
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import TRANSIENT_STATUS, UnansweredError, call_class, said, shown
from leadq.crm.connectors.salesforce.sending import bulk_protocol as ingest
from leadq.crm.connectors.verification import Finding
from leadq.foundation.problems import LeadqError, UsageError

NO_LEAD = "00Q000000000000EAA"
"""An id of a lead that no organisation has."""
OVER = frozenset({"JobComplete", "Failed", "Aborted"})
_MOST_LOOKS = 60
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 10.0

Trial = Callable[[], Iterator[Finding]]


def tried(name: str, trial: Trial) -> Iterator[Finding]:
    """Yield what a trial finds; where it breaks off, what it did not come to is not confirmed."""
    try:
        yield from trial()
    except UsageError:
        raise
    except LeadqError as error:
        yield Finding(what=name, verdict="not confirmed", found=shown(error.problems[0]))
    except (TypeError, KeyError, ValueError, AttributeError, IndexError) as error:
        yield Finding(what=name, verdict="differs", found=f"an answer of another shape ({type(error).__name__})")


def answered(
    connection: Connection,
    method: Method,
    path: str,
    *,
    body: object = None,
    csv: bytes = b"",
    parameters: dict[str, str] | None = None,
    token: str = "",
) -> requests.Response:
    """Return the answer to a call, whatever it says of the call; a GET is made again while Salesforce is busy.

    Raises
    ------
    UnansweredError
        Salesforce is busy or our calls are spent: that says nothing about what is tried.
    TargetPausedError
        So it was at every try of a GET.
    """
    content = csv or (json.dumps(body).encode() if body is not None else None)
    kind = "text/csv; charset=UTF-8" if csv else "application/json"
    call = Call(method=method, path=path, content=content, content_type=kind, parameters=parameters)

    def once() -> requests.Response:
        response = connection.raw(call, token=token)
        if _is_passing(response):
            raise UnansweredError(problem_of(call, "must be answered", told(response)))
        return response

    return connection.patience.or_pause(once) if method == "GET" else once()


def _is_passing(response: requests.Response) -> bool:
    """Return whether an answer says that Salesforce is busy or our calls are spent; a bare 404 is an answer like any other."""
    if response.status_code < 300:
        return False
    error = said(response.content)
    kind = call_class(response.status_code, error)
    return response.status_code in TRANSIENT_STATUS or (
        error is not None and bool(error.code) and kind in ("transient", "throttled")
    )


@contextmanager
def new_job(connection: Connection) -> Iterator[str]:
    """Yield the path of a new bulk job, which is not left open, however its trial ends."""
    job_id = str(answered(connection, "POST", "jobs/ingest", body=ingest.SHAPE).json()["id"])
    try:
        yield f"jobs/ingest/{job_id}"
    finally:
        with suppress(LeadqError):  # a trial has told what there is to tell
            job = ingest.look(connection, job_id) if ingest.is_job_id(job_id) else None
            if job is not None and job.state == "Open":
                connection.patience.through(partial(ingest.abort, connection, job_id))


def queried(connection: Connection, query: str, *, all_rows: bool = False, path: str = "") -> list[dict[str, Any]]:
    """Return the first page of a query's rows.

    Raises
    ------
    LeadqError
        It is refused.
    """
    where = path or ("queryAll" if all_rows else "query")
    call = Call(method="GET", path=where, parameters={"q": query})
    return connection.read(call, lambda document: [dict(row) for row in document["records"]])


def told(response: requests.Response) -> str:
    """Return status and code of an answer, safe to show."""
    error = said(response.content) if response.status_code >= 300 else None
    return f"{response.status_code} {error.code}".strip() if error else str(response.status_code)


def refused(response: requests.Response, code: str) -> bool:
    """Return whether an answer is 400 with a code."""
    error = said(response.content)
    return response.status_code == 400 and error is not None and error.code == code


def waited(connection: Connection, path: str) -> dict[str, Any]:
    """Return a job once it is over, or as it stands after some minutes."""
    wait = _FIRST_WAIT_SECONDS
    for _ in range(_MOST_LOOKS):
        job: dict[str, Any] = connection.read(Call(method="GET", path=path), dict)
        if job["state"] in OVER:
            break
        connection.patience.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_WAIT_SECONDS)
    return job
