"""Measure the agreement on a history: hand-overs and the kept figures, and when leads first met its stages."""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.agreement.terms.measured_terms import HandOver
from leadq.crm.contract.history import History
from leadq.crm.gate.stale_sources import StaleSource
from leadq.features.engine.duckdb_engine import Tables, open_engine, open_tables
from leadq.features.handover.hand_overs import HandOvers, PeriodCounts, hand_overs
from leadq.features.handover.judged import Judging, judged
from leadq.features.handover.periods import periods
from leadq.features.handover.sources import Deliveries, recorded_sources
from leadq.features.handover.touches import other_kinds
from leadq.features.rejection.judged_answers import JudgedReason, judged_answers
from leadq.features.rejection.standing import rejections
from leadq.features.stages.stage_moments import StageMoments, stage_moments
from leadq.models.tiers.kept_promises import NOTHING_LOGGED, KeptFigures, Logged, kept_figures, logged_touches
from leadq.models.tiers.tier_supply import TierSupply, handed_over_supply, months_of
from leadq.pipelines.measures.agreement_versions import EarlierFigures, Version, as_then, version_of_each, versions_of
from leadq.pipelines.measures.deliveries import NO_SCORES, ScoreFiles, deliveries_of, score_files
from leadq.pipelines.project.old_sources import stale_of
from leadq.pipelines.project.project import Project

SALES = "sales"
_JUDGED = ("tier", "tier_by", "rose", "won", "touched", "worked", "mature", "handed_over_us", "agreement_version")


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
        Of hand-overs of the last period under the agreement's version.
    earlier : tuple of EarlierFigures
        Of that period under versions before, oldest first.
    touches_recorded : bool
    supply : tuple of TierSupply
        Hand-overs of the agreement's version by month and frozen tier; empty before a full month of them was scored.
    months : tuple of int
        All hand-overs of the agreement's version in each full month, oldest first.
    logged : Logged
        How many of the won leads show a touch, and whether that is as many as was agreed.
    other_touches : tuple of (str, int)
        Kinds of touches that are recorded and, as agreed, do not count, with how many there are.
    horizon_days, grace_days : int
    scores_gone : int
        Score tables that committed runs name and that are not in the store.
    stages : tuple of Stage
    stale : tuple of StaleSource
        Sources that are older than leadq.yaml allows.
    """

    agreed: HandOver | None
    recorded: tuple[HandOver, ...]
    counts: tuple[PeriodCounts, ...]
    figures: tuple[KeptFigures, ...]
    earlier: tuple[EarlierFigures, ...] = ()
    supply: tuple[TierSupply, ...] = ()
    months: tuple[int, ...] = ()
    touches_recorded: bool
    logged: Logged = NOTHING_LOGGED
    other_touches: tuple[tuple[str, int], ...] = ()
    horizon_days: int
    grace_days: int
    scores_gone: int
    stages: tuple[Stage, ...]
    stale: tuple[StaleSource, ...] = ()
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
        measured = measure_tables(
            tables,
            project.agreement,
            deliveries=deliveries_of(project),
            scores=score_files(project),
            versions=versions_of(project),
        )
    return replace(measured, stale=stale_of(project, history))


def measure_tables(
    tables: Tables,
    agreement: Agreement,
    *,
    deliveries: Deliveries | None = None,
    scores: ScoreFiles = NO_SCORES,
    versions: tuple[Version, ...] = (),
) -> Measured:
    """Measure the tables of a history with dates.

    Parameters
    ----------
    tables : Tables
    agreement : Agreement
    deliveries : Deliveries, optional
        Tiers that a CRM confirmed.
    scores : ScoreFiles, optional
    versions : tuple of Version, optional
        Of the agreement that scored, oldest first.
    """
    agreed = agreement.clocks.hand_over or None
    owned = owned_by_sales(agreement)
    by = judging_by(agreement, scores)
    sources = recorded_sources(tables, deliveries, owned)
    when = periods(sources, agreed)
    rejected = rejections(tables, agreement.after_rejection)
    found = hand_overs(tables, sources, when, rejected=rejected) if when else None
    frame = _frame(tables, found, by) if found is not None else None
    of_versions = _Figures(frame, agreement, versions, touches=tables.history.has_touches)
    return Measured(
        agreed=agreed,
        recorded=tuple(one.name for one in sources),
        counts=found.counts if found is not None else (),
        figures=of_versions.today(),
        earlier=of_versions.earlier(),
        supply=of_versions.supply(agreement.version, agreement),
        months=of_versions.months(),
        touches_recorded=tables.history.has_touches,
        logged=of_versions.logged,
        other_touches=other_kinds(tables, by.touch_kinds),
        horizon_days=by.horizon_days,
        grace_days=by.grace_days,
        scores_gone=scores.gone,
        stages=tuple(_counted(tables, one) for one in stage_moments(tables, agreement)),
        judged=judged_answers(tables, agreement),
    )


def judging_by(agreement: Agreement, scores: ScoreFiles) -> Judging:
    """Return by what an agreement judges hand-overs, their tiers frozen in ``scores``."""
    return Judging(
        horizon_days=agreement.outcome.horizon_days,
        grace_days=agreement.review.grace_days,
        best_first=tuple(tier.id for tier in agreement.tiers),
        score_files=scores.files,
        touch_kinds=agreement.clocks.counts_as_touch,
    )


def owned_by_sales(agreement: Agreement) -> tuple[str, ...]:
    """Return the tiers that are sales' own: who is delivered in one of them was put before sales."""
    return tuple(tier.id for tier in agreement.tiers if tier.owner.strip().lower() == SALES)


