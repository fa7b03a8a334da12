"""What becomes of each lead: worked or not, how fast, won or lost, and when it closes.

The outcome is drawn first, from the same closed forms that ``truth.py`` evaluates; whatever tells something
about it (events, time to close) is drawn given the outcome. Leads that sales never touches have an outcome in
principle, which their events follow, but it does not come about: they are closed late as lost, or stay open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import expit

from leadq.crm.simulated import curves, handoff
from leadq.crm.simulated import lead_quality as fit
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.facts import Accounts, Leads
from leadq.crm.simulated.moments import NEVER, after
from leadq.foundation.arrays import Bools, Floats, Ints

_ABANDONED = curves.Lognormal(median=150.0, sigma=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Arrays of shape (n_leads,); moments in seconds, NEVER where it does not happen.

    ``base_logit`` is everything but the company's part; ``buyer`` is the outcome in principle, ``won`` what
    comes about; ``fast_loss`` marks losses by disqualification.
    """

    base_logit: Floats
    look: Floats
    speeds: Floats
    fast_share: Floats
    speed: Ints
    worked: Bools
    buyer: Bools
    won: Bools
    fast_loss: Bools
    first_touch: Ints
    closed: Ints


def draw_fate(settings: CompanySettings, accounts: Accounts, leads: Leads) -> Fate:
    """Draw the fate of every lead."""
    n = len(leads.created)
    person = fit.person_logit(leads)
    look = fit.looks(person)
    speeds = fit.speed_shares(look)
    fast_share = fit.fast_loss_share(settings, leads, look)
    worked = settings.random("fate.worked").random(n) >= fit.never_worked_share(settings, look)
    limits = np.cumsum(speeds, axis=1)[:, :2]
    speed = (settings.random("fate.speed").random(n)[:, None] > limits).sum(axis=1).astype(np.int64)
    fixed = person + fit.calendar_logit(settings, leads.created)
    hidden = company_effect(accounts, leads) + _account_effect(settings, leads)
    chance = settings.random("fate.outcome").random(n)
    win_at = after(leads.created, curves.WIN.draw(settings.random("fate.win"), n))
    earlier = _Earlier(leads, chance=chance, speed=speed, worked=worked, win_at=win_at)
    intercept, prior = _solve_intercept(settings, earlier, fixed + hidden, speeds, worked)
    base = fixed + intercept + prior
    buyer = chance < expit(base + hidden + fit.SPEED_EFFECTS[speed])
    loss_at, fast_loss = _losses(settings, leads.created, fast_share, worked)
    won = buyer & worked
    closed = np.where(won, win_at, loss_at)
    return Fate(
        base_logit=base,
        look=look,
        speeds=speeds,
        fast_share=fast_share,
        speed=speed,
        worked=worked,
        buyer=buyer,
        won=won,
        fast_loss=fast_loss & worked & ~won,
        first_touch=_first_touch(settings, leads.created, closed, speed, worked),
        closed=closed,
    )


def company_effect(accounts: Accounts, leads: Leads) -> Floats:
    """Log-odds of each lead's true firmographics; 0 without an account."""
    table = fit.company_logit()
    effect = table[leads.seniority, accounts.industry[leads.account], accounts.band[leads.account]]
    return np.where(leads.account >= 0, effect, 0.0)


def _account_effect(settings: CompanySettings, leads: Leads) -> Floats:
    size = int(leads.account.max(initial=0)) + 1
    effect = settings.account_effect_sd * settings.random("accounts.effect").standard_normal(size)
    return np.where(leads.account >= 0, effect[leads.account], 0.0)


def _solve_intercept(
    settings: CompanySettings,
    earlier: _Earlier,
    logit: Floats,
    speeds: Floats,
    worked: Bools,
) -> tuple[float, Floats]:
    """Find the intercept that gives the base rate, and with it the effect of earlier wins, by bisection."""
    in_time = float(curves.win_within(np.zeros(1), settings.horizon_days)[0])
    low, high = -12.0, 8.0
    middle, prior = 0.0, np.zeros(len(logit))
    for _ in range(30):
        middle = (low + high) / 2
        prior = earlier.effect(logit + middle)
        rate = in_time * float(fit.win_share(logit + middle + prior, speeds)[worked].mean())
        low, high = (middle, high) if rate < settings.base_rate else (low, middle)
    return middle, prior


class _Earlier:
    """Wins of the same account before a lead, which feed into later leads in order of creation.

    ``chance`` is the uniform number that decides each outcome, ``win_at`` when a win would close.
    """

    def __init__(self, leads: Leads, *, chance: Floats, speed: Ints, worked: Bools, win_at: Ints) -> None:
        self.order = np.argsort(leads.account, kind="stable")  # within an account in order of creation
        self.created = leads.created[self.order]
        self.chance = chance[self.order]
        self.speed_effect = fit.SPEED_EFFECTS[speed][self.order]
        self.possible = np.where(worked, win_at, NEVER)[self.order]
        rank = leads.rank[self.order]
        by_rank = np.argsort(rank, kind="stable")
        bounds = np.searchsorted(rank[by_rank], np.arange(int(rank.max(initial=0)) + 2))
        self.rounds = [by_rank[begin:end] for begin, end in pairwise(bounds[1:])]

    def effect(self, logit: Floats) -> Floats:
        """Log-odds of the account's earlier wins known at each lead's creation; shape (n_leads,)."""
        logit = logit[self.order] + self.speed_effect
        win_at = np.where(self.chance < expit(logit), self.possible, NEVER)
        prior = np.zeros(len(logit))
        for rank, rows in enumerate(self.rounds, start=1):
            wins = np.zeros(len(rows))
            for lag in range(1, rank + 1):
                wins += win_at[rows - lag] <= self.created[rows]
            prior[rows] = fit.PRIOR_WIN_EFFECT * np.minimum(wins, 2)
            win_at[rows] = np.where(self.chance[rows] < expit(logit[rows] + prior[rows]), self.possible[rows], NEVER)
        effect = np.empty(len(prior))
        effect[self.order] = prior
        return effect


def _losses(settings: CompanySettings, created: Ints, fast_share: Floats, worked: Bools) -> tuple[Ints, Bools]:
    """Return when each lead closes if it is not won, and whether it is disqualified fast."""
    random = settings.random("fate.loss")
    n = len(created)
    mode = random.random(n)
    fast = mode < fast_share
    never = mode >= 1.0 - (1.0 - fast_share) * curves.NEVER_CLOSED
    days = np.where(fast, curves.FAST_LOSS.draw(random, n), curves.SLOW_LOSS.draw(random, n))
    days[never] = np.inf
    late = np.where(random.random(n) < 0.6, _ABANDONED.draw(random, n), np.inf)
    return after(created, np.where(worked, days, late)), fast & worked


def _first_touch(settings: CompanySettings, created: Ints, closed: Ints, speed: Ints, worked: Bools) -> Ints:
    """Return when sales first touched each lead: always before it closes."""
    random = settings.random("fate.touch")
    n = len(created)
    medians = np.array([one.median for one in handoff.TOUCHED_AFTER])
    days = medians[speed] * np.exp(handoff.TOUCHED_AFTER[0].sigma * random.standard_normal(n))
    touch = after(created, days)
    in_between = created + (
        (closed - created) * (handoff.EARLIEST + (handoff.LATEST - handoff.EARLIEST) * random.random(n))
    ).astype(np.int64)
    return np.where(worked, np.where(touch < closed, touch, in_between), NEVER)
