"""What buyers do: events given the eventual outcome, and what the sight of them says about it.

Each kind is a Poisson process over the lead's age with rate ``decaying * exp(-age / decay_days) + steady`` per
day, other numbers for buyers and non-buyers. So the likelihood ratio of all events known at a moment is a product over the
events times the exponential of the difference of the integrated rates. A kind that is imported on Mondays
says nothing about the days since the last Monday. After ``LAST_DAY`` nobody shows any interest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.facts import SURGE_DAYS, Leads
from leadq.crm.simulated.lead_outcomes import Fate
from leadq.crm.simulated.moments import DAY, NEVER, last_monday, next_monday, seconds
from leadq.foundation.arrays import Bools, Floats, Ints

LAST_DAY = 180.0
VISIT_DAYS = float(SURGE_DAYS)
"""Visits of this many days before creation are joined to the lead when it is created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Events a day at each age of a lead."""

    decaying: float
    decay_days: float
    steady: float

    def at(self, age: Floats) -> Floats:
        """Rate per day at ``age`` (days)."""
        return self.decaying * np.exp(-age / self.decay_days) + self.steady

    def decaying_until(self, age: Floats) -> Floats:
        """Integral of the decaying part from 0 to ``age``."""
        return -self.decaying * self.decay_days * np.expm1(-age / self.decay_days)

    def until(self, age: Floats) -> Floats:
        """Integral from 0 to ``age``."""
        return self.decaying_until(age) + self.steady * age


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of event; ``before`` is the mean count in the 30 days before creation, for others and buyers."""

    name: str
    channel: str
    other: Rate
    buyer: Rate
    before: tuple[float, float] = (0.0, 0.0)
    by_import: bool = False


def _rates(decaying: float, decay_days: float, steady: float) -> Rate:
    return Rate(decaying=decaying, decay_days=decay_days, steady=steady)


