"""Segments that are off are found, honest ones rarely, and a group that is passed over is named."""

from __future__ import annotations

import numpy as np
import pytest

from leadq.models.evaluation.held_out_forecasts import at_judged_moment
from leadq.models.evaluation.segments import adjust, segments_of, selections_of
from tests.models.made_forecasts import make_held_out


def forecasts(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = 1 / (1 + np.exp(1.4 - rng.normal(size=n)))
    return (rng.random(n) < probability).astype(float), probability, np.arange(n)


def test_actual_over_predicted_is_what_it_says() -> None:
    judged = at_judged_moment(make_held_out())
    label, probability = judged["label"].to_numpy(float), judged["probability"].to_numpy()
    values = ["a" if at % 3 else "b" for at in range(len(label))]
    found = segments_of("leads.source", values, label, probability, judged["group"].to_numpy())
    assert [one.value for one in found] == ["a", "b"]
    assert sum(one.n for one in found) == len(label)
    assert sum(one.wins for one in found) == label.sum()
    for one in found:
        assert one.ratio == pytest.approx(one.observed / one.predicted)
        assert one.ratio_low < one.ratio < one.ratio_high


def test_small_values_are_judged_together_or_not_at_all() -> None:
    label, probability, group = forecasts(2000, 1)
    values = [f"small {at}" if at < 60 else "large" for at in range(2000)]
    found = segments_of("leads.source", values, label, probability, group)
    assert [one.value for one in found] == ["large", "60 small ones"]
    assert [
        one.value for one in segments_of("leads.source", values[50:], label[50:], probability[50:], group[50:])
    ] == ["large"]
    assert segments_of("leads.source", [None] * 2000, label, probability, group)[0].value == "not known"


def test_honest_segments_are_rarely_off_and_a_biased_one_is_found() -> None:
    false_alarms = 0
    for seed in range(200):
        label, probability, group = forecasts(1500, seed)
        values = [f"s{at % 10}" for at in range(1500)]
        false_alarms += any(one.off for one in adjust(segments_of("f", values, label, probability, group)))
    assert false_alarms <= 18  # 5 % expected, 10 with a standard deviation of 3
    label, probability, group = forecasts(3000, 7)
    values = np.array([f"s{at % 10}" for at in range(3000)])
    probability[values == "s4"] *= 0.5
    assert [one.value for one in adjust(segments_of("f", values, label, probability, group)) if one.off] == ["s4"]


def test_leads_of_one_account_count_for_less() -> None:
    label, probability, _ = forecasts(200, 3)
    often = [np.repeat(array, 10) for array in (label, probability)]
    apart = segments_of("f", ["v"] * 2000, *often, np.arange(2000))[0]
    together = segments_of("f", ["v"] * 2000, *often, np.repeat(np.arange(200), 10))[0]
    assert together.ratio == apart.ratio
    assert together.ratio_high - together.ratio_low > 2 * (apart.ratio_high - apart.ratio_low)


def test_a_group_that_is_passed_over_is_named() -> None:
    label, probability, _ = forecasts(3000, 11)
    values = np.array(["DE", "FR", "NL"])[np.arange(3000) % 3].astype(object)
    values[:20] = "tiny"
    probability[values == "NL"] *= 0.6
    found = {one.value: one for one in selections_of("accounts.country", values, label, probability, 0.3)}
    assert found["NL"].below_four_fifths
    assert not found["DE"].below_four_fifths
    assert not found["FR"].below_four_fifths
    assert max(one.ratio for one in found.values() if one.ratio is not None) == 1.0
    assert found["tiny"].ratio is None
    assert found["NL"].selected == np.mean(probability[values == "NL"] >= 0.3)
    for one in found.values():
        if one.ratio is not None and one.ratio_low is not None and one.ratio_high is not None:
            assert one.ratio_low <= one.ratio <= one.ratio_high


def test_no_ratio_where_nobody_is_selected() -> None:
    label, probability, _ = forecasts(300, 2)
    assert {one.ratio for one in selections_of("f", ["a", "b"] * 150, label, probability, 1.1)} == {None}
