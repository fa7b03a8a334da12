"""A simulated company: the tables its CRM holds at one moment, and apart from them the truth.

The whole span is drawn first and then recorded as of ``read_at``; reading the same company earlier or later
changes what is recorded by then, never what happened, nor any probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.moments import seconds
from leadq.crm.simulated.tables import lead_tables
from leadq.crm.simulated.tables.event_table import events_table
from leadq.crm.simulated.tables.qualification import qualify
from leadq.crm.simulated.tables.sales_tables import (
    dispositions_table,
    draw_opportunities,
    opportunities_table,
    touches_table,
)
from leadq.crm.simulated.truth import Truth
from leadq.crm.simulated.world import World, draw_world, truth_of
from leadq.foundation.problems import ConfigError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCompany:
    """What one reading of the company's CRM gives, and the truth about it.

    ``tables`` holds the tables of :data:`leadq.crm.contract.crm_tables.TABLES` by name without ``LATER_TABLES``; own
    fields come after the contract's columns of leads and accounts.
    """

    tables: dict[str, pa.Table]
    truth: Truth
    read_at: datetime
    settings: CompanySettings


def simulate(settings: CompanySettings, *, read_at: datetime | None = None) -> SimulatedCompany:
    """Simulate a company and read its CRM.

    Parameters
    ----------
    settings : CompanySettings
    read_at : datetime, optional
        When the CRM is read (UTC), within the span; default: its end.

    Raises
    ------
    ConfigError
        ``read_at`` lies outside the span.
    """
    moment = settings.end if read_at is None else read_at
    if moment.utcoffset() != timedelta(0) or not settings.start < moment <= settings.end:
        raise ConfigError(
            Problem(
                where="simulated company read_at",
                rule=f"must be UTC, after {settings.start.isoformat()} and not after {settings.end.isoformat()}",
                value=moment.isoformat(),
                remedy="Choose a moment within the simulated span, or simulate more days.",
            )
        )
    world = draw_world(settings)
    return SimulatedCompany(
        tables=_record(world, seconds(moment)), truth=truth_of(world), read_at=moment, settings=settings
    )


def _record(world: World, read_at: int) -> dict[str, pa.Table]:
    """Every table of the contract as of ``read_at``."""
    qualified = qualify(world)
    opportunities = draw_opportunities(world)
    reps = lead_tables.draw_reps(world)
    return {
        "leads": lead_tables.leads_table(world, qualified, opportunities, reps, read_at),
        "accounts": lead_tables.accounts_table(world, read_at),
        "opportunities": opportunities_table(world, opportunities, read_at),
        "events": events_table(world, read_at),
        "field_history": lead_tables.field_history_table(world, qualified, read_at),
        "touches": touches_table(world, reps, read_at),
        "dispositions": dispositions_table(world, reps, read_at),
        "lead_aliases": lead_tables.aliases_table(world, read_at),
        "campaign_costs": lead_tables.campaign_costs_table(world, read_at),
    }
