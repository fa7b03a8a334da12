"""The promotion gate against known truth: few tries always, two hundred in the acceptance run."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.promotion_gate import CASES, LEADS, TRIES, WORSE, cohort, expected_loss, noisy_champion, run, table
from leadq.foundation.arrays import logit, sigmoid

QUICK = {name: (pair, should_be) for name, pair, should_be in CASES}


def test_truly_two_percent_better_is_exact() -> None:
    rng = np.random.default_rng(4)
    seen = cohort(rng)
    truth = logit(seen.truth)
    champion, challenger = noisy_champion(rng, truth, truth + 0.3)
    assert expected_loss(seen.truth, champion) / expected_loss(seen.truth, challenger) == pytest.approx(WORSE, abs=1e-9)
    assert expected_loss(seen.truth, truth) < expected_loss(seen.truth, challenger)
    many = cohort(rng, 200_000)
    assert many.label.mean() == pytest.approx(many.truth.mean(), rel=0.03)
    assert sigmoid(logit(many.truth)) == pytest.approx(many.truth)


@pytest.mark.parametrize("name", ["champion plus noise, 0.02 log-odds", "champion plus noise, 0.3"])
def test_a_noisy_copy_is_refused(name: str) -> None:
    pair, should_be = QUICK[name]
    assert run(name, pair, should_be, tries=20).promoted <= 4  # one expected at the smallest noise, none at the larger


@pytest.mark.parametrize("name", ["2 % better: the champion is noisier", "2 % better: the champion predicts too much"])
def test_a_better_model_is_promoted(name: str) -> None:
    pair, should_be = QUICK[name]
    assert run(name, pair, should_be, tries=20).promoted >= 16


def test_the_table_has_a_row_a_case() -> None:
    lines = table(1).splitlines()
    assert len(lines) == len(CASES) + 2
    assert all(f"{LEADS:,}" in line for line in lines[2:])


@pytest.mark.acceptance
@pytest.mark.parametrize("name", QUICK)
def test_the_gate_does_what_it_should(name: str) -> None:
    pair, should_be = QUICK[name]
    found = run(name, pair, should_be)
    assert found.tries == TRIES >= 200
    assert found.wins >= 500
    assert found.right >= (0.9 if should_be == "refused" else 0.7)
