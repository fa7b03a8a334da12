"""Which tiers of the agreement the data could promise, before anything is trained: a logistic regression tested on later leads.

A first look in seconds. The model of a training is better and decides; a tier that this look cannot offer may still come.
"""

from __future__ import annotations

import numpy as np

from leadq.agreement.schema import Agreement
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats
from leadq.models.base.fit_settings import FitSettings
from leadq.models.evaluation.rolling_origins import judged_landmark
from leadq.models.evaluation.time_split import rolling_origins
from leadq.models.fit.fit_model import labels, population
from leadq.models.rivals.logistic_baseline import LogisticBaseline
from leadq.models.tiers.promise_test import percent
from leadq.models.tiers.tier_offers import TierCut, no_tiers, offer_tiers


def tiers_at_first_look(data: TrainingData, agreement: Agreement, settings: FitSettings) -> tuple[TierCut, ...]:
    """Return what could be promised.

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
        return no_tiers(agreement, "no lead is old enough to learn from")
    rows = data.rows(known & (landmark == judged_landmark(landmark[known])))
    parts: list[tuple[Floats, Floats, Floats, Floats]] = []
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
    if not parts:
        return no_tiers(agreement, "history is too short to test anything on later leads")
    probability, label, group, period = (np.concatenate(one) for one in zip(*parts, strict=True))
    return offer_tiers(probability, label, group.astype(np.int64), agreement, period=period.astype(np.int64))


def offer_in_words(one: TierCut) -> str:
    """Return what the first look says of a tier."""
    if not one.offered:
        return f"At first look: {one.why}."
    return f"At first look {one.tier_id} can be promised at {percent(one.promise)}: {one.why}."
