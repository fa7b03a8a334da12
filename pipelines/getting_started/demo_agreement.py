"""What the two sides of a simulated company agree on: the template, with what such a company can keep.

Signed after the first training, as a company would: before it nobody knows how many sales-ready leads come. Leaves out everything
else the template says, which a clean company keeps as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import floor

from leadq.agreement.read import parse_agreement
from leadq.agreement.signing.signed_text import sign
from leadq.agreement.template import template_text
from leadq.foundation.plurals import counted
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.project.file_names import AGREEMENT
from leadq.pipelines.training.feasibility.tier_shares import supply_by

OWED = 0.75
"""Share of the weakest month that marketing owes: it is kept in every month, with room."""
ROOM = (120, 20_000)
"""New leads a week that sales has room for, in a company of so many leads; a larger one has as many more people."""
_ROOM, _OWED, _CLOCKS = "capacity_per_week: 120 ", "    T1_per_month: 80\n", "clocks: {counts_as_touch"
_BEST = "T1"
_NOT_YET = f"    # {_BEST}_per_month: to be agreed when it is known how many come\n"


def demo_agreement(*, leads: int, hand_overs_recorded: bool) -> str:
    """Return the agreement that a simulated company learns under; nothing is owed yet, and nobody has signed it.

    Parameters
    ----------
    leads : int
        Of the company.
    hand_overs_recorded : bool
        Its CRM keeps when each lead was handed over, so that this is what counts, whether or not scores are delivered later.
    """
    a_week, of = ROOM
    text = _changed(template_text(), _ROOM, f"capacity_per_week: {max(a_week, a_week * leads // of)} ")
    text = _changed(text, _OWED, _NOT_YET)
    return _changed(text, _CLOCKS, _CLOCKS.replace("{", "{hand_over: handed_off_at, ")) if hand_overs_recorded else text


def months_of_the_best(bundle: Bundle) -> tuple[int, ...]:
    """Return how many leads of the best tier came in each full month of a model's test; empty where it does not offer that tier."""
    offered = {cut.tier_id for cut in bundle.tiers if cut.offered}
    return next((tier.months for tier in supply_by(bundle) if tier.tier_id == _BEST and _BEST in offered), ())


def owed_a_month(months: Sequence[int]) -> int:
    """Return how many leads of the best tier marketing can owe a month; 0 where nobody knows what comes.

    >>> owed_a_month([16, 47, 32]), owed_a_month([1, 5]), owed_a_month([])
    (12, 0, 0)
    """
    return floor(OWED * min(months, default=0))


def owed_in_words(months: Sequence[int]) -> str:
    """Say what was signed on it: ``12 leads of T1 a month; 16 to 47 came in each of the last 11 full months``."""
    owed = owed_a_month(months)
    if not owed:
        return f"Both sides signed. How many leads of {_BEST} marketing owes is agreed when it is known how many come."
    return f"Both sides signed: marketing owes {counted(owed, 'lead')} of {_BEST} a month; {_came(months)}."


def signed_agreement(text: str, months: Sequence[int], *, on: date) -> str:
    """Return the agreement with what marketing owes, signed by both sides.

    Parameters
    ----------
    text : str
        As :func:`demo_agreement` gives it.
    months : sequence of int
        As :func:`months_of_the_best` gives them, of the model that scores.
    on : date
    """
    if owed := owed_a_month(months):
        text = _changed(text, _NOT_YET, f"    {_BEST}_per_month: {owed} # {_came(months)}\n")
    return sign(parse_agreement(text, where=AGREEMENT), roles=("head of sales", "head of marketing"), on=on)


def _came(months: Sequence[int]) -> str:
    low, high, full = min(months), max(months), counted(len(months), "full month")
    return f"{low:,} to {high:,} came in each of the last {full}" if low < high else f"{low:,} came in {full}"


def _changed(text: str, old: str, new: str) -> str:
    before, found, after = text.partition(old)
    if not found or old in after:
        raise ValueError(f"the agreement to begin with must have exactly one {old.strip()!r}")
    return before + new + after
