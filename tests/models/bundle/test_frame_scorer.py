"""The face's scorer: a frame of raw values in, what nightly scoring would say out."""

from __future__ import annotations

import doctest
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import leadq
from leadq.features.catalogue import Catalogue
from leadq.foundation.problems import BundleError, InputError
from leadq.models.bundle import frame_scorer
from leadq.models.bundle.bundle import write_bundle
from leadq.models.bundle.encode_rows import encode_rows
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.training.train_bundle import TrainResult
from tests.models.conftest import make_catalogue


def frame_of(catalogue: Catalogue, n: int = 50) -> pd.DataFrame:
    """Raw values, some missing, some words that the training never saw."""
    random = np.random.default_rng(3)
    columns: dict[str, object] = {}
    for feature in catalogue.features:
        if feature.kind == "category":
            columns[feature.name] = random.choice([*feature.vocabulary, "never seen", None], n)
        else:
            columns[feature.name] = np.where(random.random(n) < 0.2, np.nan, random.normal(3, 2, n))
    return pd.DataFrame(columns, index=[f"L{at}" for at in range(n)])


@pytest.fixture(scope="module")
def folder(trained: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "bundle"
    write_bundle(trained.bundle, path)
    return path


@pytest.fixture
def leads(trained: TrainResult) -> pd.DataFrame:
    return frame_of(trained.bundle.catalogue)


def test_it_says_what_the_nightly_scorer_says(trained: TrainResult, folder: Path, leads: pd.DataFrame) -> None:
    scorer = leadq.Scorer(folder)
    catalogue = trained.bundle.catalogue
    assert list(scorer.feature_names_in_) == list(catalogue.names)
    assert (scorer.n_features_in_, scorer.classes_.tolist()) == (len(catalogue.names), [0, 1])
    encoded = np.full((len(leads), len(catalogue.names)), np.nan)
    for at, feature in enumerate(catalogue.features):
        codes = {value: code for code, value in enumerate(feature.vocabulary)}
        for row, value in enumerate(leads[feature.name]):
            if not pd.isna(value):
                is_number = feature.kind == "number"
                encoded[row, at] = value if is_number else codes.get(str(value), len(feature.vocabulary))
    expected = MatrixScorer(trained.bundle).score(encoded)
    chances = scorer.predict_proba(leads)
    np.testing.assert_array_equal(chances[:, 1], expected.probability)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    reasons = scorer.explain(leads)
    assert list(reasons.columns) == ["base", *expected.families]
    np.testing.assert_array_equal(reasons.drop(columns="base").to_numpy(), expected.contributions)
    assert list(scorer.tiers(leads).index) == list(reasons.index) == list(leads.index)


def test_order_further_columns_and_other_kinds_of_frame_change_nothing(folder: Path, leads: pd.DataFrame) -> None:
    scorer = leadq.Scorer(folder)
    expected = scorer.predict_proba(leads)
    turned = leads[leads.columns[::-1]].assign(lead_id="x", note="=1+1")
    np.testing.assert_array_equal(scorer.predict_proba(turned), expected)
    np.testing.assert_array_equal(scorer.predict_proba(pa.Table.from_pandas(leads)), expected)  # type: ignore[arg-type]
    np.testing.assert_array_equal(scorer.predict_proba(leads.iloc[:0]), np.zeros((0, 2)))


def test_all_missing_columns_are_named_with_what_was_meant(folder: Path, leads: pd.DataFrame) -> None:
    scorer = leadq.Scorer(folder)
    with pytest.raises(InputError) as wrong:
        scorer.predict_proba(leads.drop(columns="visits").rename(columns={"industry": "Industri"}))
    told = {problem.where: problem for problem in wrong.value.problems}
    assert set(told) == {"column visits", "column industry"}
    assert "Did you mean Industri?" in told["column industry"].remedy
    mended = leads.drop(columns="visits").assign(visits=None)  # the remedy: the column there, its cells empty
    assert scorer.predict_proba(mended).shape == (len(leads), 2)


def test_what_is_no_frame_and_what_is_no_bundle_is_refused(folder: Path, leads: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be a frame with named columns, got ndarray"):
        leadq.Scorer(folder).predict_proba(leads.to_numpy())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="column visits: must hold numbers, got 'many'"):
        leadq.Scorer(folder).explain(leads.assign(visits="many"))
    with pytest.raises(BundleError, match="must be the manifest of a model"):
        leadq.Scorer(tmp_path)


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ([1, 2, 9], [0, 1, 4]),
        ([1.0, 2.0, None], [0, 1, np.nan]),  # pandas makes whole numbers fractions where a cell is empty
        (pd.array([1, None, 2], dtype="Int64"), [0, np.nan, 1]),
        (["1", " ", "2.5"], [0, np.nan, 3]),
        ([True, False, None], [2, 4, np.nan]),
        ([2.5, 2.0, 3.5], [3, 1, 4]),
    ],
    ids=str,
)
def test_a_category_is_read_as_nightly_scoring_reads_it(given: object, codes: list[float]) -> None:
    grade = replace(make_catalogue(0).features[1], name="grade", vocabulary=("1", "2", "true", "2.5"))
    catalogue = replace(make_catalogue(0), features=(grade,))
    np.testing.assert_array_equal(encode_rows(pd.DataFrame({"grade": given}), catalogue)[:, 0], codes)


@pytest.mark.parametrize("kind", [None, "object"])
def test_a_date_is_no_number_and_a_missing_one_is_missing(folder: Path, leads: pd.DataFrame, kind: str | None) -> None:
    dates = pd.to_datetime(["2026-01-01", None] * (len(leads) // 2)).to_series(index=leads.index)
    with pytest.raises(InputError, match=r"column visits: must hold numbers, got Timestamp.*\(25 rows\)"):
        leadq.Scorer(folder).predict_proba(leads.assign(visits=dates.astype(kind) if kind else dates))
    nothing = pd.to_datetime([None] * len(leads)).to_series(index=leads.index)
    scorer = leadq.Scorer(folder)
    expected = scorer.predict_proba(leads.assign(visits=None))
    np.testing.assert_array_equal(scorer.predict_proba(leads.assign(visits=nothing)), expected)


def test_a_column_that_stands_twice_is_refused(folder: Path, leads: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="column visits: must appear only once"):
        leadq.Scorer(folder).predict_proba(pd.concat([leads, leads[["visits"]]], axis=1))


def test_a_base_rate_bundle_gives_one_chance_and_no_tier(base_rate: TrainResult, leads: pd.DataFrame) -> None:
    scorer = leadq.Scorer(base_rate.bundle)
    assert len(set(scorer.predict_proba(leads)[:, 1])) == 1
    assert scorer.tiers(leads).isna().all()
    assert list(scorer.explain(leads).columns) == ["base"]


def test_the_examples_of_its_documentation_hold(folder: Path, leads: pd.DataFrame) -> None:
    options = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    tried = doctest.testmod(frame_scorer, extraglobs={"folder": folder, "leads": leads}, optionflags=options)
    assert tried.attempted >= 6
    assert tried.failed == 0
