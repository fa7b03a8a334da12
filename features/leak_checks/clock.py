"""Part of check 7: a feature that mostly tells *when* a row is, not what the lead is like.

A date that means nothing, counted in days before as-of, or an economic index: values in the future lie beyond anything seen
in training, where a tree can only repeat its last answer. In simulation one such date moved predicted / true by 6 % a year.
The calendar is the anchor's business, so a clock is left out until somebody vouches for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import spearmanr

from features.leak_checks.finding import LeakFinding
from features.training_data import HANDOFF, TrainingData

LIMIT = 0.5
_MIN_KNOWN = 200


def check_clock(data: TrainingData) -> Iterator[LeakFinding]:
    """Find the company's own numbers whose rank correlation with as-of, at the first landmark, is ``LIMIT`` or more."""
    first = data.meta["landmark"].to_numpy() == data.meta["landmark"][data.meta["landmark"] != HANDOFF].min()
    when = data.meta["as_of"].astype("int64").to_numpy()[first]
    for index, feature in enumerate(data.catalogue.features):
        if feature.kind != "number" or not feature.family.startswith("own_"):
            continue
        values = data.features[first, index]
        known = ~np.isnan(values)
        if known.sum() < _MIN_KNOWN or np.unique(values[known]).size == 1:
            continue
        figure = abs(float(spearmanr(values[known], when[known]).statistic))
        if figure >= LIMIT:
            yield LeakFinding(
                check=7,
                name="acts as a clock",
                field=feature.source,
                features=(feature.name,),
                figure=figure,
                limit=LIMIT,
                consequence="quarantine",
                sentence=f"{feature.source} mostly tells when a lead came in (rank correlation with time {figure:.2f}), not what "
                "it is like: future values lie outside of what was learnt from.",
            )
