"""The kept figures and stages of a history as ``leadq check`` reckons them, in the form of ``tests/kept_by_sql.py``."""

from __future__ import annotations

from dataclasses import replace

from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.pipelines.measures.measure import Measured, measure_tables
from leadq.pipelines.measures.measured_facts import measured_facts
from tests.kept_by_sql import as_leadq_counts

_TEMPLATE = parse_agreement(template_text(), where="agreement.yaml")
AGREEMENT = replace(_TEMPLATE, clocks=replace(_TEMPLATE.clocks, logged_share_at_least=None))
"""Says who was worked however few of the won leads show a touch: the fakes' companies win by chance."""
HORIZON_DAYS = AGREEMENT.outcome.horizon_days


def measured(history: History) -> Measured:
    """Measure a history by the agreement that leadq comes with."""
    with open_engine(threads=1) as backend:
        return measure_tables(open_tables(backend, history), AGREEMENT)


def kept_by_leadq(found: Measured) -> dict[str | None, dict[str, int]]:
    """Return the counts of the last period, a tier each."""
    return as_leadq_counts(measured_facts(found)["hand_overs"]["figures"])
