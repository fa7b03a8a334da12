"""The one trial that writes: a lead's present values of our fields are written again, by Collections and by a bulk job of one row.

Nothing should change but when and by whom the lead was last modified. Not while a delivery runs: it would write what it read before,
so whoever calls holds the delivery's lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from leadq.crm.connectors.protocol import RowOutcome, TargetField, TargetRow, Value
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError
from leadq.crm.connectors.salesforce.sending.bulk_protocol import csv_bytes
from leadq.crm.connectors.salesforce.sending.collections import update
from leadq.crm.connectors.salesforce.sending.held_fields import ALLOWED, held_fields
from leadq.crm.connectors.salesforce.sending.values import as_read, is_id, same_lead, sendable
from leadq.crm.connectors.salesforce.trials.jobs import rows_in
from leadq.crm.connectors.salesforce.trials.trial import OVER, answered, new_job, queried, told, waited
from leadq.crm.connectors.verification import Finding, finding
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem, UsageError

_WATCHED = ("OwnerId", "Status", "LQ_Tier_Override__c", "LQ_Override_Reason__c", "LQ_Rejection_Reason__c")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A lead as it stands: our values, what is watched, and who changed it last."""

    ours: dict[str, Value]
    watched: dict[str, Any]
    changed_by: str


@dataclass(slots=True)
class Writing:
    """Whether a call has written the lead, or may have, as far as we have come."""

    has: bool = False
    may_have: bool = False

    @property
    def is_done(self) -> bool | None:
        """Whether the lead was written; None where nobody can say."""
        return True if self.has else None if self.may_have else False

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Hold over the calls that write: where they break off, they may have written, unless Salesforce refused them."""
        before, self.may_have = self.may_have, True
        try:
            yield
        except SalesforceRefusedError:
            self.may_have = before
            raise
        self.may_have = before


def lead(
    connection: Connection, wanted: Sequence[TargetField], lead_id: str, *, our_user: str, writing: Writing
) -> Iterator[Finding]:
    """Write a lead's present values by both ways, and note in ``writing`` whether that came about.

    Raises
    ------
    UsageError
        There is no such lead, or it is deleted or converted.
    """
    before = _seen(connection, wanted, lead_id)
    row = sendable(TargetRow(key=lead_id, values=before.ours), held_fields(connection))
    kept = (
        {}
        if isinstance(row, RowOutcome)
        else {name: value for name, value in row.items() if value == before.ours[name]}
    )
    left_out = sorted(set(before.ours) - set(kept))
    yield finding(
        "leadq could have written every present value",
        not left_out,
        ", ".join(left_out) or counted(len(kept), "value"),
        harmless=True,
    )
    with writing.trying():
        [outcome] = update(connection, [(lead_id, kept)])
    writing.has |= outcome.state == "ok"
    writing.may_have |= outcome.state in ("unknown", "transient")
    yield finding("Collections take the row", outcome.state == "ok", f"{outcome.state} {outcome.code} {outcome.text}")
    yield from _unchanged("Collections", before, _seen(connection, wanted, lead_id), our_user)
    yield from _by_bulk(connection, lead_id, kept, writing)
    yield from _unchanged("a bulk job", before, _seen(connection, wanted, lead_id), our_user)


def _by_bulk(connection: Connection, lead_id: str, values: dict[str, Value], writing: Writing) -> Iterator[Finding]:
    with new_job(connection) as path:
        answered(connection, "PUT", f"{path}/batches", csv=csv_bytes([(lead_id, values)]))
        with writing.trying():
            answered(connection, "PATCH", path, body={"state": "UploadComplete"})
            job = waited(connection, path)
        writing.has |= job["state"] == "JobComplete" and not job["numberRecordsFailed"]
        writing.may_have |= job["state"] not in OVER
        yield finding(
            "a bulk job takes the row", (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 0), job["state"]
        )
        results = answered(connection, "GET", f"{path}/successfulResults")
        rows = rows_in(results)
        named = len(rows) == 1 and same_lead(rows[0]["sf__Id"]) == same_lead(lead_id) and rows[0]["Id"] == lead_id
        yield finding("successfulResults name it by sf__Id and by the id we sent", named, told(results))
        created = rows[0]["sf__Created"] if rows else "no row"
        yield finding("sf__Created is false for a lead that was there", created == "false", created)
        deleted = answered(connection, "DELETE", path)
        yield finding("a job that is complete can be deleted", deleted.status_code == 204, told(deleted), harmless=True)


def _unchanged(way: str, before: _Seen, after: _Seen, our_user: str) -> Iterator[Finding]:
    differing = sorted(name for name in before.ours if before.ours[name] != after.ours[name])
    yield finding(
        f"{way}: every value of ours is the same before and after", not differing, ", ".join(differing) or "the same"
    )
    moved = sorted(name for name in before.watched if before.watched[name] != after.watched[name])
    yield finding(
        f"{way}: owner, status and people's fields stay",
        not moved,
        ", ".join(moved) or f"owner {after.watched.get('OwnerId')}",
    )
    by_us = same_lead(after.changed_by) == same_lead(our_user)
    yield finding(
        f"{way}: LastModifiedById names leadq's user",
        by_us,
        f"{before.changed_by}, then {after.changed_by}",
        harmless=True,
    )


def _seen(connection: Connection, wanted: Sequence[TargetField], lead_id: str) -> _Seen:
    held = held_fields(connection)
    ours = [field.name for field in wanted if field.name in held and field.name in ALLOWED]
    watched = [name for name in _WATCHED if name in held]
    names = ", ".join(("Id", *ours, *watched, "LastModifiedById", "IsConverted"))
    found = queried(connection, f"SELECT {names} FROM Lead WHERE Id = '{lead_id}'") if is_id(lead_id) else []  # noqa: S608 - checked
    if not found or found[0]["IsConverted"]:
        rule, remedy = "must be the id of a lead that is neither deleted nor converted", "Name another lead."
        raise UsageError(Problem(where="--lead", rule=rule, value=lead_id[:40], remedy=remedy))
    return _Seen(
        ours={name: as_read(found[0][name], held[name]) for name in ours},
        watched={name: found[0][name] for name in watched},
        changed_by=str(found[0]["LastModifiedById"]),
    )
