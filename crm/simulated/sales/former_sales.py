"""How the sales of the former company worked: at all hours, answering seldom, with reasons that the record need not bear out.

All of it follows from the speed class, the looks and the outcome; none of it is looked at by the truth. Some opportunities name only
their account: the one lead that the account has had is meant.
"""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.intent import Rate
from leadq.crm.simulated.moments import DAY, NEVER, after, seconds
from leadq.crm.simulated.sales.qualification import qualify
from leadq.crm.simulated.sales.sales_record import (
    ACCEPTED,
    REASONS,
    Answers,
    Opportunities,
    SalesRecord,
    Touches,
    no_events,
)
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Ints

TOUCHES = Rate(decaying=0.18, decay_days=12.0, steady=0.04)
TOUCHED_DAYS = 240.0
EAGERNESS = np.array([1.3, 1.0, 0.7])  # touches by speed class
KIND_SHARES = (0.55, 0.92)
LOSS_REASONS = ("price", "lost_to_competitor", "no_decision", "missing_feature")


def former_sales(world: World) -> SalesRecord:
    """Draw what sales did."""
    return SalesRecord(
        world=world,
        qualified=qualify(world),
        touches=_touches(world),
        answers=_answers(world),
        opportunities=_opportunities(world),
        closed=world.fate.closed,
        owner=world.fate.rep,
        handed_over=world.fate.handed_over,
        events=no_events(),
    )


def _opportunities(world: World) -> Opportunities:
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
    closed = np.concatenate([fate.closed[regular], after(pause[reopened], lasting[reopened])])
    return Opportunities(
        number=np.arange(len(lead)),
        lead=lead,
        created=np.concatenate([begin[regular], pause[reopened]]),
        closed=closed,
        entered=closed,
        won=won,
        reopens=np.arange(len(lead)) >= len(regular),
        amount=np.round(6000 * 1.8 ** band[lead] * np.exp(0.5 * details.standard_normal(len(lead))), -2),
        reason=np.where(won, -1, details.integers(0, len(LOSS_REASONS), len(lead))),
        by_account=single[lead] & (details.random(len(lead)) < 0.08),
    )


def _touches(world: World) -> Touches:
    """Draw the first touch of every worked lead, and more until it closes."""
    fate = world.fate
    random = world.settings.random("touches")
    worked = np.flatnonzero(fate.worked)
    finish = np.minimum(fate.closed[worked], seconds(world.settings.end))
    until = np.clip((finish - fate.first_touch[worked]) / DAY, 0.0, TOUCHED_DAYS)
    eager = EAGERNESS[fate.speed[worked]]
    early = np.repeat(np.arange(len(worked)), random.poisson(eager * TOUCHES.decaying_until(until)))
    steady = np.repeat(np.arange(len(worked)), random.poisson(eager * TOUCHES.steady * until))
    share = -np.expm1(-until[early] / TOUCHES.decay_days)
    age = np.concatenate(
        [
            np.zeros(len(worked)),
            -TOUCHES.decay_days * np.log1p(-random.random(len(early)) * share),
            until[steady] * random.random(len(steady)),
        ]
    )
    lead = worked[np.concatenate([np.arange(len(worked)), early, steady])]
    occurred = fate.first_touch[lead] + np.floor(age * DAY).astype(np.int64)
    kind = np.searchsorted(KIND_SHARES, random.random(len(lead)), side="right")
    inbound = (random.random(len(lead)) < 0.15) & (age > 0)
    return Touches(
        lead=lead, occurred=occurred, entered=occurred, kind=kind.astype(np.int64), inbound=inbound, rep=fate.rep[lead]
    )


def _answers(world: World) -> Answers:
    """Draw who accepted or rejected what, near the first touch; leads lost by then are rejected with an agreed reason."""
    fate, twice = world.fate, world.duplicates
    random = world.settings.random("dispositions")
    n = len(fate.closed)
    decided = fate.first_touch + (random.random(n) * 0.3 * DAY).astype(np.int64)
    rejected = (decided >= fate.closed) & fate.fast_loss
    decided = np.where(rejected, fate.closed, np.minimum(decided, fate.closed - 1))
    reason = np.where(rejected, _reasons(world, random), ACCEPTED)
    given = fate.worked & (random.random(n) < 0.85)
    lead = np.concatenate([np.flatnonzero(given), n + np.flatnonzero(twice.closed < NEVER)])
    at = np.concatenate([decided[given], twice.closed[twice.closed < NEVER]])
    rep = np.concatenate([fate.rep[given], fate.rep[twice.original[twice.closed < NEVER]]])
    code = np.concatenate([reason[given], np.full(len(lead) - int(given.sum()), REASONS.index("duplicate"))])
    return Answers(lead=lead, decided=at, reason=code, rep=rep)


def _reasons(world: World, random: np.random.Generator) -> Ints:
    """Agreed reason of each rejection: what the facts say, else one of the common ones."""
    leads = world.leads
    common = np.array([0, 1, 2, 3, 7])[random.integers(0, 5, len(leads.created))]
    reason = np.where(leads.kind == words.FREE, REASONS.index("outside_icp"), common)
    reason = np.where(leads.seniority == words.SENIORITY.code("student"), REASONS.index("student"), reason)
    return np.where(leads.rival, REASONS.index("competitor"), reason)