def _frame(tables: Tables, found: HandOvers, by: Judging) -> pd.DataFrame:
    """Return the hand-overs of the last period, a row each, and what came of them."""
    rows = judged(tables, found.table, by)
    rows = rows.filter(rows.period == len(found.counts) - 1)
    account = ibis.coalesce(rows.account_id, ibis.literal("lead ") + rows.lead_id)
    frame: pd.DataFrame = rows.select(*_JUDGED, account=account).to_pandas()
    return frame


class _Figures:
    """Kept figures of each version of the agreement."""

    def __init__(
        self, frame: pd.DataFrame | None, agreement: Agreement, versions: tuple[Version, ...], *, touches: bool
    ) -> None:
        self._agreement, self._versions = agreement, versions
        self._frame = pd.DataFrame(columns=[*_JUDGED, "account"]) if frame is None else frame
        self._frame["handed_over_at"] = pd.to_datetime(self._frame["handed_over_us"], unit="us", utc=True)
        self._there = frame is not None
        self._version = version_of_each(self._frame, versions, today=agreement.version)
        least = agreement.clocks.logged_share_at_least if touches else None
        self.logged = logged_touches(self._frame, least)
        self._said = touches and self.logged.enough

    def today(self) -> tuple[KeptFigures, ...]:
        """Return those of the agreement's version; none where no lead is handed over by the agreed source."""
        return self._of(self._agreement.version, self._agreement) if self._there else ()

    def earlier(self) -> tuple[EarlierFigures, ...]:
        """Return those of every other version under which a lead was handed over."""
        ends = [*(later.since_us for later in self._versions[1:]), None][: len(self._versions)]
        return tuple(
            EarlierFigures(
                number=version.number,
                until_us=end,
                promises_known=version.agreement is not None,
                figures=self._of(version.number, as_then(self._agreement, version)),
                supply=self.supply(version.number, version.agreement or self._agreement),
            )
            for version, end in zip(self._versions, ends, strict=True)
            if version.number != self._agreement.version and (self._version == version.number).any()
        )

    def supply(self, version: int, agreement: Agreement) -> tuple[TierSupply, ...]:
        """Return how many were handed over in each promised tier of a version."""
        promised = [tier.id for tier in agreement.tiers if tier.promise is not None]
        return handed_over_supply(self._frame[self._version == version], promised)

    def months(self) -> tuple[int, ...]:
        """Return how many were handed over in each full month of the agreement's version."""
        return months_of(self._frame[self._version == self._agreement.version]["handed_over_at"])

    def _of(self, version: int, agreement: Agreement) -> tuple[KeptFigures, ...]:
        return kept_figures(self._frame[self._version == version], agreement, touches_recorded=self._said)


def _counted(tables: Tables, moments: StageMoments) -> Stage:
    leads = None if moments.table is None else int(moments.table.count().to_pyarrow().as_py())
    dated = tables.leads.filter(ibis._.created_us.notnull())
    if moments.since_us is not None:
        dated = dated.filter(ibis._.created_us >= ibis.literal(moments.since_us, "int64"))
    return Stage(moments=moments, leads=leads, among=int(dated.count().to_pyarrow().as_py()))
