"""CPU seconds for business hours and deadlines of a million pairs of moments: ``python -m benchmarks.business_hours``."""

from __future__ import annotations

import time

import numpy as np

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.calendar.weekly_calendar import Calendar

PAIRS = 1_000_000
YEAR_US = 365 * 86_400 * 1_000_000
START_US = 1_700_000_000_000_000


def main() -> None:
    """Print what each part takes."""
    draw = np.random.default_rng(7)
    calendar = Calendar(time_zone="Europe/Berlin", countries=("DE-BY", "FR"))
    business = BusinessTime(calendar)
    start = START_US + draw.integers(0, 2 * YEAR_US, PAIRS)
    end = start + draw.integers(0, YEAR_US // 12, PAIRS)
    country = np.array(["DE", "FR", None], object)[draw.integers(0, 3, PAIRS)]
    parts = {
        "calendar, both countries": lambda: [business.opening_times(one) for one in business.countries],
        "business hours": lambda: business.business_hours(start, end),
        "business hours by country": lambda: business.business_hours(start, end, country),
        "deadlines": lambda: business.deadline(start, 4.0),
    }
    for name, work in parts.items():
        before = time.process_time()
        work()
        print(f"{name:<28}{time.process_time() - before:6.2f} s of CPU")


if __name__ == "__main__":
    main()
