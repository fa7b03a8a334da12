"""Batches of up to 100 records: updated by id, each row with an outcome of its own, and read.

An answer of success may hold errors (207). What it neither confirms nor names is unknown. A batch that is refused as a whole is
halved until the row that caused it stands alone. A record that was merged since we looked is written as the one it was merged into:
that one is then ``unknown`` too, whether it is a row of the call or not. Leaves out which rows and when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from leadq.crm.connectors.hubspot.errors import HubspotRefusedError, row_state, shown
from leadq.crm.connectors.hubspot.sending.values import is_id
from leadq.crm.connectors.hubspot.session import Call, Session, objects, part, results_of
from leadq.crm.connectors.protocol import RowOutcome

ROWS_PER_CALL = 100
OVERWRITTEN = RowOutcome(key="", state="unknown", code="OVERWRITTEN", text="a lead merged into it has overwritten it")
Sendable = tuple[str, Mapping[str, str]]
"""Id and values."""


class Read(NamedTuple):
    """Records that came, and the ids of which an error keeps us from knowing whether they are there."""

    records: list[Mapping[str, Any]]
    unsure: set[str]


def update(session: Session, kind: str, rows: Sequence[Sendable]) -> list[RowOutcome]:
    """Update at most 100 records and return one outcome a row, and one of each other record that was written, in order of time.

    Raises
    ------
    HubspotRefusedError
        The whole call is refused for a cause that is in no single row.
    """
    inputs = [{"id": key, "properties": dict(values), "objectWriteTraceId": key} for key, values in rows]
    call = Call(method="POST", path=f"/crm/v3/objects/{kind}/batch/update", body={"inputs": inputs})
    try:
        document = session.ask(call)
    except HubspotRefusedError as error:
        if not error.is_of_a_row:
            raise
        if len(rows) == 1:
            code = shown(error.said.get("category") or "REFUSED")
            text = shown(error.said.get("message") or "")
            return [RowOutcome(key=rows[0][0], state=row_state(code), code=code, text=text)]
        half = len(rows) // 2
        return [*update(session, kind, rows[:half]), *update(session, kind, rows[half:])]
    return _reconciled([key for key, _ in rows], results_of(call, document), objects(call, document, "errors"))


def read(session: Session, kind: str, ids: Sequence[str], names: Sequence[str]) -> Read:
    """Return records by id, those that are there; a merged one comes under the id of the one that survived."""
    found = Read([], set())
    for first in range(0, len(ids), ROWS_PER_CALL):
        asked = ids[first : first + ROWS_PER_CALL]
        body = {"inputs": [{"id": one} for one in asked], "properties": list(names), "propertiesWithHistory": []}
        call = Call(method="POST", path=f"/crm/v3/objects/{kind}/batch/read", body=body)
        document = session.ask(call)
        found.records.extend(
            {**one, "properties": part(call, one, "properties", dict)} for one in results_of(call, document)
        )
        errors = [(error.get("category"), _named(error)) for error in objects(call, document, "errors")]
        gone = {key for category, named in errors if category == "OBJECT_NOT_FOUND" for key in named}
        for _, named in errors:
            found.unsure.update({*(named or asked)} - gone)
    return found


def _reconciled(
    keys: Sequence[str], results: Sequence[Mapping[str, Any]], errors: Sequence[Mapping[str, Any]]
) -> list[RowOutcome]:
    found: dict[str, RowOutcome] = {}
    overwritten: set[str] = set()
    written: set[str] = set()
    for one in results:
        record = str(one.get("id"))
        key = str(one.get("objectWriteTraceId") or record)
        found[key] = RowOutcome(key=key, state="ok")
        if record in written or record not in keys:
            overwritten.add(record)
        written.add(record)
        if key != record:  # merged since we looked: its values now stand at the one that survived
            found[key] = RowOutcome(key=key, state="rejected", code="MERGED", text=f"merged into {shown(record)}")
            overwritten.add(record)
    unnamed = ""
    for error in errors:
        code, text = shown(error.get("category") or "UNKNOWN_ERROR"), shown(error.get("message") or "")
        named = _named(error)
        unnamed = unnamed if named else f"{code} {text}"
        found |= {key: RowOutcome(key=key, state=row_state(code), code=code, text=text) for key in named}
    lost = RowOutcome(key="", state="unknown", code="NO_ANSWER", text=unnamed or "the answer does not name it")
    told = {key: found.get(key, lost) for key in keys}
    told |= {record: OVERWRITTEN for record in sorted(overwritten) if is_id(record)}
    return [_of(key, outcome) for key, outcome in told.items()]


def _of(key: str, outcome: RowOutcome) -> RowOutcome:
    return RowOutcome(key=key, state=outcome.state, code=outcome.code, text=outcome.text)


def _named(error: Mapping[str, Any]) -> list[str]:
    """Return the rows that an error is about: ids, or the trace ids we sent, which are the same."""
    context = error.get("context")
    if not isinstance(context, dict):
        return []
    named = []
    for name in ("objectWriteTraceId", "ids", "id"):
        value = context.get(name)
        named += [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
    return named
