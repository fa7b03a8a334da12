"""What an agreement could say and does not, with what counts instead: the terms that came after it was written."""

from __future__ import annotations

from collections.abc import Iterator

from leadq.agreement.calendar.weekly_calendar import USUAL_CALENDAR
from leadq.agreement.schema import Agreement
from leadq.agreement.terms.measured_terms import USUAL_CLOCKS, USUAL_REVIEW


def not_agreed(agreement: Agreement) -> str:
    """Return a sentence naming the keys that may be added and what counts without them; empty where there is none."""
    keys = "; ".join(_keys(agreement))
    return f"Not agreed, and may be added with a new version: {keys}." if keys else ""


def _keys(agreement: Agreement) -> Iterator[str]:
    written = {line.partition(":")[0] for line in agreement.text.splitlines() if ":" in line}
    if "calendar" not in written and agreement.calendar == USUAL_CALENDAR:
        yield "calendar (Mon-Fri 09:00-17:00 UTC counts, no holidays)"
    if agreement.owners is None:
        yield "owners"
    if "clocks" not in written and agreement.clocks == USUAL_CLOCKS:
        yield "clocks (the first source on record tells when a lead is handed over)"
    if "review" not in written and agreement.review == USUAL_REVIEW:
        yield "review (Mondays at 06:00)"
    if agreement.goal is None:
        yield "goal"
    for side, duties in agreement.duties.items():
        if "share_in_time" not in duties:
            yield f"share_in_time of {side} (acts in time are counted, not judged)"
    if "context_fields" not in agreement.duties.get("marketing", {}):
        yield "context_fields of marketing"
    if agreement.rejection_reasons and not agreement.after_rejection:
        yield "what follows a rejection"
