"""The out-of-time evaluation: nothing crosses the origin, and the verdict is right in both directions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import Bools, sigmoid
from leadq.models.evaluation.leak_checks import check_permuted, check_random_gap, quick_out_of_fold
from leadq.models.evaluation.out_of_time import Evaluated, evaluate
from leadq.models.evaluation.paired_bootstrap import paired_difference
from leadq.models.evaluation.time_split import Split, rolling_origins
from leadq.models.fit.fit_model import population
from leadq.models.training.train_bundle import TrainResult, train_bundle
from tests.models.conftest import QUICK, make_agreement, make_world


def test_a_model_with_signal_beats_the_base_rate(trained: TrainResult) -> None:
    evaluation = trained.evaluation
    assert evaluation.beats_base_rate
    assert trained.bundle.kind == "booster"
    assert [one.moment for one in evaluation.moments] == ["hand-off", "0 days", "7 days", "30 days"]
    handoff = evaluation.moments[0]
    assert handoff.n == (trained.held_out["landmark"] == HANDOFF).sum() == len(trained.bundle.out_of_time)
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


def test_what_becomes_known_after_an_origin_does_not_change_its_forecasts() -> None:
    data, _ = make_world(1500, seed=8)
    learnable = population(data)
    known_late = (data.meta["label_known_at"] > _origins(data)[0].moment).to_numpy()
    before = _evaluate(data).held_out
    meta = data.meta.copy()
    meta.loc[known_late, "label"] = 1 - meta.loc[known_late, "label"]
    meta.loc[known_late, "days_to_win"] = np.nan
    after = _evaluate(replace(data, meta=meta), learnable).held_out
    first = (before["origin"] == 0).to_numpy()
    assert before.loc[first, "unanchored"].tolist() == after.loc[first, "unanchored"].tolist()
    assert before.loc[first, "label"].tolist() != after.loc[first, "label"].tolist()


def test_drift_is_named_by_random_minus_out_of_time() -> None:
    data, _ = make_world(1500, seed=2)
    tested = np.logical_or.reduce([split.test for split in _origins(data)])
    rng = np.random.default_rng(1)
    meta = data.rows(
        population(data)
    ).meta  # after the origin the features say nothing any more, in the random split they did
    meta.loc[tested, "label"] = rng.permutation(meta.loc[tested, "label"].to_numpy())
    drifted = replace(data.rows(population(data)), meta=meta)
    random_split = sigmoid(np.where(meta["label"] == 1, 1.0, 0.0) + rng.normal(size=len(meta)))
    finding = check_random_gap(_evaluate(drifted, random_split=random_split).evaluation)
    assert finding.verdict == "named"
    assert "AUC" in finding.words


def test_too_little_after_the_origins_is_said() -> None:
    data, _ = make_world(900, seed=8)
    data = data.rows(population(data))
    data.meta.loc[data.meta["created_at"] >= _origins(data)[0].moment, "label"] = 0
    evaluated = _evaluate(data)
    assert not evaluated.evaluation.possible
    assert "too few wins" in evaluated.evaluation.why_not or "won lead" in evaluated.evaluation.why_not
    assert evaluated.held_out.empty


def test_a_flat_source_is_split_by_order() -> None:
    data, _ = make_world(1500, seed=4, dated=False)
    data = data.rows((data.meta["landmark"] == 0).to_numpy())
    result = train_bundle(data, make_agreement(0.3), QUICK, provenance={})
    assert [one.moment for one in result.evaluation.moments] == ["0 days"]
    assert all(one.origin.isdigit() for one in result.evaluation.origins)
    assert "rolling origins (rows " in " ".join(result.evaluation.in_words())


def test_of_rows_that_are_in_no_order_of_time_nothing_is_said_of_time() -> None:
    """The same world with a strong drift: an anchor would be kept if the order were one in time."""
    data, _ = make_world(3000, seed=4, dated=False, intercept=-1.0, drift=-3.0)
    data = replace(data.rows((data.meta["landmark"] == 0).to_numpy()), order_is_time=False)
    result = train_bundle(data, make_agreement(0.3), QUICK, provenance={})
    told = " ".join(result.evaluation.in_words())
    assert result.evaluation.anchor is None
    assert result.bundle.calibrator.anchor == 0.0
    assert "rows in a random order" in told
    assert "nchor" not in told
    eleventh = next(finding for finding in result.evaluation.findings if finding.check == 11)
    assert (eleventh.verdict, "Not judged" in eleventh.words) == ("passed", True)
    assert result.evaluation.to_document()["order_is_time"] is False


def test_the_anchor_is_kept_where_the_world_drifts_and_moves_the_bundle() -> None:
    data, _ = make_world(6000, seed=4, intercept=-1.0, drift=-1.5)
    read_at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=700)
    result = train_bundle(data, make_agreement(0.3), QUICK, provenance={}, read_at=read_at)
    assert result.evaluation.anchor is not None
    assert result.evaluation.anchor.kept
    assert result.bundle.calibrator.anchor < -0.1
    assert all(one.anchor <= 0 for one in result.evaluation.origins)
    moments = {one.moment: one for one in result.evaluation.moments}
    assert moments["hand-off"].log_loss < moments["hand-off"].unanchored_log_loss


def _origins(data: TrainingData) -> tuple[Split, ...]:
    return rolling_origins(data.rows(population(data)), QUICK)


def _evaluate(data: TrainingData, learnable: Bools | None = None, random_split: np.ndarray | None = None) -> Evaluated:
    learnable = population(data) if learnable is None else learnable
    split = np.full(int(learnable.sum()), 0.2) if random_split is None else random_split
    return evaluate(data, learnable, split, make_agreement(0.3), QUICK)


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