KINDS: tuple[Kind, ...] = (
    Kind(name="page_view", channel="web", other=_rates(0.70, 6, 0.060), buyer=_rates(0.70, 6, 0.066), before=(1.8, 1.8)),
    Kind(name="pricing_page", channel="web", other=_rates(0.05, 8, 0.004), buyer=_rates(0.08, 9, 0.008), before=(0.13, 0.28)),
    Kind(name="whitepaper", channel="web", other=_rates(0.06, 8, 0.004), buyer=_rates(0.06, 8, 0.004), before=(0.15, 0.15)),
    Kind(name="webinar", channel="event", other=_rates(0.02, 25, 0.003), buyer=_rates(0.032, 25, 0.004), by_import=True),
    Kind(name="demo_request", channel="web", other=_rates(0.010, 6, 0.001), buyer=_rates(0.032, 6, 0.003)),
    Kind(name="email_click", channel="email", other=_rates(0.10, 10, 0.015), buyer=_rates(0.10, 10, 0.015)),
    Kind(name="email_bounce", channel="email", other=_rates(0.030, 10, 0.003), buyer=_rates(0.012, 10, 0.002)),
    Kind(name="unsubscribe", channel="email", other=_rates(0.008, 15, 0.002), buyer=_rates(0.005, 15, 0.001)),
)  # fmt: skip
BY_IMPORT = np.array([kind.by_import for kind in KINDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events of leads, in order of (lead, known); moments in seconds. ``log_ratio``: buyers against others."""

    lead: Ints
    kind: Ints
    occurred: Ints
    known: Ints
    log_ratio: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From a second entry of the same person until it is merged, what happens is recorded elsewhere: (n_leads,)."""

    begin: Ints
    end: Ints

    def seen_until(self, lead: Ints, moment: Ints) -> Ints:
        """Moment up to which the lead's own record is complete, as seen at ``moment``."""
        begin = self.begin[lead]
        return np.where((begin < moment) & (moment < self.end[lead]), begin, moment)


def draw_events(settings: CompanySettings, leads: Leads, fate: Fate, gap: Gap) -> Events:
    """Draw every event of every lead until it closes."""
    finish = np.minimum(fate.closed - 1, seconds(settings.end))
    exposure = np.clip((finish - leads.created) / DAY, 0.0, LAST_DAY)
    activity = words.SOURCE_ACTIVITY[leads.source]
    parts = [
        _draw_kind(settings.random(f"events.{kind.name}"), code, leads.created, exposure, activity, fate.buyer)
        for code, kind in enumerate(KINDS)
    ]
    lead = np.concatenate([part[0] for part in parts])
    kind = np.concatenate([np.full(len(part[0]), code, dtype=np.int64) for code, part in enumerate(parts)])
    occurred = np.concatenate([part[1] for part in parts])
    log_ratio = np.concatenate([part[2] for part in parts])
    known = np.where(BY_IMPORT[kind], next_monday(occurred), occurred)
    elsewhere = (occurred > gap.begin[lead]) & (occurred <= gap.end[lead])
    known = np.where(elsewhere, np.maximum(known, gap.end[lead]), known)
    order = np.lexsort((known, lead))
    return Events(
        lead=lead[order],
        kind=kind[order],
        occurred=occurred[order],
        known=known[order],
        log_ratio=log_ratio[order],
    )


def joined_events(first: Events, second: Events, changed: Bools) -> Events:
    """Return the events of ``second`` for the leads that changed, those of ``first`` for all others, in order of (lead, known)."""
    columns = {}
    for name in ("lead", "kind", "occurred", "known", "log_ratio"):
        kept, other = getattr(first, name)[~changed[first.lead]], getattr(second, name)[changed[second.lead]]
        columns[name] = np.concatenate([kept, other])
    order = np.lexsort((columns["known"], columns["lead"]))
    return Events(**{name: values[order] for name, values in columns.items()})


def _draw_kind(
    random: np.random.Generator,
    code: int,
    created: Ints,
    exposure: Floats,
    activity: Floats,
    buyer: Bools,
) -> tuple[Ints, Ints, Floats]:
    """Return lead, moment and log likelihood ratio of each event of one kind."""
    kind = KINDS[code]
    leads, ages, ratios = [], [], []
    for is_buyer, rate in ((False, kind.other), (True, kind.buyer)):
        group = np.flatnonzero(buyer == is_buyer)
        until, active = exposure[group], activity[group]
        decaying = np.repeat(np.arange(len(group)), random.poisson(active * rate.decaying_until(until)))
        steady = np.repeat(np.arange(len(group)), random.poisson(active * rate.steady * until))
        share = -np.expm1(-until[decaying] / rate.decay_days)
        age = np.concatenate(
            [
                -rate.decay_days * np.log1p(-random.random(len(decaying)) * share),
                until[steady] * random.random(len(steady)),
            ]
        )
        before = np.repeat(np.arange(len(group)), random.poisson(active * kind.before[int(is_buyer)]))
        leads += [group[decaying], group[steady], group[before]]
        ages += [age, -VISIT_DAYS * random.random(len(before))]
        ratios += [np.log(kind.buyer.at(age) / kind.other.at(age))]
        ratios += [np.full(len(before), np.log(kind.before[1] / kind.before[0]) if kind.before[0] else 0.0)]
    lead = np.concatenate(leads)
    return lead, created[lead] + np.floor(np.concatenate(ages) * DAY).astype(np.int64), np.concatenate(ratios)


def log_no_more(leads_created: Ints, activity: Floats, seen_until: Ints, moment: Ints) -> Floats:
    """Log likelihood ratio of having seen no other events than those known: minus the integrated difference of rates.

    Parameters
    ----------
    leads_created, activity, seen_until, moment : arrays of shape (n,)
        Of each lead looked at; ``seen_until`` from :meth:`Gap.seen_until`.
    """
    age = np.clip((seen_until - leads_created) / DAY, 0.0, LAST_DAY)
    imported = np.minimum(seen_until, last_monday(moment))
    age_imported = np.clip((imported - leads_created) / DAY, 0.0, LAST_DAY)
    total = np.zeros(len(age))
    for kind in KINDS:
        seen = age_imported if kind.by_import else age
        total += kind.buyer.until(seen) - kind.other.until(seen) + kind.before[1] - kind.before[0]
    return -activity * total


def no_gap(size: int) -> Gap:
    """Return the gap of leads that were entered once."""
    return Gap(begin=np.full(size, NEVER), end=np.full(size, NEVER))
