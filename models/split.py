"""Holding leads out by time: what was known at an origin learns, what came after it tests.

A training row's label was known at the origin (so the horizon of embargo falls out by itself); a test row is of
a lead created at or after it. Accounts with leads on both sides leave the training side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.training_data import TrainingData
from models.arrays import Bools

MIN_KEPT_SHARE = 0.3
"""If removing shared accounts leaves less of the training side than this, they stay and the report says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Masks of shape (n_rows,) over the rows split, and how the split was made."""

    train: Bools
    test: Bools
    origin: str
    accounts_in_both: int
    accounts_removed: bool


def split_by_time(data: TrainingData, test_share: float) -> Split:
    """Split rows with mature labels at the creation time that the last ``test_share`` of the leads come after.

    A flat source is split by the order of its rows, whatever ``created_at`` says.
    """
    meta = data.meta
    first_seen = meta.groupby("lead_id", sort=False)["created_at"].min().sort_values(kind="stable")
    at = min(int(len(first_seen) * (1.0 - test_share)), len(first_seen) - 1)
    origin: pd.Timestamp = first_seen.iloc[at]
    created, known = meta["created_at"], meta["label_known_at"]
    test: Bools = (created >= origin).to_numpy(dtype=bool)
    train: Bools = (known <= origin).to_numpy(dtype=bool) & ~test
    group = meta["group"].to_numpy()
    both = np.intersect1d(np.unique(group[train]), np.unique(group[test]))
    apart: Bools = train & ~np.isin(group, both)
    removed = bool(apart.sum() >= MIN_KEPT_SHARE * train.sum())
    return Split(
        train=apart if removed else train,
        test=test,
        origin=origin.isoformat() if data.dated else str(int(np.flatnonzero(test)[0]) if test.any() else len(test)),
        accounts_in_both=len(both),
        accounts_removed=removed,
    )
