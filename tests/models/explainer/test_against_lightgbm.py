"""The explainer says what LightGBM's pred_contrib and shap's TreeExplainer say, on ordinary and on hostile rows."""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.foundation.problems import BundleError
from leadq.models.explainer.adversarial import adversarial_rows
from leadq.models.explainer.compiled_trees import compile_model
from leadq.models.explainer.confirmation import TOLERANCE, compare
from leadq.models.explainer.exact_shap import explain
from leadq.models.explainer.model_text import UnexplainableModelError
from tests.models.explainer.made_models import columns, labels, models, trained

KINDS = tuple(models())
LONG = os.environ.get("LEADQ_ACCEPTANCE") == "1"
RANDOM_ROWS, ADVERSARIAL_ROWS = (20_000, 5_000) if LONG else (20_000 // len(KINDS) + 1, 5_000 // len(KINDS) + 1)


@cache
def booster_of(kind: str) -> Any:
    return models()[kind]()


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_are_those_of_pred_contrib_and_add_up(kind: str) -> None:
    booster = booster_of(kind)
    compiled = compile_model(booster.model_to_string())
    rows = np.concatenate(
        [columns(RANDOM_ROWS, seed=77), adversarial_rows(compiled, ADVERSARIAL_ROWS, seed=78).astype(np.float64)]
    )
    found = compare(compiled, booster, rows)
    assert found.rows == RANDOM_ROWS + ADVERSARIAL_ROWS
    assert found.largest_difference <= TOLERANCE
    assert found.largest_gap <= TOLERANCE
    if kind != "constant":
        assert np.ptp(compiled.explain(rows)[0]) > 0.05


@pytest.mark.parametrize("kind", ["depth 6, 31 leaves", "many categories", "mostly missing", "63 leaves, no limit"])
def test_shap_says_the_same(kind: str) -> None:
    booster = booster_of(kind)
    rows = np.concatenate(
        [columns(150, seed=5), adversarial_rows(compile_model(booster.model_to_string()), 150, seed=6)]
    )
    _, contributions = explain(booster, rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap warns of itself and of matplotlib
        import shap  # noqa: PLC0415

        explainer = shap.TreeExplainer(booster)
        values = explainer.shap_values(rows)
    np.testing.assert_allclose(contributions[:, :-1], values, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(contributions[:, -1], np.ravel(explainer.expected_value)[-1], rtol=0, atol=TOLERANCE)


def test_leaves_too_deep_for_a_table_are_worked_out_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(4)
    rows = draw.normal(size=(6_000, 24))
    label = (draw.random(6_000) < 1 / (1 + np.exp(3 - 2.0 * (rows > 0.8).sum(axis=1) / 3))).astype(float)
    booster = trained(rows, label, 3, categories=(), num_leaves=400, min_data_in_leaf=1, min_sum_hessian_in_leaf=0)
    compiled = compile_model(booster.model_to_string())
    assert len(compiled.deep[0]) > 0
    found = compare(compiled, booster, adversarial_rows(compiled, 300, seed=1))
    assert max(found.largest_difference, found.largest_gap) <= TOLERANCE


def test_the_comparison_can_fail() -> None:
    one, other = booster_of("three leaves"), booster_of("stumps")
    found = compare(compile_model(one.model_to_string()), other, columns(50, seed=3))
    assert found.largest_difference > 0.01


def test_single_precision_is_off_by_about_a_millionth() -> None:
    booster = booster_of("depth 6, 31 leaves")
    rows = columns(2_000, seed=8)
    single = compile_model(booster.model_to_string(), precision="float32").explain(rows)[1]
    exact = compile_model(booster.model_to_string()).explain(rows)[1]
    assert 1e-9 < np.abs(single - exact).max() < 1e-5


def test_the_same_bits_whatever_the_batch_the_order_and_the_threads() -> None:
    booster = booster_of("depth 6, 31 leaves")
    rows = columns(9_001, seed=9)
    whole = explain(booster, rows)[1]
    np.testing.assert_array_equal(explain(booster, rows, threads=2)[1], whole)
    np.testing.assert_array_equal(explain(booster, np.asfortranarray(rows))[1], whole)
    np.testing.assert_array_equal(np.concatenate([explain(booster, rows[at : at + 7])[1] for at in (0, 7)]), whole[:14])
    assert explain(booster, rows[:0])[1].shape == (0, rows.shape[1] + 1)


def test_a_value_one_step_above_a_threshold_takes_the_other_way_in_double_precision_only() -> None:
    booster = booster_of("depth 6, 31 leaves")
    compiled = compile_model(booster.model_to_string())
    feature = 8
    threshold = compiled.codes[feature].thresholds[3]
    at, above = columns(400, seed=10), columns(400, seed=10)
    at[:, feature], above[:, feature] = threshold, np.nextafter(threshold, np.inf)
    assert (np.abs(explain(booster, at)[1] - explain(booster, above)[1]).max(axis=1) > 0).any()
    np.testing.assert_array_equal(np.float32(at), np.float32(above))


def test_a_refused_model_is_explained_by_lightgbm_and_that_is_said() -> None:
    rows = columns(500, seed=3)[:, 6:]
    rows = np.nan_to_num(rows)
    label = labels(columns(500, seed=3), seed=1)
    lightgbm = load_lightgbm()
    quiet = {"objective": "binary", "verbose": -1, "num_threads": 1}
    forest = lightgbm.train(
        {**quiet, "boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1}, lightgbm.Dataset(rows, label), 5
    )
    with pytest.warns(UserWarning, match="random forest"):
        margin, contributions = explain(forest, rows)
    np.testing.assert_array_equal(contributions, forest.predict(rows, pred_contrib=True))
    np.testing.assert_array_equal(margin, forest.predict(rows, raw_score=True))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"objective": "regression", "linear_tree": True}, "linear trees"),
        ({"objective": "multiclass", "num_class": 3}, "num_class 3"),
        ({"objective": "multiclassova", "num_class": 3}, "num_class 3"),
    ],
)
def test_what_nobody_explains_by_feature_is_refused_by_name(settings: dict[str, Any], named: str) -> None:
    rows = np.nan_to_num(columns(500, seed=3))
    booster = trained(rows, np.arange(500.0) % 3, 2, categories=(), **settings)
    with pytest.raises(UnexplainableModelError) as refused:
        explain(booster, rows)
    assert refused.value.problems[0].value == named
    if "linear_tree" in settings:  # the remedy: without it
        assert explain(trained(rows, np.arange(500.0) % 3, 2, objective="regression"), rows)[0].shape == (500,)
    else:
        assert booster.predict(rows, pred_contrib=True).shape == (500, 3 * (rows.shape[1] + 1))


