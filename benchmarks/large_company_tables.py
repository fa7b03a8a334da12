"""The large company as tables of the contract: columns of accounts, leads, events, changes, touches and outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.large_company_world import DAY_US, DAYS, END_US, Accounts, Leads, Size
from leadq.crm.contract.crm_tables import TEXT, TIME
from leadq.crm.simulated import vocabulary as words
from leadq.foundation.arrays import Bools, Ints

KINDS = ("page_view", "email_click", "pricing_page", "whitepaper", "webinar", "email_bounce", "demo_request")
OTHERS = np.array([0.55, 0.21, 0.06, 0.06, 0.04, 0.06, 0.02])
BUYERS = np.array([0.50, 0.20, 0.12, 0.06, 0.05, 0.01, 0.06])
WEBINAR = KINDS.index("webinar")
SIGNAL_SHARE = 0.02
"""Of all events: those that are known of an account only."""
QUALIFICATION = {
    "authority": ("decision_maker", "influencer", "user"),
    "budget": ("approved", "planned", "none"),
    "need": ("urgent", "clear", "vague"),
    "timeline": ("this_quarter", "this_year", "later"),
}
Columns = dict[str, Any]


def _names(prefix: str, numbers: Ints) -> pa.Array:
    """Return identifiers as long as a CRM's, in the order of their numbers; null for a negative one."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    known = pa.array([f"{prefix}{number:015d}" for number in distinct])
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=numbers < 0), known).cast(TEXT)


def _labels(names: tuple[str | None, ...], codes: Ints, missing: Bools | None = None) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), pa.array(names, TEXT)).cast(TEXT)


def _moments(moments: Ints, missing: Bools | None = None) -> pa.Array:
    return pa.array(moments, mask=missing).cast(TIME)


def account_columns(size: Size, accounts: Accounts) -> Columns:
    """Columns of the table of accounts."""
    random, n = size.random(1, 1), size.accounts
    bounds = words.BAND_BOUNDS
    employees = np.floor(bounds[accounts.band] + random.random(n) * np.diff(bounds)[accounts.band])
    numbers = np.arange(n)
    domain = pa.array([words.RIVAL_DOMAIN if rival else f"a{number}.example" for number, rival in
                       zip(numbers, random.random(n) < words.RIVAL_SHARE, strict=True)])  # fmt: skip
    return {
        "account_id": _names("001", numbers),
        "domain": domain,
        "industry": _labels(words.INDUSTRY.names, accounts.industry, ~accounts.known),
        "employees": pa.array(employees, mask=~accounts.known),
        "annual_revenue": pa.array(np.round(employees * random.lognormal(11.5, 0.6, n)), mask=~accounts.known),
        "country": _labels(words.COUNTRY.names, accounts.country),
        "partner_program": random.random(n) < 0.1,
        "service_score": pa.array(np.round(random.normal(60, 15, n), 1), mask=random.random(n) < 0.5),
    }


def account_changes(size: Size, accounts: Accounts) -> Columns:
    """Draw recorded changes of how many employees an account has."""
    random = size.random(1, 2)
    account = np.flatnonzero(accounts.known & (random.random(size.accounts) < 0.2))
    return {
        "entity": pa.repeat("account", len(account)),
        "entity_id": _names("001", account),
        "field": pa.repeat("employees", len(account)),
        "changed_at": _moments(END_US - (random.random(len(account)) * DAYS * DAY_US).astype(np.int64)),
        "old_value": [str(number) for number in random.integers(1, 5000, len(account))],
    }


def lead_columns(leads: Leads, random: np.random.Generator) -> Columns:
    """Columns of the table of leads."""
    n = len(leads.number)
    titles = tuple(title for row in words.TITLES for title in row)
    domain = random.choice(["company.example", "gmail.com", "outlook.com", "north.edu"], n, p=[0.86, 0.06, 0.05, 0.03])
    qualification = {
        name: _labels(values, random.integers(0, len(values), n), random.random(n) < 0.6)
        for name, values in QUALIFICATION.items()
    }
    return qualification | {
        "lead_id": _names("00Q", leads.number),
        "created_at": _moments(leads.created),
        "account_id": _names("001", leads.account),
        "source": _labels(words.SOURCE.names, leads.source),
        "campaign": _labels(words.CAMPAIGN.names, words.CAMPAIGN.draw(random, n), random.random(n) < 0.3),
        "owner": _labels(tuple(f"rep {rep}" for rep in range(40)), random.integers(0, 40, n)),
        "email_domain": domain,
        "title": _labels(
            titles, np.minimum(leads.seniority * 5 + random.integers(0, 5, n), len(titles) - 1), leads.seniority == 5
        ),
        "country": _labels(words.COUNTRY.names, words.COUNTRY.draw(random, n)),
        "closed_at": _moments(leads.closed, leads.closed > END_US),
        "product_interest": _labels(words.PRODUCT.names, words.PRODUCT.draw(random, n)),
        "current_tool": _labels(words.TOOL.names, words.TOOL.draw(random, n)),
        "seats_wanted": pa.array(np.floor(random.lognormal(3, 1, n)), mask=random.random(n) < 0.4),
        "newsletter": random.random(n) < 0.3,
    }


