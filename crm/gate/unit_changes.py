"""Numbers in another unit than at training: tonight's values times a power of ten look as they did then, and as they are they do not.

Thousands read as decimals (1.240 for 1240) and cents for euros are such. A factor that is no power of ten is left to the
comparison of shares (``field_drift.py``); whether a change moves scores is said elsewhere. Hours of the day may be off by one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from leadq.crm.contract.history import History
from leadq.crm.gate.field_profiles import FieldProfile
from leadq.crm.gate.profile_fields import FieldCount, count_fields
from leadq.foundation.plurals import counted

POWERS = (-6, -3, -2, -1, 1, 2, 3, 6)
"""Powers of ten that units differ by."""
_AS_THEN = 0.5
"""Part of the difference that a unit must leave at most to be the cause of it."""
_KS_ONE_IN_A_THOUSAND = 1.95


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """A number in another unit.

    Parameters
    ----------
    column : str
        ``"leads.Employees"``.
    power : int
        Tonight's values times ten to this power are those of training.
    """

    column: str
    power: int

    @property
    def factor(self) -> float:
        """What tonight's values must be multiplied by."""
        return float(10.0**self.power)

    @property
    def in_words(self) -> str:
        """``"1,000 times smaller"``."""
        return f"{counted(10 ** abs(self.power), 'time')} {'smaller' if self.power > 0 else 'larger'}"


def unit_changes(history: History, shifted: Sequence[tuple[FieldProfile, FieldCount]]) -> tuple[UnitChange, ...]:
    """Find the unit of numbers that lie elsewhere than at training.

    Parameters
    ----------
    history : History
        Tonight's.
    shifted : sequence of (FieldProfile, FieldCount)
        Numbers, and what was counted of them tonight.
    """
    tried = [(profile, count, power) for profile, count in shifted for power in POWERS]
    counts = count_fields(history, [_in_unit(profile, power) for profile, _, power in tried])
    best: dict[str, tuple[float, int]] = {}
    for (profile, count, power), scaled in zip(tried, counts, strict=True):
        apart = farthest(profile, scaled)
        limit = max(_chance(profile, scaled), _AS_THEN * farthest(profile, count))
        if apart <= limit and apart < best.get(profile.column, (math.inf, 0))[0]:
            best[profile.column] = apart, power
    return tuple(UnitChange(column=column, power=power) for column, (_, power) in best.items())


def count_hours(history: History, profile: FieldProfile) -> FieldCount:
    """Count a time's hours, an hour earlier or later where they lie so nearer to those of training: clocks change twice a year."""
    shifted = [
        replace(profile, up_to=tuple((edge + hours, then) for edge, then in profile.up_to)) for hours in (0, -1, 1)
    ]
    return min(count_fields(history, shifted), key=lambda count: farthest(profile, count))


def farthest(profile: FieldProfile, count: FieldCount) -> float:
    """Largest difference of the shares of leads up to the tenths of training, in [0, 1]."""
    return max(
        (abs(now - then) for (_, then), now in zip(profile.up_to, count.up_to, strict=True)),
        default=0.0,
    )


def _in_unit(profile: FieldProfile, power: int) -> FieldProfile:
    """Return a profile whose tenths are written in another unit."""
    return replace(profile, up_to=tuple((edge / 10.0**power, share) for edge, share in profile.up_to))


def _chance(profile: FieldProfile, count: FieldCount) -> float:
    present = count.rows - count.missing
    return _KS_ONE_IN_A_THOUSAND * math.sqrt(1 / profile.present + 1 / present) if profile.present and present else 0.0