def test_what_is_no_booster_is_refused_and_the_remedy_works() -> None:
    lightgbm, rows = load_lightgbm(), columns(300, seed=3)
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1, n_jobs=1).fit(rows, labels(rows, seed=1))
    for given, called in ((model, "LGBMClassifier"), (lightgbm.LGBMRegressor, "LGBMRegressor"), (None, "NoneType")):
        with pytest.raises(
            BundleError, match=rf"must be a lightgbm\.Booster, got {called}.*model\.booster_ of a fitted"
        ):
            explain(given, rows)
    with pytest.raises(BundleError, match="got Booster"):
        explain(lightgbm.Booster, rows)
    assert explain(model.booster_, rows)[0].shape == (300,)


@pytest.mark.parametrize(
    "rows",
    [
        [["a"] * 12],
        [["1"] * 12],
        np.array([["a", 1.0, *range(10)]], dtype=object),
        np.array([[object()] * 12], dtype=object),
        [[1.0] * 12, [1.0]],
        np.ones(12),
        np.ones((1, 12), dtype=complex),
        np.full((1, 12), "2026-01-01", dtype="datetime64[D]"),
        np.ones((1, 11)),
        None,
    ],
    ids=lambda rows: str(rows)[:20],
)
def test_rows_that_are_no_numbers_are_refused(rows: Any) -> None:
    with pytest.raises(BundleError) as refused:
        explain(booster_of("stumps"), rows)
    assert refused.value.problems[0].where.startswith("rows")


def test_rows_are_taken_as_lists_and_as_a_single_row_as_the_remedy_has_it() -> None:
    rows = columns(1, seed=3)
    booster = booster_of("stumps")
    margin = explain(booster, rows)[0]
    for given in (rows.tolist(), rows[0].reshape(1, -1), rows.astype(object)):
        np.testing.assert_array_equal(explain(booster, given)[0], margin)
