"""What the sales of a clean company says of every lead: accepted, or rejected with a reason that the record bears out.

A lead that is disqualified before sales has decided is rejected; one that is called six times in vain after it was accepted is given back
as unreachable. Where no recorded fact gives the reason, the rep writes it down with the rejection: no budget, no say, not this year.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.moments import NEVER
from leadq.crm.simulated.sales.office_hours import HOUR, OfficeHours
from leadq.crm.simulated.sales.qualification import VALUES, Qualification
from leadq.crm.simulated.sales.sales_record import ACCEPTED, REASONS, Answers, Touches, joined
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Bools, Ints

_DECIDED = (2 * HOUR, 14 * HOUR)
"""Open seconds from the first call to the answer: within the five business days that the template agrees."""
_AGREED_ATTEMPTS = 6
_ON_THREE_DAYS = 20 * HOUR
"""Open seconds from the first call after which the attempts lie on three days at least."""
_INDUSTRIES = ("software", "logistics")
_EMPLOYEES = (80, 900)
_COUNTRIES = ("DE", "FR", "NL")
WRITTEN_DOWN = {
    "not_decision_maker": ("authority", "none"),
    "no_budget": ("budget", "none"),
    "timeline_over_12_months": ("timeline", "next_year"),
}
"""Field and value that the rep writes down with each of these reasons."""


def draw_answers(
    world: World, office: OfficeHours, touches: Touches, qualified: dict[str, Qualification]
) -> tuple[Answers, dict[str, Qualification]]:
    """Draw every answer, and the fields with what was written down at rejections."""
    fate = world.fate
    lead = np.flatnonzero(fate.worked)
    random = world.settings.random("sales.answers")
    due = office.later(fate.first_touch[lead], random.integers(*_DECIDED, len(fate.worked))[lead])
    rejected = fate.fast_loss[lead] & (fate.closed[lead] <= due)
    decided = np.where(
        rejected, fate.closed[lead], np.minimum(due, office.later(fate.closed[lead], np.full(len(lead), -HOUR // 3)))
    )
    reason = np.where(rejected, _reasons(world, random)[lead], ACCEPTED)
    first = Answers(lead=lead, decided=decided, reason=reason, rep=fate.rep[lead])
    tried = unanswered_attempts(touches, len(fate.closed))
    long = fate.closed[lead] >= office.later(fate.first_touch[lead], np.full(len(lead), _ON_THREE_DAYS))
    given_back = lead[fate.fast_loss[lead] & ~rejected & long & (tried[lead] >= _AGREED_ATTEMPTS)]
    second = Answers(
        lead=given_back,
        decided=fate.closed[given_back],
        reason=np.full(len(given_back), REASONS.index("unreachable")),
        rep=fate.rep[given_back],
    )
    return joined(first, second), written_down(qualified, first)


def unanswered_attempts(touches: Touches, n_leads: int) -> Ints:
    """Count the outbound touches of each lead; 0 where the buyer ever replied."""
    tried = np.bincount(touches.lead[~touches.inbound], minlength=n_leads)
    tried[touches.lead[touches.inbound]] = 0
    return tried


def _reasons(world: World, random: np.random.Generator) -> Ints:
    """Reason that the record of each lead bears out at its closing, or that the rep writes down."""
    leads = world.leads
    n = len(leads.created)
    names = tuple(WRITTEN_DOWN)
    common = np.array([REASONS.index(name) for name in names])[random.integers(0, len(names), n)]
    outside = outside_ideal_customer(world) & (random.random(n) < 0.5)
    reason = np.where(outside, REASONS.index("outside_icp"), common)
    student = (leads.seniority == words.SENIORITY.code("student")) & (leads.kind == words.EDUCATION)
    reason = np.where(student, REASONS.index("student"), reason)
    return np.where(leads.rival, REASONS.index("competitor"), reason)


def outside_ideal_customer(world: World) -> Bools:
    """Return which leads miss a mark of the template's ideal customer that is known when they close; shape (n_leads,)."""
    leads, accounts, closed = world.leads, world.accounts, world.fate.closed
    account = leads.account
    industries = [words.INDUSTRY.code(name) for name in _INDUSTRIES]
    countries = [words.COUNTRY.code(name) for name in _COUNTRIES]
    industry = ~np.isin(accounts.industry[account], industries) & (accounts.industry_known[account] < closed)
    size = (accounts.employees[account] < _EMPLOYEES[0]) | (accounts.employees[account] > _EMPLOYEES[1])
    size &= accounts.size_known[account] < closed
    country = ~np.isin(accounts.country[account], countries)
    return np.asarray((account >= 0) & (industry | size | country), dtype=np.bool_)


def written_down(qualified: dict[str, Qualification], answers: Answers) -> dict[str, Qualification]:
    """Return the fields with what reps write down at their rejections."""
    found = dict(qualified)
    for reason, (field, text) in WRITTEN_DOWN.items():
        rows = answers.reason == REASONS.index(reason)
        found[field] = _set_at(found[field], answers.lead[rows], answers.decided[rows], VALUES[field].index(text))
    return found


def _set_at(change: Qualification, lead: Ints, at: Ints, value: int) -> Qualification:
    """Return a field's changes with ``value`` from ``at`` on: filled in, or changed from what it was."""
    filled, first, changed, second = (
        array.copy() for array in (change.filled, change.first, change.changed, change.second)
    )
    empty = filled[lead] > at
    filled[lead[empty]], first[lead[empty]], changed[lead[empty]] = at[empty], value, NEVER
    other = lead[~empty & (first[lead] != value)]
    when = at[~empty & (first[lead] != value)]
    changed[other], second[other] = when, value
    same = lead[~empty & (first[lead] == value)]
    changed[same] = NEVER
    return replace(change, filled=filled, first=first, changed=changed, second=second)
