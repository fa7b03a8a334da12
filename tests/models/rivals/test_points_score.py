"""The points score: agreed checks become rules, the data fills up, and it says what it does."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import numpy as np
import pytest

from leadq.agreement.schema import Agreement, Check
from leadq.features.catalogue import Feature
from leadq.features.training_data import TrainingData
from leadq.models.base.metrics import auc, log_loss
from leadq.models.rivals.points_rules import agreed_rules
from leadq.models.rivals.points_score import MAX_RULES, PointsScore
from tests.models.conftest import make_agreement, make_catalogue, make_world

Learnt = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def learnt(world: tuple[TrainingData, np.ndarray]) -> Learnt:
    data, _ = world
    return data.features, data.meta["label"].to_numpy(dtype=np.float64), np.ones(len(data.meta))


def with_checks(*checks: Check) -> Agreement:
    return replace(make_agreement(0.4), stages={"SQL": checks})


def field(name: str, operator: str, *values: str | float) -> Check:
    return Check(subject="field", name=name, operator=operator, values=values)  # type: ignore[arg-type]


def test_agreed_checks_come_first_and_earn_what_the_data_says(learnt: Learnt) -> None:
    agreement = with_checks(field("account.industry", "in", "Software", "media"))
    score = PointsScore(make_catalogue(), agreement).fit(*learnt)
    assert len(score.in_words()) == len(score.rules)
    assert score.in_words()[0].startswith("Industry of the account is one of Software, media: +")
    assert 2 <= len(score.rules) <= MAX_RULES
    assert sum("ndustry" in words for words in score.in_words()) == 1  # what was agreed is not said again
    assert all(re.fullmatch(r".+: [+-]\d+", words) for words in score.in_words())
    assert all(rule.points % 5 == 0 and -30 <= rule.points <= 30 and rule.points for rule in score.rules)


def test_it_beats_the_base_rate_on_other_leads_and_adds_up(learnt: Learnt) -> None:
    rows, label, weight = learnt
    other, _ = make_world(3000, seed=9)
    theirs = other.meta["label"].to_numpy(dtype=np.float64)
    score = PointsScore(make_catalogue(), make_agreement(0.4)).fit(rows, label, weight)
    probability = score.probability(other.features)
    assert log_loss(theirs, probability) < log_loss(theirs, np.full(len(theirs), label.mean()))
    assert auc(theirs, probability) > 0.58
    assert probability.mean() == pytest.approx(theirs.mean(), rel=0.15)
    by_hand = sum(rule.points * rule.holds(other.features) for rule in score.rules)
    assert (score.points(other.features) == by_hand).all()
    assert (np.argsort(probability, kind="stable") == np.argsort(by_hand, kind="stable")).all()


def test_the_same_data_gives_the_same_score(learnt: Learnt) -> None:
    first, second = (PointsScore(make_catalogue(), make_agreement(0.4)).fit(*learnt) for _ in range(2))
    assert first.rules == second.rules
    assert (first.probability(learnt[0]) == second.probability(learnt[0])).all()


def test_each_kind_of_agreed_check(learnt: Learnt) -> None:
    days = Feature(
        name="intent_demo_days_since",
        family="intent_demo",
        kind="number",
        unit="days",
        source="events",
        meaning="days since the last demo",
        known_because="test",
    )
    size = replace(days, name="size", family="company", source="leads.size")
    catalogue = make_catalogue(0)
    industry = catalogue.features[1]
    catalogue = replace(catalogue, features=(industry, size, days), event_kinds=("demo",))
    rows = np.array([[0.0, 10.0, 3.0], [1.0, 50.0, 40.0], [5.0, np.nan, np.nan], [np.nan, 90.0, 0.0]])
    checks = {
        field("account.industry", "equals", "software"): [True, False, False, False],
        field("account.industry", "not_in", "software"): [False, True, True, False],
        field("account.industry", "present"): [True, True, True, False],
        field("size", "between", 10.0, 50.0): [True, True, False, False],
        field("size", "at_least", 50.0): [False, True, False, True],
        field("size", "at_most", 10.0): [True, False, False, False],
        Check(subject="event", name="demo", operator="occurred", within_days=14): [True, False, False, True],
        Check(subject="event", name="demo", operator="occurred"): [True, True, False, True],
    }
    for check, expected in checks.items():
        (rule,) = agreed_rules(catalogue, with_checks(check))
        assert rule.holds(rows).tolist() == expected, check
    unknown = (field("account.industry", "in", "shipping"), field("size", "in", "large"), field("nothing", "present"))
    others = (*unknown, Check(subject="disposition", name="accepted", operator="occurred"))
    assert agreed_rules(catalogue, with_checks(*others)) == ()


def test_noise_gives_the_average_or_next_to_it() -> None:
    rng = np.random.default_rng(2)
    rows, label = rng.normal(size=(4000, 8)), (rng.random(4000) < 0.1).astype(np.float64)
    rows[:, 1] = rng.integers(0, 5, 4000)
    score = PointsScore(make_catalogue(4), make_agreement(0.4)).fit(rows, label, np.ones(4000))
    assert np.ptp(score.probability(rows)) < 0.12


def test_it_is_quick() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(50_000, 110))
    catalogue = make_catalogue(106)
    rows[:, 1] = rng.integers(0, 6, 50_000)
    label = (rng.random(50_000) < 0.1).astype(np.float64)
    before = time.process_time()
    PointsScore(catalogue, make_agreement(0.4)).fit(rows, label, np.ones(50_000))
    assert time.process_time() - before < 3.0  # about 0.7 s alone on the machine
