"""Leads that nobody touched, and words that say more than a reason of today: neither may be passed over."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadq.agreement.calendar.business_time import HOUR_US, business_time
from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.features.agreement_evidence.said_reasons import SaidReasons
from leadq.pipelines.draft.lengths_of_time import lengths
from leadq.pipelines.draft.propose_reasons import propose_reasons

AGREEMENT = parse_agreement(template_text(), where="agreement.yaml")
MONDAY_US = 1_767_603_600_000_000  # 2026-01-05 09:00 UTC, the first minute of a business day


def hand_overs(*touched_hours: float, never: int, open_hours: float) -> tuple[pd.Series, pd.Series, pd.Series]:
    start = np.full(len(touched_hours) + never, MONDAY_US)
    hours = np.array([*touched_hours, *[np.nan] * never])
    end = pd.Series(start + np.nan_to_num(hours) * HOUR_US).where(~np.isnan(hours)).astype("Int64")
    return pd.Series(start), end, pd.Series(start + np.int64(open_hours * HOUR_US))


def test_leads_that_were_never_touched_count_as_long_as_they_were_open() -> None:
    time = business_time(AGREEMENT.calendar, Path())
    touched = [0.5 + place / 60 for place in range(60)]
    start, end, until = hand_overs(*touched, never=40, open_hours=24 * 28)
    found = lengths(time, start, end, 0.5, open_until=until)
    assert found is not None
    assert (found.n, found.without) == (100, 40)
    assert found.most == pytest.approx(0.5 + 49 / 60)  # half of all, not of those that were touched
    assert found.low < found.most < found.high
    never = lengths(time, start, end, 0.9, open_until=until)
    assert never is not None
    assert math.isinf(never.most)  # 60 of 100 were touched at all


def test_leads_of_yesterday_do_not_make_it_look_slow() -> None:
    """An hour after the hand-over nobody can say more than that it took longer: Kaplan and Meier's estimate is that of the others."""
    time = business_time(AGREEMENT.calendar, Path())
    touched = [2.0 + place / 100 for place in range(100)]
    found = lengths(time, *hand_overs(*touched, never=0, open_hours=0)[:2], 0.9)
    young = hand_overs(*touched, never=100, open_hours=1.0)
    again = lengths(time, young[0], young[1], 0.9, open_until=young[2])
    assert found is not None
    assert again is not None
    assert again.most == pytest.approx(found.most)


def test_only_words_that_say_the_same_take_over_a_reason_of_today() -> None:
    words = (
        ("no budget but competitor chosen", 40), ("Unreachable after 6 attempts", 30), ("lost to competitor", 20),
        ("not a competitor", 10), ("No budget", 10),
    )  # fmt: skip
    said = SaidReasons(words=words, rows=110, without=0)
    agreement = replace(AGREEMENT, rejection_reasons=("no_budget", "competitor", "unreachable", "student"))
    changed, _, remarks = propose_reasons(agreement, said, "since then")
    assert changed.rejection_reasons[0] == "no_budget_but_competitor_chosen"
    assert set(remarks) == {*agreement.rejection_reasons, "no_budget_but_competitor_chosen", "not_a_competitor"}
    assert remarks["no_budget"].startswith("10 of 110")
    assert remarks["unreachable"].startswith("30 of 110")
    assert remarks["competitor"].startswith("20 of 110")
    assert remarks["student"] == "Said by fewer than 5 rows, if at all; it stays."
