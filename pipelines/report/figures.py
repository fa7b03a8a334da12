"""All figures of the evaluation report, computed once from held-out forecasts: the page, the card, DVC and MLflow show the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.training_data import HANDOFF
from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.plurals import counted
from leadq.models.base.metrics import auc, log_loss
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.by_period import PeriodFigures, figures_by_period
from leadq.models.evaluation.held_out_forecasts import at_judged_moment
from leadq.models.evaluation.lift import SHARES, LiftRow, Workable, captured, lift_rows, workable
from leadq.models.evaluation.paired_bootstrap import Gain, auc_difference
from leadq.models.evaluation.reliability import Decomposition, Reliability, decompose, reliability
from leadq.models.evaluation.segments import SegmentFigures, Selection, adjust, segments_of, selections_of
from leadq.models.evaluation.stability import Stability
from leadq.pipelines.project.params import ReportSettings
from leadq.pipelines.report.segment_fields import values_of

GAIN_SHARES = tuple(round(0.02 * step, 2) for step in range(51))
MIN_WINS_OF_CURVE = 30
"""A moment with fewer wins gets no reliability curve: its band would fill the picture."""
BAND_REPEATS = 200
GAIN_REPEATS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityAt:
    """Reliability of the forecasts at one moment of a lead's life (``"hand-off"``, ``"7 days"``)."""

    moment: str
    n: int
    wins: int
    curve: Reliability
    brier: Decomposition
    log_loss: Decomposition


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Everything that rests on held-out forecasts.

    Parameters
    ----------
    judged : DataFrame
        Held-out forecasts at hand-off (else at the first landmark).
    periods : tuple of PeriodFigures
    curves : tuple of ReliabilityAt
        Hand-off first.
    work : Workable
    at_capacity : LiftRow or None
        Wins among the leads that can be worked.
    lift : tuple of LiftRow
    gains : dict of str to array of shape (51,)
        Share of wins among the best leads at :data:`GAIN_SHARES`: ``model``, ``points``.
    ranking : dict of str to Gain
        AUC of the model minus that of ``points`` and of ``logistic``.
    segments : tuple of SegmentFigures
    selections : tuple of Selection
    selected_at : float
        Lowest probability of a tier with a promise.
    stability : Stability or None
    absent : tuple of str
        Fields that were to be looked at and are not in the data.
    """

    judged: pd.DataFrame
    periods: tuple[PeriodFigures, ...]
    curves: tuple[ReliabilityAt, ...]
    work: Workable
    at_capacity: LiftRow | None
    lift: tuple[LiftRow, ...]
    gains: dict[str, Floats]
    ranking: dict[str, Gain]
    segments: tuple[SegmentFigures, ...]
    selections: tuple[Selection, ...]
    selected_at: float
    stability: Stability | None
    absent: tuple[str, ...]


def lowest_cut(bundle: Bundle) -> float:
    """Lowest probability of a tier with a promise, of those on offer where there are any."""
    offered = [tier.cut for tier in bundle.tiers if tier.cut is not None]
    return min(offered or [tier.promise for tier in bundle.tiers], default=1.0)


def gather(
    held_out: pd.DataFrame,
    bundle: Bundle,
    agreement: Agreement,
    history: History,
    wanted: ReportSettings,
    *,
    seed: int,
) -> Held | None:
    """Compute every figure; None where no lead was held out or none of them was won.

    Parameters
    ----------
    held_out : DataFrame
        Forecasts of all looks at held-out leads (``work/held_out.parquet``).
    """
    judged = at_judged_moment(held_out)
    if not judged["label"].any():
        return None
    label, model = _column(judged, "label"), _column(judged, "probability")
    dated = bool(bundle.evaluation.get("dated", True))
    stable = bundle.evaluation.get("stability")
    work = workable(judged["as_of"], agreement, dated=dated)
    segments, selections, absent = _groups(judged, bundle, history, wanted)
    return Held(
        judged=judged,
        periods=figures_by_period(judged),
        curves=_curves(held_out, bundle.catalogue.ages_days, seed=seed),
        work=work,
        at_capacity=next(iter(lift_rows(judged, (work.share,), seed=seed, repeats=GAIN_REPEATS)), None),
        lift=lift_rows(judged, SHARES, seed=seed, repeats=GAIN_REPEATS),
        gains={
            name: captured(label, score, np.asarray(GAIN_SHARES))
            for name, score in (("model", model), ("points", _column(judged, "points")))
        },
        ranking=_ranking(judged, seed=seed),
        segments=segments,
        selections=selections,
        selected_at=lowest_cut(bundle),
        stability=None if stable is None else Stability.from_document(stable),
        absent=absent,
    )


def _column(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(dtype=np.float64)


def _curves(held_out: pd.DataFrame, ages_days: tuple[float, ...], *, seed: int) -> tuple[ReliabilityAt, ...]:
    found = []
    for landmark, rows in held_out.groupby("landmark", sort=True):  # HANDOFF is -1 and comes first
        label, probability = _column(rows, "label"), _column(rows, "probability")
        if min(label.sum(), (1.0 - label).sum()) < MIN_WINS_OF_CURVE:
            continue
        at = int(str(landmark))
        found.append(
            ReliabilityAt(
                moment="hand-off" if at == HANDOFF else counted(ages_days[at], "day"),
                n=len(rows),
                wins=int(label.sum()),
                curve=reliability(label, probability, seed=seed, repeats=BAND_REPEATS),
                brier=decompose(label, probability),
                log_loss=decompose(label, probability, log_loss),
            )
        )
    return tuple(found)


def _ranking(judged: pd.DataFrame, *, seed: int) -> dict[str, Gain]:
    label, model = _column(judged, "label"), _column(judged, "probability")
    group: Ints = judged["group"].to_numpy(dtype=np.int64)
    found = {
        rival: auc_difference(label, model, _column(judged, rival), group, seed=seed, repeats=GAIN_REPEATS)
        for rival in ("points", "logistic")
    }
    return {rival: gain for rival, gain in found.items() if gain is not None}


def rival_auc(judged: pd.DataFrame, rival: str) -> float:
    """AUC of one column of forecasts at hand-off; NaN without both classes."""
    return auc(_column(judged, "label"), _column(judged, rival))


def _groups(
    judged: pd.DataFrame, bundle: Bundle, history: History, wanted: ReportSettings
) -> tuple[tuple[SegmentFigures, ...], tuple[Selection, ...], tuple[str, ...]]:
    label, model = _column(judged, "label"), _column(judged, "probability")
    group: Ints = judged["group"].to_numpy(dtype=np.int64)
    cut = lowest_cut(bundle)
    segments: list[SegmentFigures] = []
    selections: list[Selection] = []
    absent = []
    for field in dict.fromkeys((*wanted.segments, *wanted.sensitive)):
        values = values_of(history, field, judged["lead_id"].tolist())
        if values is None:
            absent.append(field)
            continue
        segments += segments_of(field, values, label, model, group)
        if field in wanted.sensitive:
            selections += selections_of(field, values, label, model, cut)
    return adjust(segments), tuple(selections), tuple(absent)
