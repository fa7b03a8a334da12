"""A chunk's way through a bulk job, one step a call, taken up again wherever a run was killed.

made (Open) -> uploaded -> closed -> over -> results. What is kept between steps: the job, the last step that was confirmed
and a fingerprint of the file. After a silence or a new start we look at the job: one that is still Open without a confirmed
upload is aborted and made again, since nobody can say whether all rows arrived; a job that is gone is made again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from leadq.crm.connectors.protocol import RowOutcome, Step
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError, UnansweredError
from leadq.crm.connectors.salesforce.sending import bulk_protocol as ingest
from leadq.crm.connectors.salesforce.sending.collections import Sendable
from leadq.crm.connectors.salesforce.sending.job_results import outcomes
from leadq.foundation.problems import Problem, TargetPausedError

Remote = Mapping[str, str | int | float | None]
_MOST_DETOURS = 12
"""Of one chunk in one run: jobs made again, closings that went unheard."""
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 2.0, 30.0
_MOST_POLLS = 720
"""About six hours; a later run goes on waiting for the same job."""
_ORPHAN_AGE = timedelta(hours=1)
_AGAIN = "Nothing was lost. Run the same command again later."


class BulkSteps:
    """Steps of chunks that go by bulk jobs; one object a run, which knows what this process has begun itself."""

    def __init__(self, connection: Connection, *, first_wait_seconds: float = _FIRST_WAIT_SECONDS) -> None:
        self._connection = connection
        self._first_wait_seconds = first_wait_seconds
        self._fresh: set[str] = set()
        self._detours: Counter[str] = Counter()
        self._polls: Counter[str] = Counter()
        self._swept = False
        self._written: tuple[Sequence[Sendable], bytes] | None = None

    def step(self, name: str, rows: Sequence[Sendable], remote: Remote) -> Step:
        """Take the next step.

        Parameters
        ----------
        name : str
            Of the chunk, for counting.
        rows : sequence of id and values
            At least one, the same in every step.
        remote : mapping
            What the last step gave, or an empty one.
        """
        job_id, state = str(remote.get("job") or ""), remote.get("state")
        if not ingest.is_job_id(job_id) or state not in ("made", "uploaded", "closed"):
            return self._make(rows)
        if state == "made":
            return self._upload(name, job_id, rows, remote)
        if state == "uploaded":
            return self._close(name, job_id, remote)
        return self._follow(name, job_id, rows, remote)

    def end(self, keys: Sequence[str], remote: Remote) -> Step:
        """Take a step towards the end of a job that an earlier run began: abort one that waits for rows, wait for one that runs.

        Parameters
        ----------
        keys : sequence of str
            Of the chunk's leads.
        remote : mapping
            What that run kept.
        """
        job_id = str(remote.get("job") or "")
        job = ingest.look(self._connection, job_id) if ingest.is_job_id(job_id) else None
        if job is not None and job.state == "Open":
            with suppress(SalesforceRefusedError):  # it may have gone on meanwhile; the next look will tell
                ingest.abort(self._connection, job_id)
                return _nothing_written(keys)
            return Step(remote=remote, wait_seconds=self._first_wait_seconds)
        if job is None or (job.state == "Aborted" and not job.processed):
            return _nothing_written(keys)
        if job.is_over:
            return Step(remote=remote, outcomes=outcomes(self._connection, job, keys))
        self._polls[job_id] += 1
        wait = min(self._first_wait_seconds * 1.5 ** min(self._polls[job_id], 20), _LONGEST_WAIT_SECONDS)
        return Step(remote=remote, wait_seconds=wait)

    def _make(self, rows: Sequence[Sendable]) -> Step:
        content = self._file(rows)
        job = ingest.create(self._connection)
        self._fresh.add(job.id)
        return Step(remote={"job": job.id, "state": "made", "sha": _fingerprint(content)})

    def _file(self, rows: Sequence[Sendable]) -> bytes:
        """Return the file of rows, the last one kept: it is needed when a job is made and when it is filled."""
        if self._written is None or self._written[0] is not rows:
            self._written = (rows, ingest.csv_bytes(rows))
        return self._written[1]

    def _upload(self, name: str, job_id: str, rows: Sequence[Sendable], remote: Remote) -> Step:
        content = self._file(rows)
        if job_id not in self._fresh or remote.get("sha") != _fingerprint(content):
            return self._looked(name, job_id, remote)
        self._fresh.discard(job_id)
        try:
            ingest.upload(self._connection, job_id, content)
        except UnansweredError:
            return self._looked(name, job_id, remote)
        except SalesforceRefusedError as error:
            if error.code != ingest.WRONG_STATE and error.status != 404:
                raise
            return self._looked(name, job_id, remote)
        return Step(remote={**remote, "state": "uploaded"})

    def _close(self, name: str, job_id: str, remote: Remote) -> Step:
        try:
            ingest.close(self._connection, job_id)
        except UnansweredError:
            return self._looked(name, job_id, remote)
        except SalesforceRefusedError as error:
            if error.code != ingest.WRONG_STATE and error.status != 404:
                raise
            return self._looked(name, job_id, remote)
        return Step(remote={**remote, "state": "closed"}, wait_seconds=self._first_wait_seconds)

    def _looked(self, name: str, job_id: str, remote: Remote) -> Step:
        """Find out where a job stands, and go on from there."""
        self._detours[name] += 1
        if self._detours[name] > _MOST_DETOURS:
            rule = f"must accept a chunk after {_MOST_DETOURS} new attempts"
            raise TargetPausedError(Problem(where=f"salesforce job {job_id}", rule=rule, remedy=_AGAIN))
        job = ingest.look(self._connection, job_id)
        if job is None or job.state == "Aborted":
            return Step(remote={})
        if job.state != "Open":
            return Step(remote={**remote, "state": "closed"})
        if remote.get("state") == "uploaded":
            return Step(remote=remote, wait_seconds=self._first_wait_seconds)
        with suppress(SalesforceRefusedError):  # it may have gone on meanwhile; a new look will tell
            ingest.abort(self._connection, job_id)
            return Step(remote={})
        return Step(remote=remote, wait_seconds=self._first_wait_seconds)

    def _follow(self, name: str, job_id: str, rows: Sequence[Sendable], remote: Remote) -> Step:
        job = ingest.look(self._connection, job_id)
        if job is not None:
            self._sweep(job)
        if job is None or job.state == "Open":  # gone after seven days, or never closed after all
            return self._looked(name, job_id, {**remote, "state": "made" if job is None else "uploaded"})
        if job.is_over:
            return Step(remote=remote, outcomes=outcomes(self._connection, job, [key for key, _ in rows]))
        self._polls[job_id] += 1
        if self._polls[job_id] > _MOST_POLLS:
            rule = "must finish within six hours"
            raise TargetPausedError(
                Problem(where=f"salesforce job {job_id}", rule=rule, value=job.state, remedy=_AGAIN)
            )
        wait = min(self._first_wait_seconds * 1.5 ** min(self._polls[job_id], 20), _LONGEST_WAIT_SECONDS)
        return Step(remote=remote, wait_seconds=wait)

    def _sweep(self, mine: ingest.Job) -> None:
        """Abort jobs of our user that were opened over an hour ago and never filled: runs killed before they heard the id."""
        if self._swept:
            return
        self._swept = True
        before = self._connection.patience.now() - _ORPHAN_AGE
        with suppress(SalesforceRefusedError, TargetPausedError):  # it is housekeeping: the next night does it too
            for job in ingest.open_jobs(self._connection):
                if job.is_ours and job.created_by == mine.created_by and _is_older(job.created_at, before):
                    ingest.abort(self._connection, job.id)


def _nothing_written(keys: Sequence[str]) -> Step:
    text = "the job of an earlier run was ended"
    return Step(outcomes=tuple(RowOutcome(key=key, state="unknown", code="JOB_ENDED", text=text) for key in keys))


def _is_older(written: str, moment: datetime) -> bool:
    try:
        created = datetime.fromisoformat(written)
    except ValueError:
        return False
    return created.tzinfo is not None and created < moment


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
