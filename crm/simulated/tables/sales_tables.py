"""What sales did: touches, opportunities, and accepting or rejecting leads.

All of it follows from the speed class, the looks and the outcome; none of it is looked at by the truth. Some
opportunities name only their account: the one lead that the account has had is meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.arrow_columns import labels, lead_names, moments, numbered, numbers, table
from leadq.crm.simulated.intent import Rate
from leadq.crm.simulated.moments import DAY, NEVER, after, seconds
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Bools, Floats, Ints

REASONS = (
    "not_decision_maker",
    "no_budget",
    "timeline_over_12_months",
    "outside_icp",
    "competitor",
    "student",
    "duplicate",
    "unreachable",
)
_LOSS_REASONS = ("price", "lost_to_competitor", "no_decision", "missing_feature")
_TOUCH_KINDS = ("call", "email", "meeting")
_TOUCHES = Rate(decaying=0.18, decay_days=12.0, steady=0.04)
_TOUCHED_DAYS = 240.0
_EAGERNESS = np.array([1.3, 1.0, 0.7])  # touches by speed class


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunities:
    """Arrays of shape (n_opportunities,); moments in seconds, ``closed`` NEVER while open."""

    lead: Ints
    created: Ints
    closed: Ints
    won: Bools
    reopens: Bools
    """Created after the lead was closed, and lost again."""
    amount: Floats
    reason: Ints
    by_account: Bools


def draw_opportunities(world: World) -> Opportunities:
    """Draw every opportunity: all wins have one, and part of the slow losses and of those never closed."""
    fate = world.fate
    random = world.settings.random("opportunities")
    n = len(fate.closed)
    chosen = random.random(n)
    share = 0.2 + 0.6 * random.random(n)
    again = random.random(n)
    pause = after(np.minimum(fate.closed, NEVER - 10**9), 10 + 40 * random.random(n))
    lasting = 5 + 40 * random.random(n)
    end = np.where(fate.closed < NEVER, fate.closed, fate.first_touch + 60 * DAY)
    slow_loss = fate.worked & ~fate.won & ~fate.fast_loss
    regular = np.flatnonzero(fate.won | (slow_loss & (chosen < 0.35)))
    reopened = np.flatnonzero(slow_loss & (chosen >= 0.35) & (again < 0.02) & (fate.closed < NEVER))
    begin = fate.first_touch + np.ceil((end - fate.first_touch) * share).astype(np.int64)
    lead = np.concatenate([regular, reopened])
    won = fate.won[lead]
    account = world.leads.account
    single = (account >= 0) & (np.bincount(np.maximum(account, 0), minlength=1)[np.maximum(account, 0)] == 1)
    single[world.duplicates.original] = False
    details = world.settings.random("opportunities.details")
    band = np.where(account >= 0, world.accounts.band[account], 0)
    return Opportunities(
        lead=lead,
        created=np.concatenate([begin[regular], pause[reopened]]),
        closed=np.concatenate([fate.closed[regular], after(pause[reopened], lasting[reopened])]),
        won=won,
        reopens=np.arange(len(lead)) >= len(regular),
        amount=np.round(6000 * 1.8 ** band[lead] * np.exp(0.5 * details.standard_normal(len(lead))), -2),
        reason=np.where(won, -1, details.integers(0, len(_LOSS_REASONS), len(lead))),
        by_account=single[lead] & (details.random(len(lead)) < 0.08),
    )


def opportunities_table(world: World, drawn: Opportunities, read_at: int) -> pa.Table:
    """Opportunities created by ``read_at``."""
    position = np.flatnonzero(drawn.created <= read_at)
    position = position[np.argsort(drawn.created[position], kind="stable")]
    lead, by_account = drawn.lead[position], drawn.by_account[position]
    closed = drawn.closed[position] <= read_at
    outcome = np.where(closed, np.where(drawn.won[position], 0, 1), 2)
    late = (read_at - drawn.created[position]) > 20 * DAY
    dollars = lead % 10 == 0
    columns = {
        "opportunity_id": numbered("O", position, width=7),
        "lead_id": lead_names(np.where(by_account, -1, lead)),
        "account_id": numbered("A", world.leads.account[lead]),
        "created_at": moments(drawn.created[position]),
        "closed_at": moments(drawn.closed[position], closed),
        "outcome": labels(outcome, ("won", "lost", "open")),
        "amount": numbers(drawn.amount[position]),
        "currency": labels(dollars.astype(np.int64), ("EUR", "USD")),
        "stage": labels(np.where(closed, outcome + 2, late), ("proposal", "negotiation", "closed won", "closed lost")),
        "loss_reason": labels(np.where(outcome == 1, drawn.reason[position], -1), _LOSS_REASONS),
    }
    return table("opportunities", columns)


def touches_table(world: World, reps: Ints, read_at: int) -> pa.Table:
    """Touches by ``read_at``: the first one of every worked lead, and more until it closes."""
    fate = world.fate
    random = world.settings.random("touches")
    worked = np.flatnonzero(fate.worked)
    finish = np.minimum(fate.closed[worked], seconds(world.settings.end))
    until = np.clip((finish - fate.first_touch[worked]) / DAY, 0.0, _TOUCHED_DAYS)
    eager = _EAGERNESS[fate.speed[worked]]
    early = np.repeat(np.arange(len(worked)), random.poisson(eager * _TOUCHES.decaying_until(until)))
    steady = np.repeat(np.arange(len(worked)), random.poisson(eager * _TOUCHES.steady * until))
    share = -np.expm1(-until[early] / _TOUCHES.decay_days)
    age = np.concatenate(
        [
            np.zeros(len(worked)),
            -_TOUCHES.decay_days * np.log1p(-random.random(len(early)) * share),
            until[steady] * random.random(len(steady)),
        ]
    )
    lead = worked[np.concatenate([np.arange(len(worked)), early, steady])]
    occurred = fate.first_touch[lead] + np.floor(age * DAY).astype(np.int64)
    kind = np.searchsorted([0.55, 0.92], random.random(len(lead)), side="right")
    inbound = (random.random(len(lead)) < 0.15) & (age > 0)
    order = np.flatnonzero(occurred <= read_at)
    order = order[np.argsort(occurred[order], kind="stable")]
    lead = lead[order]
    columns = {
        "lead_id": lead_names(lead),
        "occurred_at": moments(occurred[order]),
        "kind": labels(kind[order], _TOUCH_KINDS),
        "direction": labels(inbound[order].astype(np.int64), ("out", "in")),
        "rep": numbered("rep-", reps[lead], width=2),
    }
    return table("touches", columns)


def dispositions_table(world: World, reps: Ints, read_at: int) -> pa.Table:
    """Build who accepted or rejected what, near the first touch; leads lost by then are rejected with an agreed reason."""
    fate, twice = world.fate, world.duplicates
    random = world.settings.random("dispositions")
    n = len(fate.closed)
    decided = fate.first_touch + (random.random(n) * 0.3 * DAY).astype(np.int64)
    rejected = (decided >= fate.closed) & fate.fast_loss
    decided = np.where(rejected, fate.closed, np.minimum(decided, fate.closed - 1))
    reason = np.where(rejected, _reasons(world, random), -1)
    given = fate.worked & (random.random(n) < 0.85)
    lead = np.concatenate([np.flatnonzero(given), n + np.flatnonzero(twice.closed < NEVER)])
    at = np.concatenate([decided[given], twice.closed[twice.closed < NEVER]])
    rep = np.concatenate([reps[given], reps[twice.original[twice.closed < NEVER]]])
    code = np.concatenate([reason[given], np.full(len(lead) - int(given.sum()), REASONS.index("duplicate"))])
    order = np.flatnonzero(at <= read_at)
    order = order[np.argsort(at[order], kind="stable")]
    columns = {
        "lead_id": lead_names(lead[order]),
        "decided_at": moments(at[order]),
        "decision": labels((code[order] >= 0).astype(np.int64), ("accepted", "rejected")),
        "reason": labels(code[order], REASONS),
        "rep": numbered("rep-", rep[order], width=2),
        "channel": pa.repeat("crm", len(order)),
    }
    return table("dispositions", columns)


def _reasons(world: World, random: np.random.Generator) -> Ints:
    """Agreed reason of each rejection: what the facts say, else one of the common ones."""
    leads = world.leads
    common = np.array([0, 1, 2, 3, 7])[random.integers(0, 5, len(leads.created))]
    reason = np.where(leads.kind == words.FREE, REASONS.index("outside_icp"), common)
    reason = np.where(leads.seniority == words.SENIORITY.code("student"), REASONS.index("student"), reason)
    return np.where(leads.rival, REASONS.index("competitor"), reason)
