"""Holding leads out by time: rolling origins. What was known at an origin learns, what came in the period after it tests.

A training row's label was known at the origin (so the horizon of embargo falls out by itself); a test row is of a lead created in
the period after it. Accounts with leads on both sides leave the training side. Periods are quarters, shorter where history is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Bools, Ints
from leadq.models.base.fit_settings import FitSettings

MIN_KEPT_SHARE = 0.3
"""If removing shared accounts leaves less of the training side than this, they stay and the report says so."""
PERIODS_DAYS = (91.0, 61.0, 45.0, 30.0, 21.0, 14.0, 10.0, 7.0, 5.0, 3.0, 1.0)
"""Lengths of a test period tried, the longest first."""
MIN_FIRST_SHARE = 0.25
"""The first origin must know at least this share of all wins, else periods are shortened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One origin: masks of shape (n_rows,) over the rows split, and how the split was made.

    Parameters
    ----------
    train, test : bool arrays of shape (n_rows,)
    moment : Timestamp or None
        The origin; None for a flat source.
    origin : str
        The same as text; the number of the first test row for a flat source.
    period_days : float or None
    accounts_in_both : int
    accounts_removed : bool
        Whether those left the training side.
    """

    train: Bools
    test: Bools
    moment: pd.Timestamp | None
    origin: str
    period_days: float | None
    accounts_in_both: int
    accounts_removed: bool


def rolling_origins(data: TrainingData, settings: FitSettings) -> tuple[Split, ...]:
    """Split rows with mature labels at ``settings.n_origins`` origins, the earliest first.

    A flat source is split by the order of its rows: the last ``settings.test_share`` of them in equal blocks.

    Returns
    -------
    tuple of Split
        Empty where history is too short for any.
    """
    if not len(data.meta):
        return ()
    return _by_time(data, settings) if data.dated else _by_order(data, settings)


def _by_time(data: TrainingData, settings: FitSettings) -> tuple[Split, ...]:
    created, known = data.meta["created_at"], data.meta["label_known_at"]
    won = (data.meta["label"] == 1).to_numpy()
    lead = data.meta["lead_id"].to_numpy()
    needed = max(settings.min_first_wins, MIN_FIRST_SHARE * len(np.unique(lead[won])))
    end = created.max() + pd.Timedelta(1, "us")
    for days in PERIODS_DAYS:
        period = pd.Timedelta(days, "D")
        first = end - settings.n_origins * period
        early = ((known <= first) & (created < first)).to_numpy() & won
        if len(np.unique(lead[early])) >= needed:
            break
    else:
        return ()
    splits = []
    for index in range(settings.n_origins):
        origin = first + index * period
        test = ((created >= origin) & (created < origin + period)).to_numpy(dtype=bool)
        train = ((known <= origin) & (created < origin)).to_numpy(dtype=bool)
        splits.append(_apart(data, train, test, moment=origin, origin=origin.isoformat(), period_days=days))
    return tuple(splits)


def _by_order(data: TrainingData, settings: FitSettings) -> tuple[Split, ...]:
    rows = len(data.meta)
    place: Ints = np.arange(rows)
    bounds = np.linspace(rows * (1.0 - settings.test_share), rows, settings.n_origins + 1).astype(np.int64)
    return tuple(
        _apart(
            data,
            place < begin,
            (place >= begin) & (place < until),
            moment=None,
            origin=str(begin),
            period_days=None,
        )
        for begin, until in pairwise(bounds.tolist())
    )


def _apart(
    data: TrainingData,
    train: Bools,
    test: Bools,
    *,
    moment: pd.Timestamp | None,
    origin: str,
    period_days: float | None,
) -> Split:
    group = data.meta["group"].to_numpy()
    both = np.intersect1d(np.unique(group[train]), np.unique(group[test]))
    apart: Bools = train & ~np.isin(group, both)
    removed = bool(apart.sum() >= MIN_KEPT_SHARE * train.sum())
    return Split(
        train=apart if removed else train,
        test=test,
        moment=moment,
        origin=origin,
        period_days=period_days,
        accounts_in_both=len(both),
        accounts_removed=removed,
    )
