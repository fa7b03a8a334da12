"""What becomes of each lead: worked or not, how fast, won or lost, and when it closes.

The outcome is drawn first, from the same closed forms that ``truth.py`` evaluates; whatever tells something
about it (events, time to close) is drawn given the outcome. Leads that sales never touches have an outcome in
principle, which their events follow, but it does not come about: they are closed late as lost, or stay open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.special import expit

from leadq.crm.simulated import curves, handoff
from leadq.crm.simulated import lead_quality as fit
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.facts import Accounts, Leads
from leadq.crm.simulated.faults.world.attention import sampled_leads, uncalled_leads
from leadq.crm.simulated.faults.world.market_fall import kept_share
from leadq.crm.simulated.faults.world.unequal_owners import rep_effects
from leadq.crm.simulated.moments import NEVER, after, seconds
from leadq.crm.simulated.sales.hand_overs import first_calls, hand_over_moments, must_be_handed_over
from leadq.crm.simulated.sales.office_hours import office_hours
from leadq.crm.simulated.sales.reps import N_REPS, draw_reps
from leadq.foundation.arrays import Bools, Floats, Ints

_ABANDONED = curves.Lognormal(median=150.0, sigma=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Arrays of shape (n_leads,); moments in seconds, NEVER where it does not happen.

    ``base_logit`` is everything but the company's part; ``buyer`` is the outcome in principle, ``won`` what
    comes about; ``fast_loss`` marks losses by disqualification. ``rep`` counts from 1.
    ``handed_over`` never happens in the former company. What faults do: ``kept_share`` is the factor
    on each chance, ``uncalled`` leads are handed over and never called, ``sampled`` ones worked although nobody would hand them over.
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
    handed_over: Ints
    rep: Ints
    kept_share: Floats
    uncalled: Bools
    sampled: Bools


def draw_fate(settings: CompanySettings, accounts: Accounts, leads: Leads) -> Fate:
    """Draw the fate of every lead.

    The intercept is that of the company without any planted fault, so that a fault changes nothing that it does not mean to change.
    """
    n = len(leads.created)
    person = fit.person_logit(leads)
    look = fit.looks(person)
    speeds = fit.speed_shares(look)
    fast_share = fit.fast_loss_share(settings, leads, look)
    limits = np.cumsum(speeds, axis=1)[:, :2]
    speed = (settings.random("fate.speed").random(n)[:, None] > limits).sum(axis=1).astype(np.int64)
    attention = _attention(settings, accounts, leads, look)
    rep = draw_reps(settings, n)
    kept = kept_share(settings.planted, leads.created, seconds(settings.end))
    fixed = person + fit.calendar_logit(settings, leads.created)
    account_effect = _account_effect(settings, leads)
    hidden = company_effect(accounts, leads) + account_effect
    chance = settings.random("fate.outcome").random(n)
    win_at = after(leads.created, curves.WIN.draw(settings.random("fate.win"), n))
    clean = replace(settings, planted=replace(settings.planted, closed_on_holidays=None))
    undisturbed = _Earlier(leads, chance=chance, speed=speed, worked=attention.agreed, win_at=_closings(clean, win_at))
    without_faults = fixed + company_effect(replace(accounts, band=accounts.drawn_band), leads) + account_effect
    intercept = _solve_intercept(settings, undisturbed, without_faults, speeds, attention.agreed)
    win_at = _closings(settings, win_at)
    worked, chance = attention.worked, chance / kept
    earlier = _Earlier(leads, chance=chance, speed=speed, worked=worked, win_at=win_at)
    fixed = (
        fixed + rep_effects(settings.planted.unequal_owners, settings.random("faults.unequal-owners"), N_REPS)[rep - 1]
    )
    base = fixed + intercept + earlier.effect(fixed + hidden + intercept)
    buyer = chance < expit(base + hidden + fit.SPEED_EFFECTS[speed])
    loss_at, fast_loss = _losses(settings, leads.created, fast_share, worked)
    won = buyer & worked
    closed = np.where(won, win_at, _closings(settings, loss_at))
    if office := office_hours(settings):
        handed_over = np.where(
            worked | attention.uncalled, hand_over_moments(settings, office, leads.created, closed), NEVER
        )
        first_touch = np.where(worked, first_calls(settings, office, leads, speed=speed, rep=rep, closed=closed), NEVER)
    else:
        handed_over = np.full(n, NEVER)
        first_touch = _first_touch(settings, leads.created, closed, speed, worked)
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
        first_touch=first_touch,
        closed=closed,
        handed_over=handed_over,
        rep=rep,
        kept_share=kept,
        uncalled=attention.uncalled,
        sampled=attention.sampled,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attention:
    """Whom sales works: as agreed, and with the faults that are planted; arrays of shape (n_leads,)."""

    agreed: Bools
    worked: Bools
    uncalled: Bools
    sampled: Bools


def _attention(settings: CompanySettings, accounts: Accounts, leads: Leads, look: Floats) -> _Attention:
    planted = settings.planted
    agreed = settings.random("fate.worked").random(len(look)) >= fit.never_worked_share(settings, look)
    if not planted.former_company:
        agreed = agreed | must_be_handed_over(accounts, leads)
    random = settings.random("faults.best-leads-uncalled")
    uncalled = uncalled_leads(planted.best_leads_uncalled, random, look, agreed)
    sampled = sampled_leads(planted.random_slice, settings.random("faults.random-slice"), agreed)
    return _Attention(agreed=agreed, worked=(agreed & ~uncalled) | sampled, uncalled=uncalled, sampled=sampled)


def _closings(settings: CompanySettings, drawn: Ints) -> Ints:
    """Return when leads close whose ends were drawn over all hours: in office hours, where the company has any."""
    office = office_hours(settings)
    return drawn if office is None else office.closing(drawn)


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
) -> float:
    """Find the intercept that gives the base rate, by bisection."""
    in_time = float(curves.win_within(np.zeros(1), settings.horizon_days)[0])
    low, high = -12.0, 8.0
    middle = 0.0
    for _ in range(30):
        middle = (low + high) / 2
        prior = earlier.effect(logit + middle)
        rate = in_time * float(fit.win_share(logit + middle + prior, speeds)[worked].mean())
        low, high = (middle, high) if rate < settings.base_rate else (low, middle)
    return middle


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
