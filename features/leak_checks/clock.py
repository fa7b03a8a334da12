"""Part of check 7: a feature that mostly tells *when* a row is, not what the lead is like.

A date that means nothing, counted in days before as-of, or an economic index: values in the future lie beyond anything seen
in training, where a tree can only repeat its last answer. In simulation one such date moved predicted / true by 6 % a year.
The calendar is the anchor's business, so a clock that can move the scores is left out until somebody vouches for it. It can where
wins came more often at one time than at another, or where the field itself tells the outcome; else there is nothing that a tree
could learn from the time, and the clock is only named.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.single_field import auc_of_numbers
from leadq.features.training_data import HANDOFF, TrainingData

LIMIT = 0.5
_MIN_KNOWN = 200
_BEYOND_CHANCE = 2.0
"""Standard errors: a drift that the data does not show at this is none that a tree could learn."""


def check_clock(data: TrainingData) -> Iterator[LeakFinding]:
    """Find the company's own numbers whose rank correlation with as-of, at the first landmark, is ``LIMIT`` or more."""
    first = data.meta["landmark"].to_numpy() == data.meta["landmark"][data.meta["landmark"] != HANDOFF].min()
    when = data.meta["as_of"].astype("int64").to_numpy().astype(np.float64)
    settled = first & (data.meta["mature"] & data.meta["worked"]).to_numpy(dtype=bool)
    drifts = _tells(when, data, settled)
    for index, feature in enumerate(data.catalogue.features):
        if feature.kind != "number" or not feature.family.startswith("own_"):
            continue
        values = data.features[:, index]
        known = first & ~np.isnan(values)
        if known.sum() < _MIN_KNOWN or np.unique(values[known]).size == 1:
            continue
        figure = abs(float(spearmanr(values[known], when[known]).statistic))
        if figure >= LIMIT:
            moves = drifts or _tells(values, data, settled)
            what_follows = (
                "future values will be outside the range that the model has seen."
                if moves
                else "win rates have not changed over time so far, so it is kept."
            )
            yield LeakFinding(
                check=7,
                name="acts as a clock",
                field=feature.source,
                features=(feature.name,),
                figure=figure,
                limit=LIMIT,
                consequence="quarantine" if moves else "name",
                sentence=f"{feature.source} mostly shows when a lead came in (rank correlation with time {figure:.2f}), not what "
                f"it is like: {what_follows}",
            )


def _tells(values: npt.NDArray[np.float64], data: TrainingData, rows: npt.NDArray[np.bool_]) -> bool:
    """Whether ``values`` order wins and losses beyond chance; where too few were won to tell, they might."""
    won = data.meta["label"].to_numpy()[rows] == 1
    told = auc_of_numbers(values[rows], won, data.meta["group"].to_numpy(dtype=np.int64)[rows])
    return told is None or told.auc - 0.5 > _BEYOND_CHANCE * told.standard_error
