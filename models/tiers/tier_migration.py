"""Who changes tier between two models or two agreements, on the same leads: counts, shares, churn, in words.

Made for a challenger beside the champion and for an agreement that is previewed. 18 to 20 % churn between refits of the same data
is normal (docs/method.md, Tiers and the promise); what a tier id means may differ between two agreements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.tiers.promise_test import percent

NO_TIER = "no tier"
"""Stands for a lead without a score."""

Tiers = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Migration:
    """How leads moved between tiers.

    Parameters
    ----------
    tiers : tuple of str
        Best first; also those that no lead has.
    counts : array of int, shape (n_tiers, n_tiers)
        Rows: tier before; columns: tier after.
    """

    tiers: tuple[str, ...]
    counts: Ints

    @property
    def leads(self) -> int:
        """Leads compared."""
        return int(self.counts.sum())

    @property
    def moved(self) -> int:
        """Leads whose tier is another one."""
        return self.leads - int(np.trace(self.counts))

    @property
    def churn(self) -> float:
        """Share of leads whose tier is another one; 0 without leads."""
        return self.moved / self.leads if self.leads else 0.0

    @property
    def shares(self) -> Floats:
        """Share of each former tier's leads that went where, shape (n_tiers, n_tiers); 0 for a tier that had none."""
        found: Floats = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        return found

    def to_document(self) -> dict[str, object]:
        """Plain data for JSON."""
        counts = {
            before: dict(zip(self.tiers, row, strict=True))
            for before, row in zip(self.tiers, self.counts.tolist(), strict=True)
        }
        return {"leads": self.leads, "moved": self.moved, "churn": round(self.churn, 6), "counts": counts}

    def in_words(self) -> tuple[str, ...]:
        """Sentences: how many moved, and each way that leads went, the most frequent first."""
        if not self.moved:
            return (f"None of {counted(self.leads, 'lead')} changes tier.",)
        ways = [
            (int(self.counts[was, now]), before, after)
            for was, before in enumerate(self.tiers)
            for now, after in enumerate(self.tiers)
            if was != now and self.counts[was, now]
        ]
        ways.sort(key=lambda way: -way[0])
        change = one_or_many(self.moved, "changes", "change")
        found = [f"{self.moved:,} of {counted(self.leads, 'lead')} ({percent(self.churn)}) {change} tier."]
        return (*found, *(f"{count:,} from {before} to {after}." for count, before, after in ways))


def migrate(before: Tiers, after: Tiers, order: Sequence[str]) -> Migration:
    """Count who moved.

    Parameters
    ----------
    before, after : arrays of shape (n_leads,), object
        Tier of the same leads on both sides; None where a lead has no score.
    order : sequence of str
        Tier ids, best first; ids that only the data know come after them.

    Raises
    ------
    ValueError
        The two sides do not hold the same number of leads.
    """
    if before.shape != after.shape:
        raise ValueError(f"both sides must hold the same leads, got {before.shape} and {after.shape}")
    was, now = (
        np.array([tier if isinstance(tier, str) else NO_TIER for tier in side], object) for side in (before, after)
    )
    seen = {*was, *now}
    names = tuple(dict.fromkeys([*order, *sorted(seen - {NO_TIER}), *(seen & {NO_TIER})]))
    place = {name: at for at, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for (one, other), count in Counter(zip(was, now, strict=True)).items():
        counts[place[one], place[other]] = count
    return Migration(tiers=names, counts=counts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Movements:
    """The model's own tier, what rules made of it, and the total, each on its own.

    Parameters
    ----------
    model, total : Migration
        By the model's tier; by the tier that leads end in.
    overrides : Migration
        Those leads alone that a rule decides on one side at least, by the tier they end in.
    """

    model: Migration
    overrides: Migration
    total: Migration


def movements(*, model: tuple[Tiers, Tiers], total: tuple[Tiers, Tiers], order: Sequence[str]) -> Movements:
    """Count who moved by the model, by rules and in all.

    Parameters
    ----------
    model, total : pairs of arrays of shape (n_leads,), object
        Before and after. A lead that no rule decides ends in the model's tier.
    order : sequence of str
        Tier ids, best first.
    """
    ruled = np.array([one != other for one, other in zip(model[0], total[0], strict=True)], dtype=bool)
    ruled |= np.array([one != other for one, other in zip(model[1], total[1], strict=True)], dtype=bool)
    return Movements(
        model=migrate(*model, order),
        overrides=migrate(total[0][ruled], total[1][ruled], order),
        total=migrate(*total, order),
    )
