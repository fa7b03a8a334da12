"""When each lead first met a stage: by the agreement's checks as of any moment, else by what the CRM records, else not recorded.

The checks can be evaluated where every field in them has recorded changes and its events and answers are there. Leads that came in
before the changes of a field were recorded are left out: when they first met it cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import ibis
import ibis.expr.types as ir

from leadq.agreement.schema import Agreement, Check
from leadq.features.engine.duckdb_engine import Tables, microseconds
from leadq.features.stages.acceptances import decisions
from leadq.features.stages.holding_spans import field_key, spans_of_decision, spans_of_event, spans_of_fields
from leadq.features.stages.recorded_stages import by_date_column, by_stage_history, date_column

StageSource = Literal["checks", "date column", "stage history", "not recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMoments:
    """When leads first met a stage.

    Parameters
    ----------
    stage : str
    source : StageSource
    column : str
        The date column, of that source.
    missing : tuple of str
        What the history lacks to evaluate the checks: fields whose changes are not recorded (``"lead.authority"``), ``"events"``,
        ``"dispositions"``.
    since_us : int or None
        Leads that came in earlier are left out; None where none are.
    table : ir.Table or None
        Materialised: ``lead_id, first_us``, a row a lead that has met it when the data was read; None where it is not recorded.
    """

    stage: str
    source: StageSource
    column: str = ""
    missing: tuple[str, ...] = ()
    since_us: int | None = None
    table: ir.Table | None = None


def stage_moments(tables: Tables, agreement: Agreement) -> tuple[StageMoments, ...]:
    """Return the moments of every stage of the agreement, in its order."""
    found = []
    for place, (stage, checks) in enumerate(agreement.stages.items()):
        missing = _missing(tables, checks)
        if checks and not missing:
            found.append(_by_checks(tables, stage, checks, f"stage_{place}"))
        else:
            found.append(_as_recorded(tables, stage, missing, f"stage_{place}"))
    return tuple(found)


def first_holding(tables: Tables, checks: Sequence[Check], name: str) -> ir.Table:
    """Return ``lead_id, first_us``: the first moment at which all of ``checks`` held, of leads that have had one.

    ``name`` begins the names of scratch tables.
    """
    parts = [
        tables.backend.create_table(f"{name}_check_{place}", spans, temp=True, overwrite=True)
        for place, spans in enumerate(_spans(tables, checks, name))
    ]
    # it begins where one of them begins; spans of one check are disjoint, so as many cover a moment as hold there
    begins = reduce(lambda left, right: left.union(right), [one.select("lead_id", at_us="start_us") for one in parts])
    every = reduce(lambda left, right: left.union(right), parts)
    joined = begins.distinct().inner_join(every, "lead_id")
    covered = joined.filter(joined.start_us <= joined.at_us, joined.at_us < joined.end_us)
    counts = covered.group_by("lead_id", "at_us").agg(held=ibis._.count())
    return counts.filter(counts.held == len(parts)).group_by("lead_id").agg(first_us=ibis._.at_us.min())


def _spans(tables: Tables, checks: Sequence[Check], name: str) -> Iterator[ir.Table]:
    of_fields = [check for check in checks if check.subject == "field"]
    if of_fields:
        yield spans_of_fields(tables, of_fields, f"{name}_looks")
    for check in checks:
        if check.subject == "event":
            yield spans_of_event(tables, check)
        elif check.subject == "disposition":
            yield spans_of_decision(tables, decisions(tables), check)


def _by_checks(tables: Tables, stage: str, checks: Sequence[Check], name: str) -> StageMoments:
    tracked = [tables.history.tracked_since[field_key(check)] for check in checks if check.subject == "field"]
    since_us = max((microseconds(since) for since in tracked), default=None)
    first = first_holding(tables, checks, name)
    if since_us is not None:
        since = tables.leads.filter(ibis._.created_us >= ibis.literal(since_us, "int64"))
        first = first.semi_join(since, "lead_id")
    return StageMoments(stage=stage, source="checks", since_us=since_us, table=_made(tables, name, first))


def _as_recorded(tables: Tables, stage: str, missing: tuple[str, ...], name: str) -> StageMoments:
    column = date_column(tables.history, stage)
    if column is not None:
        table = _made(tables, name, by_date_column(tables, column))
        return StageMoments(stage=stage, source="date column", column=column, missing=missing, table=table)
    table = _made(tables, name, by_stage_history(tables, stage))
    if int(table.count().to_pyarrow().as_py()):
        return StageMoments(stage=stage, source="stage history", missing=missing, table=table)
    return StageMoments(stage=stage, source="not recorded", missing=missing)


def _missing(tables: Tables, checks: Sequence[Check]) -> tuple[str, ...]:
    keys = [field_key(check) for check in checks if check.subject == "field"]
    lacking = [key for key in dict.fromkeys(keys) if key not in tables.history.tracked_since]
    subjects = {check.subject for check in checks}
    if "event" in subjects and _is_empty(tables.events):
        lacking.append("events")
    if "disposition" in subjects and _is_empty(decisions(tables)):
        lacking.append("dispositions")
    return tuple(lacking)


def _is_empty(table: ir.Table) -> bool:
    return not len(table.limit(1).to_pyarrow())


def _made(tables: Tables, name: str, expression: ir.Table) -> ir.Table:
    read_us = microseconds(tables.history.read_at)
    table: ir.Table = tables.backend.create_table(
        name, expression.filter(expression.first_us <= read_us), temp=True, overwrite=True
    )
    return table
