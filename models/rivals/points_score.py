"""What companies use today, as a yardstick: whole points for what was agreed and for what stands out in the data, added up.

At most twelve rules. Agreed checks (ideal customer, stages, overrides) come first, then the best and the worst bin of the
strongest feature of each family. Points are a bin's smoothed log-odds against the average: ten points double the odds, in steps of
five, from -30 to +30. Rules that say the same thing twice are counted twice, as in any points score; one logistic line turns the
total into a probability. It is never put live, and a model that does not beat it is not promoted.
"""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np

from leadq.agreement.schema import Agreement
from leadq.features.catalogue import Catalogue
from leadq.foundation.arrays import Floats, logit, sigmoid
from leadq.models.base.logistic_regression import fit_line
from leadq.models.rivals.points_rules import PointsRule, agreed_rules, bins_of

MAX_RULES = 12
MAX_AGREED = 6
LIMIT, STEP, DOUBLING = 30, 5, 10
PRIOR_LEADS = 20.0
"""Average leads mixed into each bin, so that a handful of wins earns few points."""


class PointsScore:
    """Points score built from an agreement and data.

    Parameters
    ----------
    catalogue : Catalogue
    agreement : Agreement
        Its checks become rules where the catalogue holds what they look at; without any the data alone makes the rules.
    """

    def __init__(self, catalogue: Catalogue, agreement: Agreement) -> None:
        self._catalogue = catalogue
        self._agreement = agreement
        self.rules: tuple[PointsRule, ...] = ()
        self._slope = 0.0
        self._intercept = 0.0

    def fit(self, rows: Floats, label: Floats, weight: Floats) -> PointsScore:
        """Choose the rules and their points, and what a total is worth.

        Parameters
        ----------
        rows : array of shape (n, n_features)
            Encoded; NaN where missing.
        label, weight : arrays of shape (n,)
        """
        agreed = agreed_rules(self._catalogue, self._agreement)
        rated = sorted((_rate(rule, rows, label, weight) for rule in agreed), key=lambda one: -one[0])
        taken = [rule for _, rule in rated if rule.points][:MAX_AGREED]
        taken += self._from_data(rows, label, weight, tuple(taken))[: MAX_RULES - len(taken)]
        self.rules = tuple(taken)
        line = fit_line(label, self.points(rows) / DOUBLING, weight, np.arange(len(label)))
        self._slope, self._intercept = line.slope, line.intercept
        if line.slope <= 0:  # points that say nothing: everybody gets the average
            rate = np.average(label, weights=weight)
            self._slope, self._intercept = 0.0, float(logit(np.array([rate]))[0])
        return self

    def _from_data(
        self, rows: Floats, label: Floats, weight: Floats, agreed: tuple[PointsRule, ...]
    ) -> list[PointsRule]:
        """Best and worst bin of each family's strongest feature, the strongest first; what was agreed is not said again."""
        features = self._catalogue.features
        said = {rule.column for rule in agreed}
        families_said = {features[column].family for column in said if features[column].source == "events"}
        strongest: dict[str, tuple[float, list[PointsRule]]] = {}
        for column, feature in enumerate(features):
            if column in said or feature.family in families_said or (agreed and "agreement." in feature.source):
                continue
            rated = [_rate(rule, rows, label, weight) for rule in bins_of(rows, column, feature)]
            strength = sum(one for one, _ in rated)
            if rated and strength > strongest.get(feature.family, (0.0, []))[0]:
                bins = sorted((rule for _, rule in rated if rule.points), key=lambda rule: -rule.points)
                strongest[feature.family] = strength, bins if len(bins) < 2 else [bins[0], bins[-1]]
        return [rule for _, rules in sorted(strongest.values(), key=lambda one: -one[0]) for rule in rules]

    def points(self, rows: Floats) -> Floats:
        """Total of each row, whole numbers, shape (n,)."""
        total = np.zeros(len(rows))
        for rule in self.rules:
            total[rule.holds(rows)] += rule.points
        return total

    def probability(self, rows: Floats) -> Floats:
        """Probability of a win, shape (n,)."""
        return sigmoid(self._slope * self.points(rows) / DOUBLING + self._intercept)

    def in_words(self) -> tuple[str, ...]:
        """Return the rules as people read them: ``"Industry of the company is software: +15"``."""
        return tuple(f"{rule.words}: {rule.points:+d}" for rule in self.rules)


def _rate(rule: PointsRule, rows: Floats, label: Floats, weight: Floats) -> tuple[float, PointsRule]:
    """How much a rule tells the leads apart, and the rule with its points."""
    average = float(np.average(label, weights=weight))
    holds = rule.holds(rows)
    leads, won = float(weight[holds].sum()), float((weight[holds] * label[holds]).sum())
    rate = (won + PRIOR_LEADS * average) / (leads + PRIOR_LEADS)
    odds = float(np.diff(logit(np.array([average, rate])))[0])
    points = round(odds / log(2.0) * DOUBLING / STEP) * STEP
    return leads * odds**2, replace(rule, points=max(-LIMIT, min(LIMIT, points)))
