"""Who the leads and accounts are: every fact that is recorded about them, and when it was.

Firmographics may be looked up late or never. An account is looked up at the latest when its second person
arrives, so that while a fact is unrecorded the account has one lead only and nobody else's outcome says
anything about it: that keeps the true probability exact. Whether it is looked up depends on the source alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.faults.world.softer_checks import shrunk_accounts
from leadq.crm.simulated.moments import DAY, NEVER, after, draw_arrivals, seconds
from leadq.foundation.arrays import Bools, Floats, Ints

SURGE_DAYS = 30
_LATE_SHARE = 0.28
_RECENT_SHARE = 0.5  # of an account's people, how many come in the weeks after its anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Arrays of shape (n_accounts,); moments in seconds."""

    industry: Ints
    band: Ints
    employees: Floats
    annual_revenue: Floats
    country: Ints
    rival: Bools
    first_lead_at: Ints
    industry_known: Ints
    size_known: Ints
    surges: Ints
    """Shape (n_accounts, 2): moments of surges of interest, or NEVER."""
    shrunk: Bools
    """Planted: smaller than they would be."""
    drawn_band: Ints
    """The band as it is without that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """Arrays of shape (n_leads,), in order of creation; codes index the tables of ``vocabulary``; -1 is no account."""

    created: Ints
    account: Ints
    rank: Ints
    """How many leads of the same account came before."""
    kind: Ints
    source: Ints
    campaign: Ints
    seniority: Ints
    function: Ints
    country: Ints
    product: Ints
    tool: Ints
    seats: Floats
    rival: Bools
    surge: Bools


def draw_facts(settings: CompanySettings) -> tuple[Accounts, Leads]:
    """Draw every account and lead of the whole span."""
    created, account, kind = _arrivals(settings)
    rank = _ranks(account)
    source = words.SOURCE.draw(settings.random("leads.source"), len(created))
    accounts = _draw_accounts(settings, created, account, rank, source)
    return accounts, _draw_leads(settings, accounts, created, account, rank, kind, source)


def _arrivals(settings: CompanySettings) -> tuple[Ints, Ints, Ints]:
    """Return moment of creation, account and kind of e-mail domain of each lead, in order of creation."""
    random = settings.random("arrivals")
    n = settings.n_leads
    kind = words.DOMAIN_KIND.draw(random, n)
    created = draw_arrivals(random, settings, n)
    at_work = np.flatnonzero(kind == words.COMPANY)
    n_accounts = max(1, round(len(at_work) / settings.leads_per_account))
    weight = np.cumsum(random.gamma(1.3, size=n_accounts))
    account = np.full(n, -1, dtype=np.int64)
    account[at_work] = np.searchsorted(weight[:-1], random.random(len(at_work)) * weight[-1], side="right")
    anchor = draw_arrivals(random, settings, n_accounts)
    later = (anchor[account] // DAY + random.exponential(30.0, n).astype(np.int64)) * DAY + created % DAY
    follows = (account >= 0) & (random.random(n) < _RECENT_SHARE) & (later < seconds(settings.end))
    created = np.where(follows, later, created)
    order = np.argsort(created, kind="stable")
    return created[order], account[order], kind[order]


def _ranks(account: Ints) -> Ints:
    """Position of each lead among those of its account, in order of creation; 0 without an account."""
    order = np.argsort(account, kind="stable")
    ordered = account[order]
    position = np.arange(len(order))
    begins = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = position - np.maximum.accumulate(np.where(begins, position, 0))
    rank[account < 0] = 0
    return rank


def _draw_accounts(settings: CompanySettings, created: Ints, account: Ints, rank: Ints, source: Ints) -> Accounts:
    random = settings.random("accounts")
    n = int(account.max(initial=0)) + 1
    first = np.full(n, NEVER, dtype=np.int64)
    second = np.full(n, NEVER, dtype=np.int64)
    first_source = np.zeros(n, dtype=np.int64)
    opens = (rank == 0) & (account >= 0)
    first[account[opens]] = created[opens]
    first_source[account[opens]] = source[opens]
    second[account[rank == 1]] = created[rank == 1]
    industry = words.INDUSTRY.draw(random, n)
    limits = np.cumsum(words.band_shares(), axis=1)[:, :-1]
    band = (random.random(n)[:, None] > limits[industry]).sum(axis=1).astype(np.int64)
    low, high = np.log(words.BAND_BOUNDS[band]), np.log(words.BAND_BOUNDS[band + 1])
    employees = np.floor(np.exp(low + (high - low) * random.random(n) * 0.9999))
    surges = np.full((n, 2), NEVER, dtype=np.int64)
    has, alone = random.random(n) < 0.30, random.random(n) < 0.25
    surges[has, 0] = first[has] - (random.random(has.sum()) * (SURGE_DAYS - 1) * DAY).astype(np.int64)
    surges[alone, 1] = draw_arrivals(random, settings, int(alone.sum()))
    surges[surges > seconds(settings.end)] = NEVER
    size_known = _looked_up(settings.random("accounts.size"), first, second, first_source)
    drawn_band = band
    shrunk, employees, band = shrunk_accounts(
        settings.planted.softer_checks,
        settings.random("faults.softer-checks"),
        employees=employees,
        first=first,
        size_known=size_known,
        end=seconds(settings.end),
    )
    return Accounts(
        industry=industry,
        band=band,
        employees=employees,
        annual_revenue=np.round(employees * 150_000 * np.exp(0.3 * random.standard_normal(n)), -3),
        country=words.COUNTRY.draw(random, n),
        rival=random.random(n) < words.RIVAL_SHARE,
        first_lead_at=first,
        industry_known=_looked_up(settings.random("accounts.industry"), first, second, first_source),
        size_known=size_known,
        surges=surges,
        shrunk=shrunk,
        drawn_band=drawn_band,
    )


def _looked_up(random: np.random.Generator, first: Ints, second: Ints, source: Ints) -> Ints:
    """Return when a firmographic fact was recorded: with the first lead, 1 to 40 days later, or never."""
    n = len(first)
    never = random.random(n) < words.SOURCE_MISSING[source]
    late = random.random(n) < _LATE_SHARE
    exists = first < NEVER
    days = np.where(exists & late, 1.0 + 39.0 * random.random(n), 0.0)
    known = np.where(late & exists, after(first, days), first)
    known = np.where(never, NEVER, known)
    return np.minimum(known, second)


def _draw_leads(
    settings: CompanySettings,
    accounts: Accounts,
    created: Ints,
    account: Ints,
    rank: Ints,
    kind: Ints,
    source: Ints,
) -> Leads:
    random = settings.random("leads.facts")
    n = len(created)
    has_account = account >= 0
    campaign = words.CAMPAIGN.draw(random, n)
    paid = np.isin(source, [words.SOURCE.code(name) for name in words.CAMPAIGN_SOURCES])
    seniority = words.SENIORITY.draw(random, n)
    at_school = (kind == words.EDUCATION) & (random.random(n) < 0.8)
    seniority[at_school] = words.SENIORITY.code("student")
    abroad = random.random(n) < 0.15
    country = np.where(has_account, accounts.country[account], -1)
    country = np.where(abroad | ~has_account, words.COUNTRY.draw(random, n), country)
    seats = np.ceil(np.exp(2.3 + 1.1 * random.standard_normal(n)))
    since = created[:, None] - accounts.surges[account]
    surge = has_account & ((since >= 0) & (since <= SURGE_DAYS * DAY)).any(axis=1)
    return Leads(
        created=created,
        account=account,
        rank=rank,
        kind=kind,
        source=source,
        campaign=np.where(paid & (random.random(n) < 0.85), campaign, -1),
        seniority=seniority,
        function=words.FUNCTION.draw(random, n),
        country=country,
        product=words.PRODUCT.draw(random, n),
        tool=words.TOOL.draw(random, n),
        seats=np.where(random.random(n) < 0.25, np.nan, seats),
        rival=has_account & accounts.rival[account],
        surge=surge,
    )
