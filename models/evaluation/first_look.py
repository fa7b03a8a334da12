"""Which tiers of the agreement the data could promise, before anything is trained: a logistic regression tested on later leads.

A first look in seconds. The model of a training is better and decides; a tier that this look cannot offer may still come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats, Ints
from leadq.models.base.fit_settings import FitSettings
from leadq.models.evaluation.rolling_origins import judged_landmark
from leadq.models.evaluation.time_split import rolling_origins
from leadq.models.fit.fit_model import labels, population
from leadq.models.rivals.logistic_baseline import LogisticBaseline
from leadq.models.tiers.promise_test import percent
from leadq.models.tiers.tier_offers import TierCut, no_tiers, offer_tiers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FirstLook:
    """What a first look found.

    Parameters
    ----------
    tiers : tuple of TierCut
        What could be promised.
    probability, label : arrays of shape (n,)
        Of the later leads that were tested, at hand-off; empty where nothing could be tested.
    as_of : Series of shape (n,) or None
        When each was handed over; None for a source without dates.
    group, period : arrays of shape (n,)
        Account and test period of each.
    """

    tiers: tuple[TierCut, ...]
    probability: Floats
    label: Floats
    group: Ints
    period: Ints
    as_of: pd.Series | None = None


def first_look(data: TrainingData, agreement: Agreement, settings: FitSettings) -> FirstLook:
    """Return what could be promised, and the forecasts that say so.

    Parameters
    ----------
    data : TrainingData
        Without the features that are left out as leaks.
    agreement : Agreement
    settings : FitSettings
        How many origins are tested, and how long history must be.
    """
    known = population(data)
    landmark = data.meta["landmark"].to_numpy(dtype=np.int64)
    if not known.any():
        return _nothing(agreement, "no lead is old enough to learn from")
    rows = data.rows(known & (landmark == judged_landmark(landmark[known])))
    parts: list[tuple[Floats, Floats, Floats, Floats]] = []
    moments: list[pd.Series] = []
    for place, split in enumerate(rolling_origins(rows, settings)):
        train, test = rows.rows(split.train), rows.rows(split.test)
        label = labels(train)
        if not len(test.meta) or label.min(initial=1.0) == label.max(initial=0.0):
            continue
        fitted = LogisticBaseline(rows.catalogue).fit(
            train.features, label, train.meta["weight"].to_numpy(dtype=np.float64)
        )
        group = test.meta["group"].to_numpy(dtype=np.float64)
        parts.append((fitted.probability(test.features), labels(test), group, np.full(len(group), float(place))))
        moments.append(test.meta["as_of"])
    if not parts:
        return _nothing(agreement, "history is too short to test anything on later leads")
    probability, label, group, period = (np.concatenate(one) for one in zip(*parts, strict=True))
    accounts, periods = group.astype(np.int64), period.astype(np.int64)
    tiers = offer_tiers(probability, label, accounts, agreement, period=periods)
    as_of = pd.concat(moments, ignore_index=True) if data.dated else None
    return FirstLook(tiers=tiers, probability=probability, label=label, group=accounts, period=periods, as_of=as_of)


def _nothing(agreement: Agreement, why: str) -> FirstLook:
    none = np.zeros(0, np.int64)
    return FirstLook(
        tiers=no_tiers(agreement, why), probability=np.zeros(0), label=np.zeros(0), group=none, period=none
    )


def offer_in_words(one: TierCut) -> str:
    """Return what the first look says of a tier."""
    if not one.offered:
        return f"At first look: {one.why}."
    return f"At first look {one.tier_id} can be promised at {percent(one.promise)}: {one.why}."
