"""Records of HubSpot to rows of the contract's tables: pure, the same records give the same rows.

Four traps of HubSpot decide how:

- A contact is tied to a company by hand too, often when a deal is made. Its account is the company it had within an hour of coming
  in (HubSpot ties by the e-mail's domain), else none: *has an account* would tell the model who was taken seriously.
- ``closedate`` is edited by people. The clock of an outcome is when the deal's stage last turned into it.
- ``hs_timestamp`` of an engagement is when it was planned or happened; what was known is when it was put in.
- A merge makes a new record: it came in when the older of ``createdAt`` and ``createdate`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from leadq.crm.connectors.hubspot.history.pages import Record
from leadq.crm.connectors.hubspot.history.property_versions import Version, changes, value_at
from leadq.crm.connectors.hubspot.history.queries import (
    COMPANY,
    DIRECTIONS,
    EMAIL_DOMAIN,
    EVENT_DATES,
    FIRST_FORM,
    FIRST_FORM_DATE,
    FORM,
    FORM_DATE,
    INBOUND,
    OWNER,
    HistorySettings,
)
from leadq.crm.connectors.hubspot.history.records import came_in, is_cut, merged_ids, now, of, survivor
from leadq.crm.connectors.hubspot.properties import DECISION, REJECTION_REASON
from leadq.crm.connectors.hubspot.sending.target import MERGED
from leadq.crm.connectors.hubspot.sending.values import as_moment
from leadq.crm.contract.crm_tables import WITHDRAWN

CAME_WITH = timedelta(hours=1)
ONE_ANSWER = timedelta(minutes=10)
"""Decision and reason set within this time are one answer."""
ENTITIES = {"contacts": "lead", "companies": "account"}
_OUT = {"call": "out", "email": "out"}
_SAME_WRITE = timedelta(seconds=5)

Row = dict[str, Any]


def lead(one: Record, settings: HistorySettings, into: Mapping[str, str]) -> Row:
    """Return the row of a contact; ``into`` says which companies were merged into which."""
    created = came_in(one)
    company = survivor(value_at(of(one, COMPANY), created + CAME_WITH), into) if created else None
    tracked = {column: now(one, name) for name, column in settings.lead_names.items()}
    domain = (
        str(one["properties"].get(EMAIL_DOMAIN) or "").rpartition("@")[2].lower()
    )  # a domain, whatever stands there
    named = {"lead_id": one["id"], "created_at": created, "account_id": company, "email_domain": domain or None}
    return {**tracked, **named}


def account(one: Record, settings: HistorySettings) -> Row:
    """Return the row of a company."""
    row: Row = {column: now(one, name) for name, column in settings.account_names.items()}
    numbers = {column: _number(row[column]) for column in ("employees", "annual_revenue")}
    named = {key: one["properties"].get(key) or None for key in ("name", "domain")}
    return {**row, **numbers, **named, "account_id": one["id"]}


def field_changes(one: Record, kind: str, names: Mapping[str, str]) -> Iterator[Row]:
    """Yield every recorded change of a record's properties, the first value included."""
    entity = ENTITIES[kind]
    for name, column in names.items():
        for moment, old, new in changes(of(one, name), is_cut=is_cut(one, kind, name)):
            yield {"entity": entity, "entity_id": one["id"], "field": column, "changed_at": moment,
                   "old_value": old, "new_value": new}  # fmt: skip


def contact_events(one: Record) -> Iterator[Row]:
    """Yield what a contact did, as far as its properties keep it: forms, opened and clicked e-mails, visits."""
    forms = of(one, FORM)
    seen = set()
    for name, kind in EVENT_DATES.items():
        for version in of(one, name):
            occurred = as_moment(version.value) if version.value else None
            if occurred is None or (kind, occurred) in seen:
                continue
            seen.add((kind, occurred))
            topic = value_at(forms, version.since + _SAME_WRITE) if name == FORM_DATE else None
            yield _event(one["id"], kind, occurred, version.since, topic=topic)
    for version in of(one, FIRST_FORM_DATE)[:1]:  # the history of the last one may no longer reach back to the first
        occurred = as_moment(version.value) if version.value else None
        if occurred is not None and (EVENT_DATES[FORM_DATE], occurred) not in seen:
            yield _event(one["id"], EVENT_DATES[FORM_DATE], occurred, version.since, topic=now(one, FIRST_FORM))