def lead_events(size: Size, leads: Leads, random: np.random.Generator) -> Columns:
    """Draw a burst after creation, then a trickle; in order of lead and moment."""
    n = len(leads.number)
    active_us = np.minimum(leads.until - leads.created, 400 * DAY_US)
    weight = random.gamma(0.6, 1 / 0.6, n) * (5 + active_us / DAY_US) / 224  # about 1 on average
    share = (1 - SIGNAL_SHARE) * size.events / size.leads
    lead = np.repeat(np.arange(n), random.poisson(weight * share))
    part = random.random(len(lead))
    age = np.where(part < 0.4, -np.log1p(-random.random(len(lead)) * 0.999) * 20 * DAY_US, 0.0)
    age = np.where(part > 0.4, random.random(len(lead)) * active_us[lead], age)
    age = np.where(part > 0.97, -random.random(len(lead)) * 30 * DAY_US, np.minimum(age, active_us[lead] - 1))
    occurred = leads.created[lead] + age.astype(np.int64)
    drawn = random.random(len(lead))
    kind = np.where(
        leads.won[lead],
        np.searchsorted(np.cumsum(BUYERS)[:-1], drawn, side="right"),
        np.searchsorted(np.cumsum(OTHERS)[:-1], drawn, side="right"),
    )
    order = np.lexsort((kind, occurred, lead))
    lead, occurred, kind = lead[order], occurred[order], kind[order]
    late = np.where(random.random(len(lead)) < 0.03, random.random(len(lead)) * 5 * DAY_US, 0.0).astype(np.int64)
    week = 7 * DAY_US
    known = np.where(kind == WEBINAR, (occurred // week + 1) * week, occurred + late)  # imported once a week
    read = known <= END_US
    return {
        "lead_id": _names("00Q", leads.number[lead[read]]),
        "occurred_at": _moments(occurred[read]),
        "kind": _labels(KINDS, kind[read]),
        "known_at": _moments(known[read]),
        "channel": _labels(("web", "email", "event"), kind[read] % 3),
    }


def signals(size: Size) -> Columns:
    """Draw events that are known of an account only, in order of account and moment."""
    random, n = size.random(4, 0), int(SIGNAL_SHARE * size.events)
    account = (size.accounts * random.random(n) ** 1.8).astype(np.int64)
    occurred = END_US - (random.random(n) * DAYS * DAY_US).astype(np.int64)
    order = np.lexsort((occurred, account))
    return {
        "lead_id": pa.nulls(n, TEXT),
        "account_id": _names("001", account[order]),
        "occurred_at": _moments(occurred[order]),
        "kind": pa.repeat("topic_surge", n),
        "known_at": _moments(occurred[order]),
    }


def lead_changes(leads: Leads, random: np.random.Generator) -> Columns:
    """Each qualification of three leads in ten was filled in, or changed, some days after creation."""
    parts = []
    for code, values in enumerate(QUALIFICATION.values()):
        lead = np.flatnonzero(random.random(len(leads.number)) < 0.3)
        changed = leads.created[lead] + (random.exponential(12, len(lead)) * DAY_US).astype(np.int64)
        known = changed < leads.until[lead]
        lead, changed = lead[known], changed[known]
        old = np.where(random.random(len(lead)) < 0.7, -1, random.integers(0, len(values), len(lead)))
        parts.append((lead, np.full(len(lead), code), changed, old))
    lead, field, changed, old = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((changed, field, lead))
    names, values = tuple(QUALIFICATION), tuple(value for some in QUALIFICATION.values() for value in some)
    return {
        "entity": pa.repeat("lead", len(lead)),
        "entity_id": _names("00Q", leads.number[lead[order]]),
        "field": _labels(names, field[order]),
        "changed_at": _moments(changed[order]),
        "old_value": _labels(values, (field * 3 + old)[order].clip(0), old[order] < 0),
    }


def touches(leads: Leads, random: np.random.Generator) -> Columns:
    """Draw what sales did: seven leads in ten are worked, in order of lead and moment."""
    worked = random.random(len(leads.number)) < 0.7
    lead = np.repeat(np.arange(len(leads.number)), np.where(worked, random.poisson(3, len(worked)), 0))
    moment = leads.created[lead] + (random.exponential(15, len(lead)) * DAY_US).astype(np.int64)
    order = np.lexsort((moment, lead))
    order = order[(moment < leads.until[lead])[order]]
    return {"lead_id": _names("00Q", leads.number[lead[order]]), "occurred_at": _moments(moment[order])}


def dispositions(leads: Leads, random: np.random.Generator) -> Columns:
    """Draw which leads sales accepted or rejected while they were open."""
    decided = leads.created + (random.exponential(4, len(leads.number)) * DAY_US).astype(np.int64)
    lead = np.flatnonzero((random.random(len(leads.number)) < 0.3) & (decided < leads.until))
    return {
        "lead_id": _names("00Q", leads.number[lead]),
        "decided_at": _moments(decided[lead]),
        "decision": _labels(("accepted", "rejected"), (random.random(len(lead)) < 0.3).astype(np.int64)),
    }


def outcomes(leads: Leads) -> Columns:
    """How the closed leads ended."""
    lead = np.flatnonzero(leads.closed <= END_US)
    return {
        "lead_id": _names("00Q", leads.number[lead]),
        "occurred_at": _moments(leads.closed[lead]),
        "outcome": _labels(("lost", "won"), leads.won[lead].astype(np.int64)),
    }
