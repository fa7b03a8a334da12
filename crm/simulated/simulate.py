"""A simulated company: the tables its CRM holds at one moment, and apart from them the truth.

The whole span is drawn first and then recorded as of ``read_at``; reading the same company earlier or later
changes what is recorded by then, never what happened, nor any probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from leadq.crm.simulated.arrow_columns import lead_names, moments, numbers
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.faults.records.plant import plant
from leadq.crm.simulated.moments import NEVER, seconds
from leadq.crm.simulated.sales.clean_sales import clean_sales
from leadq.crm.simulated.sales.former_sales import former_sales
from leadq.crm.simulated.sales.office_hours import office_hours
from leadq.crm.simulated.sales.sales_record import Marks, SalesRecord
from leadq.crm.simulated.tables import lead_tables
from leadq.crm.simulated.tables.customer_table import customers_table
from leadq.crm.simulated.tables.event_table import events_table
from leadq.crm.simulated.tables.sales_tables import dispositions_table, opportunities_table, touches_table
from leadq.crm.simulated.truth import Truth
from leadq.crm.simulated.world import draw_world, truth_of
from leadq.foundation.problems import ConfigError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCompany:
    """What one reading of the company's CRM gives, and the truth about it.

    ``tables`` holds the tables of :data:`leadq.crm.contract.crm_tables.TABLES` by name without ``LATER_TABLES``
    (``customers`` is there where churn is planted); own
    fields come after the contract's columns of leads and accounts. ``planted`` says of each planted fault which leads it concerns and
    from when: a table of ``lead_id``, ``at`` and ``value``. It belongs to the truth.
    """

    tables: dict[str, pa.Table]
    truth: Truth
    planted: dict[str, pa.Table]
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
    world, office = draw_world(settings), office_hours(settings)
    record = former_sales(world) if office is None else plant(clean_sales(world, office), office)
    return SimulatedCompany(
        tables=_tables(record, seconds(moment)),
        truth=truth_of(world),
        planted={name: marks_table(marks) for name, marks in record.marks.items()},
        read_at=moment,
        settings=settings,
    )


def marks_table(marks: Marks) -> pa.Table:
    """Return whom a fault concerns, as a table."""
    columns = {
        "lead_id": lead_names(marks.lead),
        "at": moments(marks.at, marks.at < NEVER),
        "value": numbers(marks.value),
    }
    return pa.table(columns)


def _tables(record: SalesRecord, read_at: int) -> dict[str, pa.Table]:
    """Every table of the contract as of ``read_at``."""
    world = record.world
    tables = {
        "leads": lead_tables.leads_table(record, read_at),
        "accounts": lead_tables.accounts_table(world, read_at),
        "opportunities": opportunities_table(record, read_at),
        "events": events_table(record, read_at),
        "field_history": lead_tables.field_history_table(record, read_at),
        "touches": touches_table(record, read_at),
        "dispositions": dispositions_table(record, read_at),
        "lead_aliases": lead_tables.aliases_table(world, read_at),
        "campaign_costs": lead_tables.campaign_costs_table(world, read_at),
    }
    if record.revenue is not None:
        tables["customers"] = customers_table(record.revenue, read_at)
    return tables
