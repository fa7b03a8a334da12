"""The scorer: reasons add up on every row, any input of the right shape is scored, wrong ones are refused."""

import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import logit, sigmoid
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.foundation.problems import BundleError, InputError
from leadq.models.bundle.bundle import write_bundle
from leadq.models.bundle.encode_rows import encode_rows
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.fit.fit_model import population
from leadq.models.training.train_bundle import TrainResult


def test_reasons_add_up_on_every_row(world: tuple[TrainingData, np.ndarray], trained: TrainResult) -> None:
    rows = world[0].features
    scored = MatrixScorer(trained.bundle).score(rows)
    np.testing.assert_allclose(
        scored.base + scored.contributions.sum(axis=1), logit(scored.probability), rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(scored.feature_contributions.sum(axis=1), scored.contributions.sum(axis=1), atol=1e-9)
    assert scored.families == trained.bundle.catalogue.families
    two = MatrixScorer(trained.bundle, threads=2).score(rows)
    assert two.probability.tobytes() == scored.probability.tobytes()
    assert two.contributions.tobytes() == scored.contributions.tobytes()


def test_contributions_are_shaps_and_average_to_zero_on_the_reference(
    world: tuple[TrainingData, np.ndarray], trained: TrainResult
) -> None:
    data = world[0].rows(population(world[0]))
    rows = data.features[(data.meta["landmark"] == HANDOFF).to_numpy()]
    scored = MatrixScorer(trained.bundle).score(rows)
    np.testing.assert_allclose(scored.feature_contributions.mean(axis=0), 0, atol=1e-9)
    booster = load_lightgbm().Booster(model_str=trained.bundle.booster_text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap warns of itself and of matplotlib
        import shap  # noqa: PLC0415

        values = shap.TreeExplainer(booster).shap_values(rows[:50])
    mean = np.asarray(trained.bundle.reference.mean_contributions)
    expected = trained.bundle.calibrator.slope * (values - mean)
    np.testing.assert_allclose(scored.feature_contributions[:50], expected, atol=1e-9)


def test_an_anchor_moves_the_base_and_no_reason(world: tuple[TrainingData, np.ndarray], trained: TrainResult) -> None:
    rows = world[0].features[:200]
    before = MatrixScorer(trained.bundle).score(rows)
    calibrator = replace(trained.bundle.calibrator, anchor=0.4)
    after = MatrixScorer(replace(trained.bundle, calibrator=calibrator)).score(rows)
    assert after.base == pytest.approx(before.base + 0.4)
    assert after.contributions.tobytes() == before.contributions.tobytes()
    np.testing.assert_allclose(logit(after.probability), logit(before.probability) + 0.4, atol=1e-9)


def test_extreme_missing_and_unseen_values_are_scored(trained: TrainResult) -> None:
    n_features = len(trained.bundle.catalogue.features)
    rows = np.vstack([np.full(n_features, value) for value in (np.nan, -1e30, 1e30, 0.0, 5.0, 1e9)])
    scored = MatrixScorer(trained.bundle).score(rows)
    assert ((scored.probability > 0) & (scored.probability < 1)).all()
    assert MatrixScorer(trained.bundle).score(np.empty((0, n_features))).contributions.shape == (
        0,
        len(scored.families),
    )


def test_parts_that_do_not_belong_together_score_nothing(trained: TrainResult) -> None:
    reference = replace(trained.bundle.reference, expected_margin=trained.bundle.reference.expected_margin + 1e-3)
    with pytest.raises(BundleError, match=r"base \+ contributions must equal logit\(probability\).*rows"):
        MatrixScorer(replace(trained.bundle, reference=reference)).score(np.zeros((5, 8)))
    with pytest.raises(BundleError, match="must have the columns of the bundle's features"):
        MatrixScorer(trained.bundle).score(np.zeros((5, 7)))
    catalogue = trained.bundle.catalogue.without({"visits": "test"})
    with pytest.raises(BundleError, match="must be a booster over the catalogue's features, got 8 features"):
        MatrixScorer(replace(trained.bundle, catalogue=catalogue))
    with pytest.raises(BundleError, match="must be a booster"):
        MatrixScorer(replace(trained.bundle, booster_text="tree\nnothing\n"))


def test_the_base_rate_bundle_says_the_same_of_everyone(base_rate: TrainResult) -> None:
    scored = MatrixScorer(base_rate.bundle).score(np.zeros((3, 8)))
    evidence = base_rate.bundle.evidence
    np.testing.assert_allclose(scored.probability, evidence.wins / evidence.n)
    np.testing.assert_allclose(sigmoid(np.array([scored.base])), evidence.wins / evidence.n)
    assert scored.families == ()
    assert scored.contributions.shape == (3, 0)
    assert not scored.feature_contributions.any()


def test_the_scorer_imports_nothing_heavy(trained: TrainResult, tmp_path: Path) -> None:
    write_bundle(trained.bundle, tmp_path / "b")
    code = (
        "import sys, pathlib, numpy as np\n"
        "from leadq.models.bundle.bundle import read_bundle\nfrom leadq.models.bundle.matrix_scorer import MatrixScorer\n"
        f"MatrixScorer(read_bundle(pathlib.Path({str(tmp_path / 'b')!r}))).score(np.zeros((2, 8)))\n"
        "bad = {'shap', 'great_expectations', 'mlflow', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(bad) if bad else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_raw_rows_are_encoded_as_the_catalogue_says(trained: TrainResult) -> None:
    raw = pd.DataFrame(
        {"industry": ["software", "media", "mining", None], "visits": [3, None, "4", 0.5], "stranger": [1, 2, 3, 4]}
    )
    encoded = encode_rows(raw, trained.bundle.catalogue)
    np.testing.assert_array_equal(encoded[:, 1], [0.0, 4.0, 5.0, np.nan])
    np.testing.assert_array_equal(encoded[:, 2], [3.0, np.nan, 4.0, 0.5])
    assert np.isnan(encoded[:, [0, 3, 4]]).all()
    with pytest.raises(InputError, match="column visits: must hold numbers, got 'many'"):
        encode_rows(pd.DataFrame({"visits": ["many"]}), trained.bundle.catalogue)
