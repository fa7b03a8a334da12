"""Authority, budget, need and timeline: filled in while a lead is open, and changed again at times.

When a field is filled depends on chance alone and what is filled in on the title and the looks, so these
fields follow what is recorded anyway and say nothing more about the outcome. Kept as recorded changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.curves import Lognormal
from leadq.crm.simulated.moments import NEVER, after
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Floats, Ints

VALUES: dict[str, tuple[str, ...]] = {
    "authority": ("decision_maker", "influencer", "user", "none"),
    "budget": ("approved", "planned", "unknown", "none"),
    "need": ("urgent", "clear", "vague", "none"),
    "timeline": ("this_quarter", "this_year", "next_year", "unknown"),
}
_FILLED = Lognormal(median=3.0, sigma=1.2)
_CHANGED = Lognormal(median=15.0, sigma=0.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """One field's changes; arrays of shape (n_leads,): moments (NEVER where not) and codes of ``VALUES``."""

    filled: Ints
    first: Ints
    changed: Ints
    second: Ints

    def value_at(self, moment: int) -> Ints:
        """Codes as of ``moment``; -1 where nothing is filled in."""
        value = np.where(self.filled <= moment, self.first, -1)
        return np.where(self.changed <= moment, self.second, value)


def qualify(world: World) -> dict[str, Qualification]:
    """Draw the changes of every field."""
    leads, fate = world.leads, world.fate
    n = len(leads.created)
    found: dict[str, Qualification] = {}
    for field in VALUES:
        random = world.settings.random(f"qualification.{field}")
        filled = after(leads.created, _FILLED.draw(random, n))
        filled = np.where((random.random(n) < 0.6) & fate.worked & (filled < fate.closed), filled, NEVER)
        changed = after(np.minimum(filled, NEVER - 10**9), _CHANGED.draw(random, n))
        changed = np.where((random.random(n) < 0.25) & (filled < NEVER) & (changed < fate.closed), changed, NEVER)
        goodness: Floats = -0.8 * fate.look
        if field == "authority":
            goodness = 0.9 * (leads.seniority.astype(np.float64) - 1.5)
        first = _graded(random, goodness)
        second = np.where(random.random(n) < 0.5, np.maximum(first - 1, 0), np.minimum(first + 1, 3))
        moved = second != first
        found[field] = Qualification(
            filled=filled, first=first, changed=np.where(moved, changed, NEVER), second=second.astype(np.int64)
        )
    return found


def _graded(random: np.random.Generator, tendency: Floats) -> Ints:
    """Codes 0 (best) to 3 (worst), the worse the higher the tendency."""
    return np.digitize(tendency + random.logistic(size=len(tendency)), (-1.2, 0.4, 1.6)).astype(np.int64)


def title_codes(world: World) -> tuple[Ints, tuple[str | None, ...]]:
    """Codes and texts of titles; without a seniority the title is empty or, rarely, hostile."""
    leads = world.leads
    texts = tuple(title for row in words.TITLES for title in row) + words.HOSTILE_TITLES
    width = len(words.TITLES[0])
    code = leads.seniority * width + leads.function
    unknown = leads.seniority >= len(words.TITLES)
    odd = world.settings.random("titles.hostile").random(len(code))
    hostile = len(texts) - 2 + (odd < 0.015).astype(np.int64)
    return np.where(unknown, np.where(odd < 0.03, hostile, -1), code), texts
