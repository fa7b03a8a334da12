"""Tables of leads, accounts, aliases, field history and campaign costs, as a CRM holds them at one moment."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.arrow_columns import labels, lead_names, moments, numbered, numbers, table
from leadq.crm.simulated.moments import NEVER, seconds
from leadq.crm.simulated.sales.qualification import VALUES, Qualification, title_codes
from leadq.crm.simulated.sales.sales_record import SalesRecord
from leadq.crm.simulated.tables.own_fields import account_fields, lead_fields
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Ints

SAMPLE = "lq_sample"
"""Own field of a company with a random slice: picked at random."""
STATUS = ("New", "Working", "Converted", "Disqualified", "Merged")
_DOMAINS = (*words.FREE_DOMAINS, *words.EDUCATION_DOMAINS, words.RIVAL_DOMAIN)


def leads_table(record: SalesRecord, read_at: int) -> pa.Table:
    """Leads and second entries created by ``read_at``, with the values they have then."""
    world = record.world
    leads, twice = world.leads, world.duplicates
    n = len(leads.created)
    entry = np.concatenate([np.arange(n), twice.number])
    number = np.arange(len(entry))
    rows = np.concatenate([np.arange(n), twice.original])
    created = np.concatenate([leads.created, twice.created])
    handed_over = np.concatenate([record.handed_over, np.full(len(twice.original), NEVER)])
    owner = np.concatenate([record.owner, record.owner[twice.original]])
    if not world.settings.planted.former_company:
        owner = np.where(handed_over <= read_at, owner, -1)
    status, closed = _states(record, read_at)
    shown = created <= read_at
    entry, number, rows, created, status, closed = (
        entry[shown],
        number[shown],
        rows[shown],
        created[shown],
        status[shown],
        closed[shown],
    )
    original = number < n
    titles, texts = title_codes(world)
    columns = {
        "lead_id": lead_names(entry),
        "created_at": moments(created),
        "account_id": numbered("A", leads.account[rows]),
        "source": labels(leads.source[rows], words.SOURCE.names),
        "campaign": labels(leads.campaign[rows], words.CAMPAIGN.names),
        "owner": numbered("rep-", owner[number], width=2),
        "email_domain": _email_domains(world).take(pa.array(rows)),
        "title": labels(titles[rows], texts),
        "country": labels(leads.country[rows], words.COUNTRY.names),
        "status": labels(status, STATUS),
        "closed_at": moments(closed, closed < NEVER),
        "handed_off_at": moments(handed_over[number], handed_over[number] <= read_at),
    }
    for field, change in record.qualified.items():
        columns[field] = labels(np.where(original, change.value_at(read_at)[rows], -1), VALUES[field])
    own = lead_fields(world, rows, read_at)
    if world.settings.planted.random_slice:
        own[SAMPLE] = pa.array(np.concatenate([world.fate.sampled, np.zeros(len(twice.original), np.bool_)])[number])
    return table("leads", columns, own)


def _email_domains(world: World) -> pa.Array:
    """Domain of each lead's address: the account's own, or one that many share."""
    leads = world.leads
    random = world.settings.random("domains")
    shared = random.integers(0, 10**6, len(leads.created))
    free = shared % len(words.FREE_DOMAINS)
    school = len(words.FREE_DOMAINS) + shared % len(words.EDUCATION_DOMAINS)
    code = np.where(leads.kind == words.FREE, free, np.where(leads.kind == words.EDUCATION, school, len(_DOMAINS) - 1))
    own = (leads.account >= 0) & ~leads.rival
    accounts = np.arange(len(world.accounts.industry))
    names = pa.concat_arrays([pa.array(_DOMAINS, pa.string()), numbered("company", accounts, suffix=".example")])
    return names.take(pa.array(np.where(own, len(_DOMAINS) + leads.account, code)))


def _states(record: SalesRecord, read_at: int) -> tuple[Ints, Ints]:
    """Return status codes and closed_at (NEVER where empty) of leads and second entries.

    A lead that ended with an opportunity is closed there; the status leaks the outcome on purpose.
    """
    fate, twice, opportunities = record.world.fate, record.world.duplicates, record.opportunities
    ends_in_opportunity = np.zeros(len(fate.closed), dtype=np.bool_)
    ends_in_opportunity[opportunities.lead[~opportunities.reopens]] = True
    converted = np.zeros(len(fate.closed), dtype=np.bool_)
    converted[opportunities.lead[opportunities.created <= read_at]] = True
    closed = np.where((record.closed <= read_at) & ~ends_in_opportunity, record.closed, NEVER)
    status = np.where(fate.first_touch <= read_at, 1, 0)
    status = np.where(closed < NEVER, 3, status)
    status = np.where(converted, 2, status)
    closed_twice = np.where(twice.closed <= read_at, twice.closed, NEVER)
    status_twice = np.where(twice.merged <= read_at, 4, np.where(closed_twice < NEVER, 3, 0))
    return np.concatenate([status, status_twice]), np.concatenate([closed, closed_twice])


def accounts_table(world: World, read_at: int) -> pa.Table:
    """Accounts that have a lead by ``read_at``, with what has been looked up by then."""
    accounts = world.accounts
    rows = np.flatnonzero(accounts.first_lead_at <= read_at)
    size = accounts.size_known[rows] <= read_at
    industry = np.where(accounts.industry_known[rows] <= read_at, accounts.industry[rows], -1)
    rival = accounts.rival[rows]
    domains = pa.concat_arrays([pa.array([words.RIVAL_DOMAIN]), numbered("company", rows, suffix=".example")])
    columns = {
        "account_id": numbered("A", rows),
        "name": numbered("Company ", rows),
        "domain": domains.take(pa.array(np.where(rival, 0, 1 + np.arange(len(rows))))),
        "industry": labels(industry, words.INDUSTRY.names),
        "employees": numbers(accounts.employees[rows], size),
        "annual_revenue": numbers(accounts.annual_revenue[rows], size),
        "country": labels(accounts.country[rows], words.COUNTRY.names),
    }
    return table("accounts", columns, account_fields(world, rows))


def field_history_table(record: SalesRecord, read_at: int) -> pa.Table:
    """Build the changes recorded by ``read_at``, in order of time."""
    parts = [_lead_changes(field, change, read_at) for field, change in record.qualified.items()]
    accounts = record.world.accounts
    industry = labels(accounts.industry, words.INDUSTRY.names)
    employees = pa.array(accounts.employees.astype(np.int64)).cast(pa.string())
    revenue = pa.array(accounts.annual_revenue.astype(np.int64)).cast(pa.string())
    for field, known, values in (
        ("industry", accounts.industry_known, industry),
        ("employees", accounts.size_known, employees),
        ("annual_revenue", accounts.size_known, revenue),
    ):
        rows = np.flatnonzero((known > accounts.first_lead_at) & (known <= read_at))
        parts.append(_changes("account", numbered("A", rows), field, known[rows], None, values.take(pa.array(rows))))
    return pa.concat_tables(parts).sort_by([("changed_at", "ascending"), ("entity_id", "ascending")])


def _lead_changes(field: str, change: Qualification, read_at: int) -> pa.Table:
    filled = np.flatnonzero(change.filled <= read_at)
    changed = np.flatnonzero(change.changed <= read_at)
    first = labels(change.first, VALUES[field])
    second = labels(change.second, VALUES[field])
    return pa.concat_tables(
        [
            _changes("lead", lead_names(filled), field, change.filled[filled], None, first.take(pa.array(filled))),
            _changes(
                "lead",
                lead_names(changed),
                field,
                change.changed[changed],
                first.take(pa.array(changed)),
                second.take(pa.array(changed)),
            ),
        ]
    )


def _changes(entity: str, ids: pa.Array, field: str, at: Ints, old: pa.Array | None, new: pa.Array) -> pa.Table:
    columns = {
        "entity": pa.repeat(entity, len(ids)),
        "entity_id": ids,
        "field": pa.repeat(field, len(ids)),
        "changed_at": moments(at),
        "new_value": new,
    }
    return table("field_history", columns if old is None else {**columns, "old_value": old})


def aliases_table(world: World, read_at: int) -> pa.Table:
    """Second entries merged by ``read_at``."""
    twice = world.duplicates
    rows = np.flatnonzero(twice.merged <= read_at)
    columns = {
        "old_lead_id": lead_names(twice.number[rows]),
        "lead_id": lead_names(twice.original[rows]),
        "merged_at": moments(twice.merged[rows]),
    }
    return table("lead_aliases", columns)


def campaign_costs_table(world: World, read_at: int) -> pa.Table:
    """Build the costs of each campaign in each month that had begun by ``read_at``."""
    first = np.datetime64(world.settings.start.replace(tzinfo=None), "M")
    last = np.datetime64(
        datetime.fromtimestamp(min(read_at, seconds(world.settings.end)) - 1, UTC).replace(tzinfo=None), "M"
    )
    whole = np.datetime64(world.settings.end.replace(tzinfo=None), "M") - first
    month = np.arange(int(whole.astype(np.int64)) + 1)
    n = len(words.CAMPAIGN.rows)
    leads_a_month = world.settings.n_leads / world.settings.days * 30 * words.CAMPAIGN.shares
    noise = np.exp(0.2 * world.settings.random("campaign_costs").standard_normal((len(month), n)))
    cost = np.round(60 * leads_a_month * noise, 2)
    shown = first + month <= last
    columns = {
        "campaign": labels(np.tile(np.arange(n), int(shown.sum())), words.CAMPAIGN.names),
        "month": pa.array(np.repeat(np.datetime_as_string(first + month[shown]), n)),
        "cost": numbers(cost[shown].ravel()),
        "currency": pa.repeat("EUR", int(shown.sum()) * n),
    }
    return table("campaign_costs", columns)
