"""Rules of a points score: which leads a rule speaks of, and how it reads. Which ones are taken is said in ``points_score.py``.

A rule looks at one encoded feature: a category's codes, a range of a number, or that nothing is known. Agreed checks become
rules where the catalogue has a feature that holds what they look at; a check on a word that the model never sees (an e-mail's
ending, say, of which only the kind is kept) becomes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np

from leadq.agreement.clauses import check_in_words
from leadq.agreement.schema import Agreement, Check
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.groups.column_names import plain_names
from leadq.foundation.arrays import Bools, Floats
from leadq.foundation.plurals import figure

MIN_LEADS = 30
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRule:
    """One line of a points score.

    Parameters
    ----------
    column : int
        Feature it looks at.
    words : str
        When it holds: ``"Industry of the company is software"``.
    codes : tuple of float
        Of a category; empty for a number.
    low, high : float
        Range of a number, both included.
    missing : bool
        It holds where nothing is known.
    points : int
    """

    column: int
    words: str
    codes: tuple[float, ...] = ()
    low: float = -inf
    high: float = inf
    missing: bool = False
    points: int = 0

    def holds(self, rows: Floats) -> Bools:
        """Whether it holds, shape (n_rows,), for encoded rows of shape (n_rows, n_features)."""
        values = rows[:, self.column]
        if self.missing:
            return np.isnan(values)
        if len(self.codes) == 1:  # much quicker than isin, and the most frequent kind
            only: Bools = values == self.codes[0]
            return only
        if self.codes:
            return np.isin(values, self.codes)
        inside: Bools = (values >= self.low) & (values <= self.high)  # NaN is in no range
        return inside


def agreed_rules(catalogue: Catalogue, agreement: Agreement) -> tuple[PointsRule, ...]:
    """Rules out of the agreement: its ideal customer, its stages and its overrides, each check once."""
    checks = [*agreement.ideal_customer]
    checks += [check for stage in agreement.stages.values() for check in stage]
    checks += [check for rule in agreement.rules for check in rule.when]
    found: dict[str, PointsRule] = {}
    for check in checks:
        words = _sentence(check_in_words(check))
        rule = (
            _from_event(check, catalogue, words) if check.subject == "event" else _from_field(check, catalogue, words)
        )
        if rule is not None:
            found.setdefault(words, rule)
    return tuple(found.values())


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _from_event(check: Check, catalogue: Catalogue, words: str) -> PointsRule | None:
    """Look at the days since the last such event."""
    kinds = plain_names(catalogue.event_kinds)
    family = "engagement" if check.name == "any" else f"intent_{kinds.get(check.name, '')}"
    name = f"{family}_days_since"
    if name not in catalogue.names:
        return None
    days = inf if check.within_days is None else float(check.within_days)
    return PointsRule(column=catalogue.names.index(name), words=words, high=days)


def _from_field(check: Check, catalogue: Catalogue, words: str) -> PointsRule | None:
    entity, _, name = check.name.rpartition(".")
    source = f"{entity or 'lead'}s.{name}"
    columns = [at for at, feature in enumerate(catalogue.features) if feature.source == source]
    if check.subject != "field" or len(columns) != 1:  # several: parts of a title, not the title itself
        return None
    feature = catalogue.features[columns[0]]
    if feature.kind == "category":
        codes = _agreed_codes(check, feature)
        return PointsRule(column=columns[0], words=words, codes=codes) if codes else None
    bounds = _agreed_bounds(check)
    return None if bounds is None else PointsRule(column=columns[0], words=words, low=bounds[0], high=bounds[1])


def _agreed_codes(check: Check, feature: Feature) -> tuple[float, ...]:
    agreed = {str(value).lower() for value in check.values}
    named = [value.lower() in agreed for value in feature.vocabulary]
    if check.operator == "present":
        return tuple(float(code) for code in range(len(feature.vocabulary) + 1))
    if not any(named) or check.operator not in {"in", "equals", "not_in"}:
        return ()
    if check.operator == "not_in":
        return tuple(float(code) for code, hit in enumerate([*named, False]) if not hit)
    return tuple(float(code) for code, hit in enumerate(named) if hit)


def _agreed_bounds(check: Check) -> tuple[float, float] | None:
    numbers = [float(value) for value in check.values if not isinstance(value, str)]
    match check.operator, numbers:
        case "between", [low, high]:
            return low, high
        case "at_least", [low]:
            return low, inf
        case "at_most", [high]:
            return -inf, high
        case "equals", [number]:
            return number, number
        case "present", _:
            return -inf, inf
        case _:
            return None


def bins_of(rows: Floats, column: int, feature: Feature) -> Iterator[PointsRule]:
    """Rules that the data offers for one feature: its common values or its quarters, zero apart, and not known."""
    values = rows[:, column]
    what = _sentence(feature.meaning)
    known = values[~np.isnan(values)]
    if len(values) - len(known) >= MIN_LEADS:
        yield PointsRule(column=column, words=f"{what}: not known", missing=True)
    if feature.kind == "category":
        codes, counts = np.unique(known, return_counts=True)
        for code in codes[(counts >= MIN_LEADS) & (codes < len(feature.vocabulary))]:
            yield PointsRule(column=column, words=f"{what} is {feature.vocabulary[int(code)]}", codes=(float(code),))
        return
    if (known == 0).sum() >= MIN_LEADS:
        yield PointsRule(column=column, words=f"{what}: 0", low=0.0, high=0.0)
        known = known[known != 0]
    if len(known) < MIN_LEADS:
        return
    edges = np.unique(np.quantile(known, QUARTERS, method="higher"))
    for low, high in pairwise([-inf, *edges.tolist(), inf]):
        start = float(np.nextafter(low, inf)) if low > -inf else low  # the edge itself belongs to the quarter below
        yield PointsRule(column=column, words=f"{what}{_range(low, high)}", low=start, high=high)


def _range(low: float, high: float) -> str:
    above, up_to = (figure(edge, grouped=False) for edge in (low, high))
    if low == -inf:
        return f" up to {up_to}"
    return f" above {above}" if high == inf else f" above {above}, up to {up_to}"
