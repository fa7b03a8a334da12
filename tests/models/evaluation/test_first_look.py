"""What could be promised before anything is trained: offered where the truth keeps it, not offered where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.template import template_text
from leadq.models.evaluation.first_look import first_look, offer_in_words
from leadq.models.fit.fit_model import population
from tests.models.conftest import QUICK, make_world


def promising(first: str, second: str = "0.02") -> Agreement:
    text = template_text().replace("win_rate_at_least: 0.30, marginal_at_least: 0.20", f"win_rate_at_least: {first}")
    return parse_agreement(text.replace("win_rate_at_least: 0.10", f"win_rate_at_least: {second}"), where="x")


@pytest.mark.parametrize("dated", [True, False])
def test_a_tier_that_is_offered_keeps_its_promise_among_all_leads(dated: bool) -> None:
    kept = []
    for seed in range(8):
        data, truth = make_world(3000, seed=seed, dated=dated)
        first, _ = first_look(data, promising("0.35"), QUICK).tiers
        assert first.offered, first.why
        best = np.sort(truth[population(data)])[::-1]
        size = round(first.n / len(data.meta) * len(best))
        kept.append(best[: max(size, 1)].mean() >= 0.35)
    assert np.mean(kept) >= 0.9


def test_a_promise_beyond_the_truth_is_not_offered_and_what_could_be_is_said() -> None:
    data, _ = make_world(3000, seed=3, signal=0.3)
    first, second = first_look(data, promising("0.90"), QUICK).tiers
    assert not first.offered
    assert second.offered
    assert "T1 cannot be promised at 90 %" in offer_in_words(first)
    assert offer_in_words(second).startswith("At first look T2 can be promised at 2 %: ")


def test_where_nobody_was_won_nothing_is_offered() -> None:
    data, _ = make_world(400, seed=3)
    data.meta["label"] = np.int8(0)
    assert not any(one.offered for one in first_look(data, promising("0.35"), QUICK).tiers)
