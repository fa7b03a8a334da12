"""What changed since the last score, in percentage points by cause and by family, adding up after rounding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadq.serving.words.percentage_points import in_points, rounded_to_sum
from leadq.serving.words.sentences import Sentences

CAUSES = {"lead": "the lead itself", "model": "a new model", "anchor": "new overall win rates"}
BASE_FAMILY = "base"
TREND_FROM = 0.15
"""Log-odds; a smaller move of the score is flat."""
_LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the score.

    Parameters
    ----------
    before, now : float
        Per cent, one decimal.
    causes : tuple of (words, points)
        Causes that moved anything; the points sum to ``now - before``.
    families : tuple of (label, points)
        Families that the change is in, the largest first, at most five.
    """

    before: float
    now: float
    causes: tuple[tuple[str, float], ...]
    families: tuple[tuple[str, float], ...]


def change_of(row: Mapping[str, Any], said: Sentences) -> Change | None:
    """Return what changed; None for a lead without an earlier score."""
    earlier, probability = row["previous_probability"], row["probability"]
    if earlier is None or probability is None:
        return None
    before, now = round(earlier * 100, 1), round(probability * 100, 1)
    rows = row["changed"] or []
    amounts = [one[cause] for one in rows for cause in CAUSES]
    if not rows or not 0 < earlier < 1:
        return Change(before=before, now=now, causes=(), families=())
    points = in_points(probability, math.log(earlier / (1 - earlier)), amounts)
    by_cause = [math.fsum(points[place :: len(CAUSES)]) for place in range(len(CAUSES))]
    by_family = [math.fsum(points[start : start + len(CAUSES)]) for start in range(0, len(points), len(CAUSES))]
    whole = round(now - before, 1)
    causes = zip(CAUSES.values(), rounded_to_sum(by_cause, whole), strict=True)
    families = [
        (said.family_label(one["family"]), round(point, 1))
        for one, point in zip(rows, by_family, strict=True)
        if one["family"] != BASE_FAMILY and abs(point) >= 0.05
    ]
    families.sort(key=lambda part: -abs(part[1]))
    return Change(
        before=before,
        now=now,
        causes=tuple((words, point) for words, point in causes if point),
        families=tuple(families[:_LISTED]),
    )
