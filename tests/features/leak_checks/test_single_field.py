"""One field alone: the AUC is right, chance and high cardinality do not look like a leak, a leak does from few wins on."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from leadq.features.leak_checks.finding import MISSINGNESS_AUC, QUARANTINE_AUC, SUSPECT_AUC
from leadq.features.leak_checks.names import check_names
from leadq.features.leak_checks.single_field import auc_of_categories, auc_of_numbers, auc_of_presence


def test_the_auc_of_a_number_is_the_textbook_one_and_direction_free() -> None:
    rng = np.random.default_rng(0)
    won = rng.random(500) < 0.3
    values = np.round(rng.normal(size=500) - won, 1)
    told = auc_of_numbers(values, won, np.arange(500))
    assert told is not None
    assert told.auc == pytest.approx(1 - roc_auc_score(won, values))


def test_missing_values_are_left_out() -> None:
    won = np.arange(100) % 2 == 0
    values = np.where(won, 1.0, 0.0)
    values[:20] = np.nan
    told = auc_of_numbers(values, won, np.arange(100))
    assert told is not None
    assert (told.auc, told.n_won, told.n_lost) == (1.0, 40, 40)


def test_a_class_that_is_too_small_proves_nothing() -> None:
    won = np.arange(100) < 9
    assert auc_of_numbers(won.astype(float), won, np.arange(100)) is None


def test_an_identifier_does_not_look_like_a_leak() -> None:
    rng = np.random.default_rng(1)
    won = rng.random(2000) < 0.2
    for n_values in (2, 50, 1000, 2000):
        codes = rng.permutation(2000) % n_values
        told = auc_of_categories(codes, won, np.arange(2000), seed=0)
        assert told is not None
        assert told.auc < 0.6


def test_values_remembered_by_account_do_not_look_like_a_leak() -> None:
    """The account's domain knows its account's outcome; the halves keep accounts whole."""
    rng = np.random.default_rng(2)
    account = np.repeat(np.arange(300), 5)
    won = np.repeat(rng.random(300) < 0.3, 5)
    told = auc_of_categories(account, won, account, seed=0)
    assert told is not None
    assert told.auc < 0.6


def test_a_category_that_decides_is_seen_in_both_halves() -> None:
    rng = np.random.default_rng(3)
    won = rng.random(1000) < 0.2
    codes = np.where(won, rng.integers(0, 5, 1000), rng.integers(5, 30, 1000))
    told = auc_of_categories(codes, won, np.arange(1000), seed=0)
    assert told is not None
    assert told.auc > 0.99
    assert told.reaches(QUARANTINE_AUC)


def test_honest_fields_are_rarely_quarantined_at_sixty_wins() -> None:
    """An honest field of AUC about .70 and honest missingness of AUC about .55, 60 wins in 400 leads, 400 repetitions."""
    rng = np.random.default_rng(4)
    group = np.arange(400)
    quarantined = missing = 0
    for _ in range(400):
        won = rng.permutation(group) < 60
        told = auc_of_numbers(rng.normal(size=400) + 0.74 * won, won, group)
        filled = auc_of_presence(rng.random(400) < 0.6 + 0.1 * won, won, group)
        assert told is not None
        assert filled is not None
        quarantined += told.reaches(QUARANTINE_AUC)
        missing += filled.reaches(MISSINGNESS_AUC)
    assert quarantined == 0
    assert missing <= 8  # 2 %


def test_true_leaks_are_caught_from_few_wins_on() -> None:
    rng = np.random.default_rng(5)
    group = np.arange(200)
    caught = 0
    for _ in range(200):
        won = rng.permutation(group) < 20
        filled = auc_of_presence(rng.random(200) < np.where(won, 0.85, 0.04), won, group)
        sure = auc_of_numbers(np.where(won, rng.random(200), 0.0), won, group)
        assert filled is not None
        assert sure is not None
        caught += filled.reaches(MISSINGNESS_AUC) and sure.reaches(QUARANTINE_AUC) and sure.reaches(SUSPECT_AUC)
    assert caught >= 198


@pytest.mark.parametrize(
    "name",
    [
        "deal_status",
        "Status",
        "stage",
        "close_value",
        "Closed Won",
        "won_reason",
        "lost to",
        "amount",
        "Last-Activity Date",
        "owner_id",
    ],
)
def test_names_that_mean_the_outcome(name: str) -> None:
    (found,) = check_names([f"leads.{name}"])
    assert found.consequence == "quarantine"


@pytest.mark.parametrize("name", ["amount_req", "industry", "stages_seen", "newsletter", "disclosed", "homeowner"])
def test_names_that_do_not(name: str) -> None:
    assert not list(check_names([f"leads.{name}"]))
