"""A value that wins double is named, a range is found with its ends, and where nothing is to be found hardly ever anything is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leadq.foundation.arrays import Floats, Ints
from leadq.models.tiers.winning_values import Contrast, best_by_field, contrasts, groups_of

INDUSTRIES = ["software", "retail", "logistics", "health", "public"]


def fields(draw: np.random.Generator, leads: int) -> dict[str, pd.Series]:
    """Fields of a company that mean nothing, one of them known of half of the leads only."""
    sizes = pd.Series(np.exp(draw.normal(4.5, 1.2, leads)).round())
    return {
        "account.industry": pd.Series(draw.choice(INDUSTRIES, leads)),
        "lead.source": pd.Series(draw.choice(["web", "event", "partner", "cold"], leads, p=[0.5, 0.3, 0.15, 0.05])),
        "account.employees": sizes.where(draw.random(leads) < 0.5),
        "lead.spelling_score": pd.Series(draw.random(leads)),
        "lead.newsletter": pd.Series(draw.random(leads) < 0.3),
    }


def look(values: dict[str, pd.Series], won: Floats, account: Ints) -> dict[str, tuple[Contrast, ...]]:
    groups = [group for name, column in values.items() for group in groups_of(name, column)]
    return best_by_field(contrasts(groups, won, account), won, account)


def test_an_industry_that_wins_double_is_named_and_nothing_else() -> None:
    draw = np.random.default_rng(3)
    values = fields(draw, 1500)
    rate = np.where(values["account.industry"] == "software", 0.24, 0.12)
    won = (draw.random(1500) < rate).astype(float)
    found = look(values, won, np.arange(1500))
    assert list(found) == ["account.industry"]
    ((winner),) = found["account.industry"]
    assert winner.group.value == "software"
    inside = (values["account.industry"] == "software").to_numpy()
    assert (winner.inside.n, winner.inside.won) == (inside.sum(), won[inside].sum())
    assert winner.elsewhere.n == (~inside).sum()
    assert winner.inside.quantile(0.05) > winner.elsewhere.rate


def test_a_range_of_a_number_is_found_and_counted_with_its_ends() -> None:
    draw = np.random.default_rng(5)
    values = fields(draw, 3000)
    sizes = values["account.employees"]
    won = (draw.random(3000) < np.where(sizes.between(80, 400), 0.25, 0.08)).astype(float)
    (winner,) = look(values, won, np.arange(3000))["account.employees"]
    low, high = winner.group.low, winner.group.high
    assert low is not None
    assert high is not None
    assert 50 <= low <= 110
    assert 200 <= high <= 600
    assert winner.inside.n == int(sizes.between(low, high).sum())
    assert winner.inside.n + winner.elsewhere.n == int(sizes.notna().sum())  # what is not known is on neither side


def test_where_nothing_means_anything_nothing_is_named_in_95_of_100_companies() -> None:
    named = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        won = (draw.random(700) < draw.choice([0.03, 0.1, 0.25])).astype(float)
        named += bool(look(fields(draw, 700), won, np.arange(700)))
    assert named <= 5


def test_one_account_with_many_leads_is_no_industry() -> None:
    draw = np.random.default_rng(1)
    values = {"account.industry": pd.Series(["software"] * 60 + ["retail"] * 600)}
    won = np.concatenate([np.ones(20), np.zeros(40), (draw.random(600) < 0.12).astype(float)])
    alone = np.arange(660)
    together = np.concatenate([np.repeat([1000, 1001, 1002], 20), np.arange(600)])
    assert "account.industry" in look(values, won, alone)
    assert not look(values, won, together)


def test_letter_case_is_no_value_of_its_own() -> None:
    values = pd.Series(["Retail", "retail", "RETAIL", "Retail", None, "health"])
    retail, health = groups_of("account.industry", values)
    assert (retail.value, retail.inside.tolist()) == ("Retail", [True, True, True, True, False, False])
    assert (health.value, health.known.tolist()) == ("health", [True, True, True, True, False, True])
