"""Every test period is counted by itself, with and without its anchor."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from leadq.models.base.metrics import auc, log_loss
from leadq.models.evaluation.by_period import figures_by_period
from leadq.models.evaluation.held_out_forecasts import at_judged_moment
from tests.models.made_forecasts import make_held_out


def test_periods_add_up_to_the_whole() -> None:
    judged = at_judged_moment(make_held_out())
    found = figures_by_period(judged)
    assert [one.origin for one in found] == [0, 1, 2, 3]
    assert sum(one.n for one in found) == len(judged)
    assert sum(one.wins for one in found) == judged["label"].sum()
    assert all(before.last <= after.first for before, after in pairwise(found))
    whole = log_loss(judged["label"].to_numpy(float), judged["probability"].to_numpy())
    assert np.average([one.log_loss for one in found], weights=[one.n for one in found]) == pytest.approx(whole)


def test_the_anchor_and_the_random_split_stand_beside() -> None:
    judged = at_judged_moment(make_held_out())
    for one in figures_by_period(judged):
        rows = judged[judged["origin"] == one.origin]
        assert one.anchored
        assert one.unanchored < one.predicted
        assert one.log_loss < one.unanchored_log_loss < one.base_log_loss
        assert one.random_split_auc > one.auc == auc(rows["label"].to_numpy(float), rows["probability"].to_numpy())
    assert not any(one.anchored for one in figures_by_period(judged.assign(unanchored=judged["probability"])))


def test_a_period_without_a_win_has_no_slope() -> None:
    judged = at_judged_moment(make_held_out())
    judged.loc[judged["origin"] == 2, "label"] = 0
    third = figures_by_period(judged)[2]
    assert third.wins == 0
    assert third.calibration is None
    assert np.isnan(third.auc)
