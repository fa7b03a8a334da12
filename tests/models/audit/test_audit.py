"""Reasons are held against what the model does when asked again; wrong reasons are found out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from leadq.features.training_data import TrainingData
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.audit.dependence_plots import draw_dependence, leading_features
from leadq.models.audit.reason_audit import LEAST, Audit, audit_reasons, compare_answers
from leadq.models.audit.replaced_facts import asking, deletion_effects, interventional
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.fit.contributions import family_places, reference_rows
from leadq.models.fit.fit_model import population
from leadq.models.pictures.quarterly_figures import contributions_by_shap, import_shap
from leadq.models.training.train_bundle import TrainResult
from leadq.serving.scoring.reasons.reason_choice import THRESHOLD
from tests.models.conftest import make_catalogue

pytestmark = pytest.mark.integration

World = tuple[TrainingData, np.ndarray]


@pytest.fixture(scope="module")
def rows(world: World) -> np.ndarray:
    learnt = world[0].rows(population(world[0]))
    return learnt.features[reference_rows(learnt)[0]]


@pytest.fixture(scope="module")
def audit(trained: TrainResult, rows: np.ndarray) -> Audit:
    found = audit_reasons(trained.bundle, rows, seed=7)
    assert found is not None
    return found


def test_the_reasons_of_a_small_company_are_true(audit: Audit) -> None:
    assert audit.faithful
    assert audit.correlation is not None
    assert audit.correlation > 0.97
    assert audit.ratio == pytest.approx(1.0, abs=0.15)
    assert audit.interventional_ratio == pytest.approx(1.0, abs=0.15)
    assert audit.interventional_strongest > 0.8
    assert audit.largest_difference < 1e-9
    assert (audit.leads, audit.background) == (200, 100)
    assert audit.pairs == sum(one.leads for one in audit.families) > 100
    assert audit.families[0].family in {"company", "intent_web", "intent_demo"}


def test_the_same_seed_gives_the_same_audit(trained: TrainResult, rows: np.ndarray, audit: Audit) -> None:
    again = audit_reasons(trained.bundle, rows, seed=7, threads=2)
    assert json.dumps(again.to_document() if again else None) == json.dumps(audit.to_document())


def test_wrong_reasons_are_found_out(trained: TrainResult, rows: np.ndarray) -> None:
    bundle, leads, background = trained.bundle, rows[:150], rows[-80:]
    scored, places = MatrixScorer(bundle).score(leads), family_places(bundle.catalogue)
    ask, _ = asking(bundle)
    effects = deletion_effects(ask, leads, background, places, np.ones_like(scored.contributions, dtype=bool))
    said, names = scored.contributions, scored.families
    assert compare_answers(said, effects, effects, names, background=80).faithful
    assert not compare_answers(np.roll(said, 1, axis=1), effects, effects, names, background=80).faithful
    assert not compare_answers(-said, effects, effects, names, background=80).faithful
    halved = compare_answers(said / 2, effects, effects, names, background=80)
    assert halved.correlation is not None
    assert halved.correlation > 0.9
    assert not halved.faithful
    assert {one.family for one in halved.shared} >= {"company"}


def test_interventional_shap_is_that_of_shap_itself() -> None:
    """Numbers only and a family a feature: there ``shap.TreeExplainer`` answers the same question."""
    draw = np.random.default_rng(2)
    rows = draw.normal(size=(3000, 5))
    rows[draw.random(rows.shape) < 0.1] = np.nan
    won = draw.random(3000) < 1 / (1 + np.exp(-np.nan_to_num(rows[:, 0] + rows[:, 1] * rows[:, 2])))
    lightgbm = load_lightgbm()
    told = {"objective": "binary", "num_leaves": 3, "verbosity": -1, "num_threads": 1, "seed": 1}
    booster = lightgbm.train(told, lightgbm.Dataset(rows, won.astype(float)), num_boost_round=30)
    leads, background = rows[:20], rows[-40:]

    def ask(some: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(some, raw_score=True, num_threads=1))

    ours = interventional(ask, leads, background, np.arange(5), 5, seed=1)
    explainer = import_shap().TreeExplainer(booster, background, feature_perturbation="interventional")
    assert np.abs(ours - explainer.shap_values(leads)).max() < 1e-6
    assert np.abs(ours.sum(axis=1) - (ask(leads) - ask(background).mean())).max() < 1e-9


def test_where_there_are_no_reasons_there_is_no_audit(
    base_rate: TrainResult, trained: TrainResult, rows: np.ndarray
) -> None:
    assert audit_reasons(base_rate.bundle, rows, seed=7) is None
    assert audit_reasons(trained.bundle, rows[:1], seed=7) is None
    for n_rows, shared in ((2, (1, 1)), (3, (2, 1)), (30, (20, 10)), (299, (199, 100)), (300, (200, 100))):
        few = audit_reasons(trained.bundle, rows[:n_rows], seed=7)
        assert few is not None
        assert (few.leads, few.background) == shared


def test_without_a_large_contribution_nothing_is_claimed() -> None:
    small = np.full((4, 2), 0.01)
    found = compare_answers(small, small, np.full((4, 2), np.nan), ("company", "person"), background=5)
    assert (found.pairs, found.correlation, found.ratio, found.families) == (0, None, None, ())
    assert not found.faithful
    json.dumps(found.to_document(), allow_nan=False)


def test_what_sales_may_read_is_audited() -> None:
    assert LEAST == THRESHOLD


def test_leading_features_are_those_of_the_strongest_families(trained: TrainResult, rows: np.ndarray) -> None:
    catalogue = trained.bundle.catalogue
    found = leading_features(contributions_by_shap(trained.bundle, rows[:200]), catalogue)
    families = [catalogue.features[column].family for column in found]
    assert len(set(families)) == len(families) == 4
    assert families[0] == "company"
    assert leading_features(np.zeros((3, len(catalogue.features))), catalogue) == []


def test_the_picture_is_the_same_twice_and_leaves_the_dice_alone(
    trained: TrainResult, rows: np.ndarray, tmp_path: Path
) -> None:
    some, catalogue = rows[:200], trained.bundle.catalogue
    contributions = contributions_by_shap(trained.bundle, some)
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    paths = [draw_dependence(contributions, some, catalogue, tmp_path / f"{at}.png", seed=1) for at in range(2)]
    assert np.random.random() == expected
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert len(paths[0].read_bytes()) > 20_000


def test_hostile_names_and_empty_columns_are_drawn(tmp_path: Path) -> None:
    from dataclasses import replace  # noqa: PLC0415

    catalogue = make_catalogue(0)
    hostile = [replace(one, meaning=r"$\frac{ <script> " + "x" * 300) for one in catalogue.features]
    hostile[1] = replace(hostile[1], vocabulary=("$^{", "a" * 200))
    catalogue = replace(catalogue, features=tuple(hostile))
    draw = np.random.default_rng(1)
    rows = np.column_stack([np.full(50, np.nan), draw.integers(0, 3, 50), np.ones(50), draw.random(50)])
    path = draw_dependence(draw.normal(size=(50, 4)), rows, catalogue, tmp_path / "odd.png", seed=1)
    assert path.stat().st_size > 5_000
