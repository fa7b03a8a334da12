"""The office hours of the simulated company: Monday to Friday, 9 to 17 UTC, as the template's calendar says.

Moments are whole seconds since 1970. ``worked_until`` counts open seconds, ``at`` is its inverse. ``moved`` carries what was drawn
over all hours into office hours without changing the order; ``closing`` does so for the end of a lead, and ``closing_back`` is its
inverse, by which the truth stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.faults.world.closed_on_holidays import closed_days
from leadq.crm.simulated.moments import DAY, NEVER
from leadq.foundation.arrays import Bools, Ints

OPENS, CLOSES = 9 * 3600, 17 * 3600
OPEN_SECONDS = CLOSES - OPENS
HOUR = 3600
_DECIDING = 3 * HOUR
"""A lead closes no sooner than so many open seconds after the moment to which its drawn end was carried: it is called before."""
_FIRST = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """When people work; ``closed`` are further closed days (datetime64[D])."""

    closed: npt.NDArray[np.datetime64]

    def worked_until(self, moment: Ints) -> Ints:
        """Open seconds from 1970 to each moment."""
        day = _days(moment)
        whole = np.busday_count(_FIRST, day, holidays=self.closed).astype(np.int64)
        today = np.clip(moment % DAY - OPENS, 0, OPEN_SECONDS) * self._works(day)
        return whole * OPEN_SECONDS + today

    def at(self, worked: Ints) -> Ints:
        """Moment in office hours at which so many open seconds have passed; what never happens stays so."""
        happens = worked < NEVER
        number = np.where(happens, worked, 0)
        day = np.busday_offset(_FIRST, number // OPEN_SECONDS, roll="forward", holidays=self.closed)
        return np.where(happens, _seconds(day) + OPENS + number % OPEN_SECONDS, NEVER)

    def later(self, moment: Ints, open_seconds: Ints) -> Ints:
        """Moments so many open seconds later, in office hours; :data:`NEVER` stays."""
        happens = moment < NEVER
        return self.at(np.where(happens, self.worked_until(np.where(happens, moment, 0)) + open_seconds, NEVER))

    def moved(self, moment: Ints) -> Ints:
        """Carry moments into office hours: from one opening to the next onto the hours of the day that then begins."""
        happens = moment < NEVER
        here = np.where(happens, moment, 0)
        last = self._last_opening(here)
        following = self._next_opening(last)
        inside = (here - last) * (OPEN_SECONDS - 1) // (following - last)
        return np.where(happens, following + inside, NEVER)

    def closing(self, drawn: Ints) -> Ints:
        """When leads close whose ends were drawn over all hours; at least three business hours after any moment before ``drawn``."""
        return self.later(self.moved(drawn), np.full(len(drawn), _DECIDING))

    def closing_back(self, moment: Ints) -> Ints:
        """Latest drawn end that :meth:`closing` carries to ``moment`` or before."""
        return self.moved_back(self.at(self.worked_until(moment) - _DECIDING))

    def moved_back(self, moment: Ints) -> Ints:
        """Latest moment that :meth:`moved` carries to ``moment`` or before."""
        following = self._last_opening(moment)
        last = self._last_opening(following - 1)
        share = np.clip((moment - following) / (OPEN_SECONDS - 1), 0.0, 1.0)
        return last + np.ceil(share * (following - last)).astype(np.int64)

    def _works(self, day: npt.NDArray[np.datetime64]) -> Bools:
        return np.is_busday(day, holidays=self.closed)

    def _last_opening(self, moment: Ints) -> Ints:
        day = _days(moment - OPENS)  # before the opening the day has not begun
        return _seconds(np.busday_offset(day, 0, roll="backward", holidays=self.closed)) + OPENS

    def _next_opening(self, opening: Ints) -> Ints:
        day = np.busday_offset(_days(opening), 1, roll="backward", holidays=self.closed)
        return _seconds(day) + OPENS


def office_hours(settings: CompanySettings) -> OfficeHours | None:
    """Return the company's office hours; None for the former company, which has none."""
    if settings.planted.former_company:
        return None
    return OfficeHours(closed=closed_days(settings.planted.closed_on_holidays))


def _days(moment: Ints) -> npt.NDArray[np.datetime64]:
    return np.floor_divide(moment, DAY).astype("datetime64[D]")


def _seconds(day: npt.NDArray[np.datetime64]) -> Ints:
    return day.astype(np.int64) * DAY
