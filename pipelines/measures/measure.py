"""Measure the agreement on a history: hand-overs and the kept figures, and when leads first met its stages."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from leadq.agreement.schema import Agreement
from leadq.agreement.terms.measured_terms import HandOver
from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import Tables, open_engine, open_tables
from leadq.features.handover.hand_overs import HandOvers, PeriodCounts, hand_overs
from leadq.features.handover.judged import Judging, judged
from leadq.features.handover.periods import periods
from leadq.features.handover.sources import Deliveries, recorded_sources
from leadq.features.rejection.judged_answers import JudgedReason, judged_answers
from leadq.features.rejection.standing import rejections
from leadq.features.stages.stage_moments import StageMoments, stage_moments
from leadq.models.tiers.kept_promises import KeptFigures, kept_figures
from leadq.pipelines.measures.deliveries import NO_SCORES, ScoreFiles, deliveries_of, score_files
from leadq.pipelines.project.project import Project

SALES = "sales"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage, how many leads have met it (None where that is not recorded), and of how many that can be said."""

    moments: StageMoments
    leads: int | None
    among: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known of hand-overs and stages.

    Parameters
    ----------
    agreed : HandOver or None
        Source of the hand-over that the agreement names; None where it leaves it to what is recorded.
    recorded : tuple of HandOver
        Sources that this history has.
    counts : tuple of PeriodCounts
        Oldest first; the last one is in force. Empty where the agreed source is not recorded.
    figures : tuple of KeptFigures
        Of hand-overs of the last period.
    touches_recorded : bool
    horizon_days, grace_days : int
    scores_gone : int
        Score tables that committed runs name and that are not in the store.
    stages : tuple of Stage
    """

    agreed: HandOver | None
    recorded: tuple[HandOver, ...]
    counts: tuple[PeriodCounts, ...]
    figures: tuple[KeptFigures, ...]
    touches_recorded: bool
    horizon_days: int
    grace_days: int
    scores_gone: int
    stages: tuple[Stage, ...]
    judged: tuple[JudgedReason, ...] = ()


def measure(project: Project, history: History) -> Measured | None:
    """Measure ``history`` with what the store of ``project`` knows; None where it has no dates, without which nothing can be said.

    Parameters
    ----------
    project : Project
    history : History

    Raises
    ------
    StoreError
        The ledger or a score table is damaged.
    """
    if not history.dated:
        return None
    bounds = project.settings.engine
    with open_engine(threads=bounds.threads, memory_limit=bounds.memory_limit) as backend:
        tables = open_tables(backend, history)
        return measure_tables(tables, project.agreement, deliveries=deliveries_of(project), scores=score_files(project))


def measure_tables(
    tables: Tables,
    agreement: Agreement,
    *,
    deliveries: Deliveries | None = None,
    scores: ScoreFiles = NO_SCORES,
) -> Measured:
    """Measure the tables of a history with dates.

    Parameters
    ----------
    tables : Tables
    agreement : Agreement
    deliveries : Deliveries, optional
        Tiers that a CRM confirmed.
    scores : ScoreFiles, optional
    """
    agreed = agreement.clocks.hand_over or None
    owned = tuple(tier.id for tier in agreement.tiers if tier.owner.strip().lower() == SALES)
    by = Judging(
        horizon_days=agreement.outcome.horizon_days,
        grace_days=agreement.review.grace_days,
        best_first=tuple(tier.id for tier in agreement.tiers),
        score_files=scores.files,
    )
    sources = recorded_sources(tables, deliveries, owned)
    when = periods(sources, agreed)
    rejected = rejections(tables, agreement.after_rejection)
    found = hand_overs(tables, sources, when, rejected=rejected) if when else None
    return Measured(
        agreed=agreed,
        recorded=tuple(one.name for one in sources),
        counts=found.counts if found is not None else (),
        figures=_figures(tables, found, by, agreement) if found is not None else (),
        touches_recorded=tables.history.has_touches,
        horizon_days=by.horizon_days,
        grace_days=by.grace_days,
        scores_gone=scores.gone,
        stages=tuple(_counted(tables, one) for one in stage_moments(tables, agreement)),
        judged=judged_answers(tables, agreement),
    )


def _figures(tables: Tables, found: HandOvers, by: Judging, agreement: Agreement) -> tuple[KeptFigures, ...]:
    rows = judged(tables, found.table, by)
    rows = rows.filter(rows.period == len(found.counts) - 1)
    account = ibis.coalesce(rows.account_id, ibis.literal("lead ") + rows.lead_id)
    frame = rows.select("tier", "tier_by", "rose", "won", "worked", "mature", account=account).to_pandas()
    return kept_figures(frame, agreement, touches_recorded=tables.history.has_touches)


def _counted(tables: Tables, moments: StageMoments) -> Stage:
    leads = None if moments.table is None else int(moments.table.count().to_pyarrow().as_py())
    dated = tables.leads.filter(ibis._.created_us.notnull())
    if moments.since_us is not None:
        dated = dated.filter(ibis._.created_us >= ibis.literal(moments.since_us, "int64"))
    return Stage(moments=moments, leads=leads, among=int(dated.count().to_pyarrow().as_py()))
