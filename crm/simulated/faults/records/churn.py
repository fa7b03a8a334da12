"""Customers: what won accounts pay by month, and when they leave; most leave that one source brought."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import Churn
from leadq.crm.simulated.moments import NEVER, after
from leadq.crm.simulated.sales.sales_record import Revenue, SalesRecord
from leadq.crm.simulated.vocabulary import SOURCE

_YEAR_DAYS = 365.0


def plant_churn(record: SalesRecord, fault: Churn, random: np.random.Generator) -> SalesRecord:
    """Make every account a customer from its first win on."""
    deals, leads = record.opportunities, record.world.leads
    n_accounts = len(record.world.accounts.band)
    rows = np.flatnonzero(deals.won & (leads.account[deals.lead] >= 0) & (deals.closed < NEVER))
    rows = rows[np.argsort(deals.closed[rows], kind="stable")]
    account, first = np.unique(leads.account[deals.lead[rows]], return_index=True)
    rows = rows[first]
    lead, started = deals.lead[rows], deals.closed[rows]
    worst = leads.source[lead] == SOURCE.code(fault.worst_source)
    leaving = np.where(worst, fault.worst_first_year_share, fault.first_year_share)
    years = random.exponential(1.0, n_accounts)[account] / -np.log1p(-leaving)
    ended = after(started, years * _YEAR_DAYS)
    revenue = Revenue(account=account, started=started, ended=ended, monthly=np.round(deals.amount[rows] / 12.0, 2))
    return replace(record, revenue=revenue).marked("churn", lead[worst], started[worst], years[worst])
