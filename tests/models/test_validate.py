"""The out-of-time evaluation: nothing crosses the origin, and the verdict is right in both directions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.training_data import HANDOFF
from models.compare import paired_difference
from models.fit import population
from models.leaks import check_permuted, check_random_gap, quick_out_of_fold
from models.split import split_by_time
from models.train import TrainResult, train_bundle
from models.validate import evaluate
from tests.models.conftest import QUICK, make_agreement, make_world


def test_no_label_and_no_account_crosses_the_origin() -> None:
    data, _ = make_world(1500, seed=5)
    data = data.rows(population(data))
    split = split_by_time(data, 0.2)
    origin = pd.Timestamp(split.origin)
    meta = data.meta
    assert (meta.loc[split.train, "label_known_at"] <= origin).all()
    assert (meta.loc[split.test, "created_at"] >= origin).all()
    assert not set(meta.loc[split.train, "group"]) & set(meta.loc[split.test, "group"])
    assert split.accounts_removed
    assert split.accounts_in_both > 0
    assert meta.loc[split.test, "lead_id"].nunique() == pytest.approx(0.2 * meta["lead_id"].nunique(), rel=0.02)


def test_accounts_stay_where_removing_them_would_leave_nothing() -> None:
    data, _ = make_world(800, seed=5)
    data.meta["group"] = data.meta["group"] % 20
    split = split_by_time(data.rows(population(data)), 0.2)
    assert not split.accounts_removed
    assert split.accounts_in_both == 20


def test_a_model_with_signal_beats_the_base_rate(trained: TrainResult) -> None:
    evaluation = trained.evaluation
    assert evaluation.beats_base_rate
    assert trained.bundle.kind == "booster"
    assert [one.moment for one in evaluation.moments] == ["hand-off", "0 days", "7 days", "30 days"]
    handoff = evaluation.moments[0]
    assert handoff.n == len(trained.probability) == len(trained.label)
    assert handoff.auc is not None
    assert handoff.auc > 0.62
    assert handoff.improvement_percent > 2
    assert handoff.calibration is not None
    assert handoff.calibration.slope_low < 1.2
    assert handoff.calibration.slope_high > 0.8
    assert any(line.startswith("The model beats the base rate") for line in evaluation.in_words()[:2])


def test_noise_gives_the_base_rate_bundle_and_says_so(base_rate: TrainResult) -> None:
    assert not base_rate.evaluation.beats_base_rate
    assert base_rate.bundle.kind == "base_rate"
    assert base_rate.bundle.booster_text == ""
    assert "Nothing beats the base rate" in base_rate.evaluation.in_words()[0]
    assert not any(tier.offered for tier in base_rate.bundle.tiers)


def test_what_changed_after_the_origin_does_not_change_the_forecast() -> None:
    data, _ = make_world(900, seed=8)
    data = data.rows(population(data))
    split = split_by_time(data, 0.2)
    later = (data.meta["label_known_at"] > pd.Timestamp(split.origin)).to_numpy()
    before = evaluate(data, np.zeros(len(data.meta)), QUICK).out_of_time
    meta = data.meta.copy()
    meta.loc[later, "label"] = 1 - meta.loc[later, "label"]
    after = evaluate(replace(data, meta=meta), np.zeros(len(data.meta)), QUICK).out_of_time
    assert before["probability"].tolist() == after["probability"].tolist()
    assert before["label"].tolist() != after["label"].tolist()


def test_drift_is_named_by_random_minus_out_of_time() -> None:
    data, _ = make_world(1500, seed=2)
    data = data.rows(population(data))
    split = split_by_time(data, 0.2)
    rng = np.random.default_rng(1)
    meta = data.meta.copy()  # after the origin the features say nothing any more, in the random split they did
    meta.loc[split.test, "label"] = rng.permutation(meta.loc[split.test, "label"].to_numpy())
    drifted = replace(data, meta=meta)
    margins = np.where(meta["label"] == 1, 1.0, 0.0) + rng.normal(size=len(meta))
    finding = check_random_gap(evaluate(drifted, margins, QUICK).evaluation)
    assert finding.verdict == "named"
    assert "AUC" in finding.words


def test_too_little_after_the_origin_is_said() -> None:
    data, _ = make_world(900, seed=8)
    data = data.rows(population(data))
    data.meta.loc[split_by_time(data, 0.2).test, "label"] = 0
    evaluated = evaluate(data, np.zeros(len(data.meta)), QUICK)
    assert not evaluated.evaluation.possible
    assert "only 0 won leads on the later side" in evaluated.evaluation.why_not
    assert evaluated.out_of_time.empty


def test_a_flat_source_is_split_by_order() -> None:
    data, _ = make_world(1500, seed=4, dated=False)
    data = data.rows(population(data))
    data = data.rows((data.meta["landmark"] == 0).to_numpy())
    split = split_by_time(data, 0.2)
    assert split.test.sum() + split.train.sum() <= len(data.meta)
    assert split.origin.isdigit()
    result = train_bundle(data, make_agreement(0.3), QUICK, provenance={})
    assert [one.moment for one in result.evaluation.moments] == ["0 days"]
    assert "from row" in " ".join(result.evaluation.in_words())


def test_permuted_labels_pass_and_a_leaking_fit_is_caught() -> None:
    data, _ = make_world(1500, seed=6)
    data = data.rows(population(data))
    assert check_permuted(data, quick_out_of_fold(data.catalogue, QUICK), seed=7).verdict == "passed"

    def leaking(rows: np.ndarray, label: np.ndarray, group: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)  # target encoding of a fine category outside the folds
        codes = rng.integers(0, 300, len(label))
        return (np.bincount(codes, weights=label) / np.maximum(np.bincount(codes), 1))[codes]

    assert check_permuted(data, leaking, seed=7).verdict == "stop"


def test_paired_bootstrap_knows_better_from_equal() -> None:
    rng = np.random.default_rng(1)
    loss, group = rng.exponential(0.4, 2000), np.repeat(np.arange(500), 4)
    noise = np.repeat(rng.normal(0, 0.1, 500), 4)
    assert paired_difference(loss - 0.03 + noise, loss, group, seed=1, repeats=300).better
    equal = paired_difference(loss + noise - noise.mean(), loss, group, seed=1, repeats=300)
    assert not equal.better
    assert not equal.worse
    assert HANDOFF == -1
