"""What became of every row of a bulk job, by key: what no results file names is unknown and is sent again.

The state of a job says nothing about its rows, and the order of results is not that of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from leadq.crm.connectors.protocol import RowOutcome
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import row_error, row_state
from leadq.crm.connectors.salesforce.sending.bulk_protocol import Job, result_rows
from leadq.crm.connectors.salesforce.sending.values import same_lead

_FETCHES = 3
_OF_THE_FILE = "InvalidBatch"
"""Opening of the message of a job that failed for its header: trying the same again is of no use."""

Rows = Sequence[Mapping[str, str]]


def outcomes(connection: Connection, job: Job, keys: Sequence[str]) -> tuple[RowOutcome, ...]:
    """Return one outcome a key of a job that is over.

    A file that lacks rows which the job counted is fetched again, three times at most.
    """
    succeeded: Rows = ()
    failed: Rows = ()
    for _ in range(_FETCHES):
        succeeded = result_rows(connection, job.id, "successfulResults")
        failed = result_rows(connection, job.id, "failedResults")
        if len(succeeded) + len(failed) >= job.processed:
            break
    unprocessed = result_rows(connection, job.id, "unprocessedrecords")
    return reconciled(job, keys, succeeded=succeeded, failed=failed, unprocessed=unprocessed)


def reconciled(
    job: Job, keys: Sequence[str], *, succeeded: Rows, failed: Rows, unprocessed: Rows
) -> tuple[RowOutcome, ...]:
    """Judge each key by the files; a row that failed is not also counted as done."""
    errors = {_key(row): row.get("sf__Error", "") for row in failed}
    done, waiting = _keys(succeeded), _keys(unprocessed)
    of_the_file = job.state == "Failed" and job.message.startswith(_OF_THE_FILE)
    found = []
    for key in keys:
        lead = same_lead(key)
        if lead in errors:
            said = row_error(errors[lead])
            found.append(RowOutcome(key=key, state=row_state(said.code), code=said.code, text=said.text))
        elif lead in done:
            found.append(RowOutcome(key=key, state="ok"))
        elif of_the_file:
            found.append(RowOutcome(key=key, state="rejected", code=_OF_THE_FILE, text=job.message))
        elif lead in waiting:
            found.append(RowOutcome(key=key, state="transient", code=f"JOB_{job.state.upper()}", text=job.message))
        else:
            found.append(RowOutcome(key=key, state="unknown", code="NOT_IN_RESULTS", text="no results file names it"))
    return tuple(found)


def _keys(rows: Iterable[Mapping[str, str]]) -> set[str]:
    return {_key(row) for row in rows}


def _key(row: Mapping[str, str]) -> str:
    """Return whose row it is: the id we sent, which comes back; Salesforce's own where it does not."""
    return same_lead(row.get("Id") or row.get("sf__Id") or "")
