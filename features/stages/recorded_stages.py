"""What a CRM itself records of a stage: a date column of the leads, or changes of a lead's field to the stage's name.

A date column is one of the company's own named after the stage: ``mql_at``, ``MQL_date``, ``SQL_Date__c``. A recorded change is one to
the stage's name, or to how CRMs write it.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import Tables, own_column

DATE_ENDINGS = ("at", "date")
CUSTOM = "__c"
"""How the name of a company's own field ends in some CRMs."""
_WRITTEN = {
    "mql": ("marketingqualifiedlead", "marketingqualified"),
    "sal": ("salesacceptedlead", "salesaccepted"),
    "sql": ("salesqualifiedlead", "salesqualified"),
}
_NO_LETTER = "[^a-z0-9]"


def date_column(history: History, stage: str) -> str | None:
    """Return the name of the leads' own column that holds when a stage was reached; None without one.

    Parameters
    ----------
    history : History
    stage : str
        As the agreement calls it.
    """
    wanted = {f"{_bare(stage)}{ending}" for ending in DATE_ENDINGS}
    dates = [field.name for field in history.own_fields if field.entity == "lead" and field.type == "date"]
    return next((name for name in sorted(dates) if _bare(name.removesuffix(CUSTOM)) in wanted), None)


def by_date_column(tables: Tables, column: str) -> ir.Table:
    """Return ``lead_id, first_us`` by a date column of the leads."""
    first = tables.leads[own_column(column)]
    return tables.leads.select("lead_id", first_us=first).filter(ibis._.first_us.notnull())


def by_stage_history(tables: Tables, stage: str) -> ir.Table:
    """Return ``lead_id, first_us`` by the first recorded change of a field of the lead to the stage."""
    words = (_bare(stage), *_WRITTEN.get(_bare(stage), ()))
    changes = tables.field_history.filter(ibis._.entity == "lead", ibis._.new_value.notnull())
    reached = changes.filter(changes.new_value.lower().re_replace(_NO_LETTER, "").isin(words))
    return reached.group_by(lead_id=reached.entity_id).agg(first_us=ibis._.changed_us.min())


def _bare(name: str) -> str:
    return re.sub(_NO_LETTER, "", name.lower())
