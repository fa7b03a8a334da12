"""Deals to opportunities: what a stage means, when the deal turned into its outcome, and whose deal it is.

Stages are a company's own; what they mean stands in the pipelines. A stage that is in no pipeline any more is judged by what
HubSpot itself keeps at the deal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from leadq.crm.connectors.hubspot.history.pages import Record
from leadq.crm.connectors.hubspot.history.property_versions import Version, current, versions
from leadq.crm.connectors.hubspot.history.queries import STAGE
from leadq.crm.connectors.hubspot.history.records import survivor
from leadq.crm.connectors.hubspot.history.tables import Row
from leadq.crm.connectors.hubspot.sending.values import as_moment
from leadq.crm.connectors.hubspot.session import Call, Session

_AT_ONCE = timedelta(days=1)
"""A contact put in so long after the deal may still be the one who led to it."""


def stages(session: Session) -> dict[str, str]:
    """Return what each stage of a deal means: won, lost or open."""
    found = {}
    for pipeline in session.results(Call(method="GET", path="/crm/v3/pipelines/deals")):
        for stage in pipeline.get("stages") or ():
            found[str(stage.get("id"))] = _outcome(stage.get("metadata") or {})
    return found


def opportunity(
    one: Record, meaning: Mapping[str, str], created: Mapping[str, datetime], into: Mapping[str, str]
) -> Row:
    """Return the row of a deal.

    Parameters
    ----------
    one : Record
    meaning : mapping of stage to outcome
    created : mapping of contact to datetime
        When each came in.
    into : mapping of str to str
        Companies that were merged, and what they were merged into.
    """
    given, made = one["properties"], as_moment(one["created_at"])
    stage_versions = versions(one["history"].get(STAGE) or ())
    stage = current(stage_versions, given, STAGE)
    outcome = meaning.get(stage or "") or _kept(given)
    closed = None
    if outcome != "open":
        closed = _turned(stage_versions, outcome, meaning) or as_moment(given.get("closedate"))
    return {
        "opportunity_id": one["id"],
        "lead_id": _whose(one["tied"].get("contacts", ()), made, created),
        "account_id": survivor(next(iter(one["tied"].get("companies", ())), None), into),
        "created_at": made,
        "closed_at": closed,
        "outcome": outcome,
        "amount": _amount(given.get("amount")),
        "currency": given.get("deal_currency_code") or None,
        "stage": stage,
        "loss_reason": (given.get("closed_lost_reason") or None) if outcome == "lost" else None,
    }


def _outcome(metadata: Mapping[str, Any]) -> str:
    try:
        chance = float(metadata.get("probability", ""))
    except (TypeError, ValueError):
        chance = 0.5
    closed = str(metadata.get("isClosed", "true" if chance in (0.0, 1.0) else "false")).lower() == "true"
    if not closed:
        return "open"
    return "won" if chance >= 1.0 else "lost"


def _kept(given: Mapping[str, Any]) -> str:
    """Return what HubSpot keeps of the outcome."""
    if str(given.get("hs_is_closed_won")).lower() == "true":
        return "won"
    return "lost" if str(given.get("hs_is_closed")).lower() == "true" else "open"


def _turned(found: Sequence[Version], outcome: str, meaning: Mapping[str, str]) -> datetime | None:
    """Return when the stage last turned into the outcome, or None where no recorded stage means it.

    What follows it may mean another: after a merge the history of the other deal stands beside it.
    """
    turned, before = None, ""
    for version in found:
        now = meaning.get(version.value or "", "")
        if now == outcome and before != outcome:
            turned = version.since
        before = now
    return turned


def _whose(contacts: Iterable[str], made: datetime | None, created: Mapping[str, datetime]) -> str | None:
    """Return the contact that came in last before the deal; none where all came later, so that the account decides."""
    if made is None:
        return None
    before = [(created[one], int(one) if one.isdecimal() else 0, one) for one in contacts if one in created]
    return max((one for one in before if one[0] <= made + _AT_ONCE), default=(None, 0, None))[2]


def _amount(written: object) -> float | None:
    try:
        return float(str(written)) if written not in (None, "") else None
    except ValueError:
        return None
