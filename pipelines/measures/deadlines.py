"""When the first touch of each open lead is due, beside a run's scores: made after the night, completed when a delivery hands leads over.

Only of an agreement that states a calendar. What a deadline is counted from stands in ``features/handover``; a score does not depend on it,
so that it is no part of the run: it can be made again, and where it cannot be made the night stands as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.agreement.calendar.business_time import NO_MOMENT, business_time
from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.handover.open_hand_overs import OfWhom, open_hand_overs
from leadq.features.handover.periods import periods
from leadq.features.handover.sources import recorded_sources
from leadq.features.rejection.standing import rejections
from leadq.foundation.atomic_files import new_file
from leadq.foundation.problems import LeadqError
from leadq.pipelines.measures.deliveries import deliveries_of
from leadq.pipelines.measures.measure import owned_by_sales
from leadq.pipelines.project.old_sources import stale_of
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run
from leadq.serving.words.agreed.deadline import DEADLINES

_NEWEST = 50
"""So many of the newest runs are looked at after a delivery."""
LOOKS_BACK = timedelta(days=31)
"""The tier at a hand-over is looked up among the nights of so many days; nothing is due of one that is older and has none."""


def note_deadlines(project: Project, history: History, run: Run) -> str:
    """Write the deadlines of a run's leads into the store.

    Returns
    -------
    str
        Why none could be told, in words; empty where they were, or there is nothing to tell.
    """
    hours, path = hours_of(project.agreement), project.store.deadlines_path(run.inputs)
    if not hours or not history.dated or run.inputs.as_of != history.read_at or path.is_file():
        return ""  # of a night that is repeated a delivery may have completed them
    try:
        _write(_with_due(project, hours, _rows(project, history, run, hours)), path)
    except LeadqError as error:
        problem = error.problems[0]
        return f"When first touches are due cannot be told: {problem.where} {problem.rule}. {problem.remedy}"
    return ""


def complete_deadlines(project: Project) -> None:
    """Add the deadlines of leads that a delivery has handed over since the newest runs; what is there already stays.

    Raises
    ------
    LeadqError
        The ledger or the file of holidays cannot be read.
    """
    hours = hours_of(project.agreement)
    paths = [
        path for run in project.store.runs()[-_NEWEST:] if (path := project.store.deadlines_path(run.inputs)).is_file()
    ]
    if not hours or not paths:
        return
    delivered = deliveries_of(project)
    if delivered is None:
        return
    of_sales = pa.array(owned_by_sales(project.agreement), pa.string())
    known = delivered.rows.filter(pc.is_in(delivered.rows["tier"], value_set=of_sales)).to_pylist()
    for path in paths:
        rows = pq.read_table(path, partitioning=None).to_pylist()
        handed = [row | _hand_over(row, first) for first in [_first_since(known, rows)] for row in rows]
        if handed != rows:
            _write(_with_due(project, hours, pa.Table.from_pylist(handed, schema=DEADLINES)), path)


def _first_since(known: list[dict[str, Any]], rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a lead's first confirmation after the reading that the rows are of."""
    read_us = min((row["read_us"] for row in rows), default=0)
    return {one["lead_id"]: one for one in reversed(known) if one["confirmed_us"] >= read_us}


def _hand_over(row: dict[str, Any], first: dict[str, dict[str, Any]]) -> dict[str, Any]:
    told = first.get(row["lead_id"]) if row["waits"] else None
    return {} if told is None else {"handed_over_us": told["confirmed_us"], "tier": told["tier"], "waits": False}


def hours_of(agreement: Agreement) -> dict[str, float]:
    """Return the business hours until the first touch, a tier that agrees on some; none without an agreed calendar."""
    if not agreement.calendar.stated:
        return {}
    slas = {tier.id: tier.sla for tier in agreement.tiers if tier.sla is not None}
    return {name: sla.first_touch_business_hours for name, sla in slas.items() if sla.first_touch_business_hours}


def _rows(project: Project, history: History, run: Run, hours: dict[str, float]) -> pa.Table:
    scores = pq.read_table(project.store.table(run.scores), columns=["lead_id", "tier"], partitioning=None)
    lead_ids = scores.filter(pc.is_in(scores["tier"], value_set=pa.array(list(hours))))["lead_id"].combine_chunks()
    agreement, bounds = project.agreement, project.settings.engine
    with open_engine(threads=bounds.threads, memory_limit=bounds.memory_limit) as backend:
        tables = open_tables(backend, history)
        sources = recorded_sources(tables, deliveries_of(project), owned_by_sales(agreement))
        when = periods(sources, agreement.clocks.hand_over or None)
        if not when:
            return DEADLINES.empty_table()
        of = OfWhom(
            lead_ids=lead_ids,
            touch_kinds=agreement.clocks.counts_as_touch,
            best_first=tuple(tier.id for tier in agreement.tiers),
            score_files=() if when[-1].source == "delivered" else _around(project, run),
        )
        rejected = rejections(tables, agreement.after_rejection)
        found = open_hand_overs(tables, sources, when, of, rejected=rejected)
    n = len(found)
    return (
        found.append_column("due_us", pa.nulls(n, pa.int64()))
        .append_column("read_us", pa.repeat(pa.scalar(microseconds(_touches_until(project, history)), pa.int64()), n))
        .append_column("touches_recorded", pa.repeat(pa.scalar(history.has_touches), n))
        .cast(DEADLINES)
    )


def _touches_until(project: Project, history: History) -> datetime:
    """Return until when touches are known: the reading, or the newest one where leadq.yaml says that the source is too old."""
    old = next((one for one in stale_of(project, history) if one.table == "touches"), None)
    return history.read_at if old is None or old.newest is None else old.newest


def _around(project: Project, run: Run) -> tuple[Path, ...]:
    """Return the score tables of the last nights that are there, that of the run among them."""
    store, end = project.store, run.inputs.as_of
    names = [one.scores for one in store.runs() if end - LOOKS_BACK <= one.inputs.as_of <= end]
    return tuple(store.table(name) for name in names if (store.folder / name).is_file())


def _with_due(project: Project, hours: dict[str, float], rows: pa.Table) -> pa.Table:
    """Return the rows with the moment that each first touch is due: of the tier at hand-over, by the holidays of the owner's country."""
    time = business_time(project.agreement.calendar, project.folder)
    handed = rows["handed_over_us"].fill_null(NO_MOMENT).to_numpy()
    owed = np.array([hours.get(tier or "", np.nan) for tier in rows["tier"].to_pylist()], dtype=np.float64)
    start = np.where(np.isnan(owed), NO_MOMENT, handed)
    due = time.deadline(start, np.nan_to_num(owed), rows["country"].to_pylist())
    column = pa.array(due, pa.int64(), mask=due == NO_MOMENT)
    return rows.set_column(rows.schema.get_field_index("due_us"), "due_us", column)


def _write(rows: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with new_file(path) as partial:
        pq.write_table(rows, partial)