def dispositions(one: Record) -> Iterator[Row]:
    """Yield what sales decided about a contact: changes of the decision, of the reason where it came alone, and what was taken back."""
    decided, reasons = of(one, DECISION), of(one, REJECTION_REASON)
    rejected = []
    for version in decided:
        if version.value not in ("accepted", "rejected"):
            continue
        reason = None
        if version.value == "rejected":
            rejected.append(version.since)
            reason = value_at(reasons, version.since + ONE_ANSWER)
        yield _disposition(one["id"], version, version.value, reason)
    for version in reasons:
        if version.value and not any(abs(version.since - moment) <= ONE_ANSWER for moment in rejected):
            yield _disposition(one["id"], version, "rejected", version.value)
    for version in _emptied(decided, reasons):
        yield _disposition(one["id"], version, WITHDRAWN, None)


def _emptied(decided: Sequence[Version], reasons: Sequence[Version]) -> list[Version]:
    """Return when an answer was taken back: the decision was emptied, or the reason where no decision stands beside it."""
    emptied = [after for before, after in pairwise(decided) if before.value and not after.value]
    alone = [
        after
        for before, after in pairwise(reasons)
        if before.value
        and not after.value
        and value_at(decided, after.since + ONE_ANSWER) is None
        and not any(abs(after.since - one.since) <= ONE_ANSWER for one in emptied)
    ]
    return [*emptied, *alone]


def aliases(one: Record) -> Iterator[Row]:
    """Yield which contacts were merged into this one, and when its list first named them."""
    found = of(one, MERGED)
    for old in sorted({name for version in found for name in merged_ids(version.value)}):
        since = next(version.since for version in found if old in merged_ids(version.value))
        yield {"old_lead_id": old, "lead_id": one["id"], "merged_at": since}


def is_inbound(one: Record) -> bool:
    """Return whether an engagement is what the buyer did."""
    return any(str(one["properties"].get(name) or "").upper() in INBOUND for name in DIRECTIONS)


def engagement(one: Record, kind: str, known: Mapping[str, datetime]) -> Iterator[Row]:
    """Yield an engagement once for each contact it is tied to: an event where the buyer acted, else a touch."""
    given = one["properties"]
    put_in = as_moment(given.get("hs_createdate")) or as_moment(one["created_at"])
    happened = as_moment(given.get("hs_timestamp")) or put_in
    if put_in is None or happened is None:
        return
    for lead_id in one["tied"].get("contacts", ()):
        if lead_id not in known:
            continue
        if is_inbound(one):
            yield _event(lead_id, f"inbound_{kind}", min(happened, put_in), put_in)
        else:
            yield {
                "lead_id": lead_id,
                "occurred_at": put_in,
                "kind": kind,
                "direction": _OUT.get(kind),
                "rep": given.get(OWNER) or None,
            }


def _event(lead_id: str, kind: str, occurred: datetime, known: datetime, *, topic: str | None = None) -> Row:
    return {"lead_id": lead_id, "occurred_at": occurred, "kind": kind, "known_at": max(known, occurred), "topic": topic}


def _disposition(lead_id: str, version: Version, decision: str, reason: str | None) -> Row:
    return {"lead_id": lead_id, "decided_at": version.since, "decision": decision, "reason": reason, "rep": version.by,
            "channel": "crm"}  # fmt: skip


def _number(value: str | None) -> float | None:
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None
