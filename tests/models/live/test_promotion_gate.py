"""Everything that speaks against a model is said at once, and nothing else stops it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.paired_bootstrap import Difference
from leadq.models.live.comparison_result import Comparison
from leadq.models.live.promotion_gate import objections, refusal
from leadq.models.training.train_bundle import TrainResult


def compared(high: float, mean: float = -0.004) -> Comparison:
    found = Difference(mean=mean, low=mean - 0.003, high=high, n=900, n_groups=700)
    return Comparison(champion="old", challenger="new", evidence="held-out", n=900, wins=90, log_loss=found)


@pytest.fixture
def good(trained: TrainResult) -> Bundle:
    """A bundle that nothing speaks against."""
    evaluation = {**trained.bundle.evaluation, "beats_base_rate": True, "beats_points": True}
    return replace(trained.bundle, evaluation=evaluation, version="new")


@pytest.fixture
def champion(good: Bundle) -> Bundle:
    return replace(good, version="old")


def with_evaluation(bundle: Bundle, **changes: Any) -> Bundle:
    return replace(bundle, evaluation={**bundle.evaluation, **changes})


def test_a_better_challenger_meets_no_objection(good: Bundle, champion: Bundle) -> None:
    assert objections(good, champion, compared(-0.001)) == []
    assert objections(good, None, None) == []


def test_the_champion_stays_unless_it_is_beaten_beyond_doubt(good: Bundle, champion: Bundle) -> None:
    (said,) = objections(good, champion, compared(0.0005))
    assert said.startswith("it does not beat champion old on 900 leads that neither had learnt from")
    assert "(90 won): log-loss -0.0040 nats, 90 % interval -0.0070 to +0.0005" in said
    assert objections(good, champion, compared(0.03, mean=0.02))[0].startswith("it is worse than champion old")
    nothing = Comparison(champion="old", challenger="new", evidence="none", why_not="no lead is shared")
    assert objections(good, champion, nothing) == ["it cannot be compared with champion old: no lead is shared"]
    assert objections(good, champion, None) == ["it was not compared with champion old"]


def test_another_anchor_need_not_beat_the_model_it_was_made_from(good: Bundle, champion: Bundle) -> None:
    anchored = replace(good, trained={**good.trained, "anchored_from": "old"})
    assert objections(anchored, champion, None) == []
    assert objections(anchored, replace(champion, version="older"), None) != []
    assert objections(with_evaluation(anchored, beats_points=False), champion, None) != []


def test_yardsticks(good: Bundle) -> None:
    weak = with_evaluation(
        good, beats_base_rate=False, beats_points=False, versus_points={"mean": 0.001, "low": -0.002, "high": 0.004}
    )
    base, points = objections(weak, None, None)
    assert base.startswith("it does not beat the base rate on leads it had not seen")
    assert points.endswith(
        "the points score on leads it had not seen: log-loss +0.0010 nats, 90 % interval -0.0020 to +0.0040"
    )
    assert objections(with_evaluation(good, logistic_better=True), None, None) == []


def test_a_red_tier_must_not_be_offered(good: Bundle) -> None:
    tier = replace(good.tiers[0], offered=True, light="RED", why="12 of 90 were won")
    (said,) = objections(replace(good, tiers=(tier, *good.tiers[1:])), None, None)
    assert (
        said == f"tier {tier.tier_id} is offered although held-out leads say its promise is broken: 12 of 90 were won"
    )
    withdrawn = replace(tier, offered=False)
    assert objections(replace(good, tiers=(withdrawn, *good.tiers[1:])), None, None) == []


@pytest.mark.parametrize(
    ("ratio", "p_value", "stops"), [(1.6, 1e-6, True), (0.7, 1e-6, True), (1.1, 1e-12, False), (1.6, 0.01, False)]
)
def test_calibration_stops_only_where_it_is_badly_off_beyond_doubt(
    good: Bundle, ratio: float, p_value: float, stops: bool
) -> None:
    first, *others = good.evaluation["moments"]
    first = {**first, "predicted_to_actual": ratio, "calibration": {**first["calibration"], "p_value": p_value}}
    said = objections(with_evaluation(good, moments=[first, *others]), None, None)
    assert [one.startswith("its probabilities are off at hand-off") for one in said] == [True] * stops


def test_all_objections_are_told_at_once(good: Bundle, champion: Bundle) -> None:
    weak = with_evaluation(good, beats_base_rate=False, beats_points=False)
    stopped = refusal(weak, objections(weak, champion, compared(0.1)))
    assert stopped.exit_code == 3
    assert len(stopped.problems) == 3
    assert "--because" in stopped.problems[0].remedy


def test_a_base_rate_never_replaces_a_champion(good: Bundle, champion: Bundle) -> None:
    plain = replace(good, kind="base_rate")
    assert objections(plain, None, None) == []
    assert objections(plain, champion, None) == ["it is the base rate, which is only used while there is no champion"]
