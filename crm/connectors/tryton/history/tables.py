"""The contract's tables out of the revisions of a lead: what it is now, what it was, how it ended, and what sales answered.

In Tryton a lead and its opportunity are one record that changes its state. A time in which it is open is one row of
opportunities; it ends when it is won, lost or cancelled, dated by the revision and not by the end date that people edit.
Leaves out the reading (``revisions.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from leadq.crm.connectors.tryton.history.revisions import Revision
from leadq.crm.contract.crm_tables import WITHDRAWN

OUTCOMES = {"won": "won", "lost": "lost", "cancelled": "lost"}
"""States that close a lead; one that was cancelled is lost with that as its reason."""
READ = ("state", "party", "employee", "amount", "currency", "lq_decision", "lq_rejection_reason")
_CONTRACT = {"state": "status", "party": "account_id", "employee": "owner"}
_QUALIFIED = frozenset({"opportunity", "converted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is made of fields.

    Parameters
    ----------
    own : mapping of str to str
        Column by field of the company's own.
    currencies : mapping of str to str
        Code by Tryton's number.
    """

    own: Mapping[str, str]
    currencies: Mapping[str, str]

    @property
    def columns(self) -> dict[str, str]:
        """Column by field, of all that may change."""
        return {**_CONTRACT, **self.own}


def lead_row(revisions: Sequence[Revision], reading: Reading) -> dict[str, Any]:
    """Return a lead as it is now."""
    last = revisions[-1].values
    closed = [end for _, end in _open_times(revisions)][-1]
    return {
        "lead_id": str(revisions[0].lead),
        "created_at": revisions[0].moment,
        "closed_at": closed.moment if closed else None,
        **{column: last[name] for name, column in reading.columns.items()},
    }


def opportunity_rows(revisions: Sequence[Revision], reading: Reading) -> Iterator[dict[str, Any]]:
    """Yield a row for each time in which the lead was an opportunity, or open and then closed."""
    for number, (begun, end) in enumerate(_open_times(revisions), start=1):
        within = [one for one in revisions if one.moment >= begun.moment and (end is None or one.moment < end.moment)]
        qualified = next((one for one in within if one.values["state"] in _QUALIFIED), None)
        if end is None and qualified is None and number == 1:
            continue
        last = (end or within[-1]).values
        state = str(last["state"])
        yield {
            "opportunity_id": f"{begun.lead}.{number}",
            "lead_id": str(begun.lead),
            "account_id": last["party"],
            "created_at": (qualified or begun).moment if number == 1 else begun.moment,
            "closed_at": end.moment if end else None,
            "outcome": OUTCOMES.get(state, "open"),
            "amount": float(last["amount"]) if last["amount"] else None,
            "currency": reading.currencies.get(last["currency"] or ""),
            "stage": state,
            "loss_reason": "cancelled" if state == "cancelled" else None,
        }


def change_rows(revisions: Sequence[Revision], reading: Reading, since: datetime) -> Iterator[dict[str, Any]]:
    """Yield every change of a field; the very first lead says since when there is a history, which is always."""
    if revisions[0].moment == since:
        for name, column in reading.columns.items():
            yield _change(revisions[0], column, None, revisions[0].values[name])
    for before, after in pairwise(revisions):
        for name, column in reading.columns.items():
            if before.values[name] != after.values[name]:
                yield _change(after, column, before.values[name], after.values[name])


def touch_rows(revisions: Sequence[Revision], our_user: int) -> Iterator[dict[str, Any]]:
    """Yield what shows that sales worked a lead: a person made it an opportunity. Closing it is an outcome and no work."""
    for before, after in pairwise(revisions):
        turned = before.values["state"] != after.values["state"]
        if turned and after.values["state"] == "opportunity" and after.user != our_user:
            yield {
                "lead_id": str(after.lead),
                "occurred_at": after.moment,
                "kind": "qualified",
                "rep": str(after.user),
            }


def disposition_rows(revisions: Sequence[Revision]) -> Iterator[dict[str, Any]]:
    """Yield each answer of sales, the first as well as later ones, and when one was taken back: the decision was emptied."""
    before: tuple[str | None, str | None] = (None, None)
    for one in revisions:
        answer = (one.values["lq_decision"], one.values["lq_rejection_reason"])
        if answer != before and (answer[0] or before[0]):
            yield {
                "lead_id": str(one.lead),
                "decided_at": one.moment,
                "decision": answer[0] or WITHDRAWN,
                "reason": answer[1] if answer[0] == "rejected" else None,
                "rep": str(one.user),
                "channel": "crm",
            }
        before = answer


def _open_times(revisions: Sequence[Revision]) -> list[tuple[Revision, Revision | None]]:
    """Return when a lead began to be open and the revision that closed it, None while it is open."""
    times: list[tuple[Revision, Revision | None]] = []
    begun: Revision | None = revisions[0]
    for one in revisions:
        closed = one.values["state"] in OUTCOMES
        if begun is None and not closed:
            begun = one
        elif begun is not None and closed:
            times.append((begun, one))
            begun = None
    return [*times, (begun, None)] if begun is not None else times


def _change(revision: Revision, column: str, old: str | None, new: str | None) -> dict[str, Any]:
    return {
        "entity": "lead",
        "entity_id": str(revision.lead),
        "field": column,
        "changed_at": revision.moment,
        "old_value": old,
        "new_value": new,
    }
