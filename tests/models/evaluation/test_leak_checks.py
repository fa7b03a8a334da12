"""Check 9 on a fit path: encoding values by their rows' win rate outside of the folds is caught, the real path passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadq.features.catalogue import Catalogue
from leadq.foundation.arrays import Floats, Ints
from leadq.models.base.fit_settings import FitSettings
from leadq.models.evaluation.leak_checks import OutOfFold, check_encoding, quick_out_of_fold
from leadq.models.fit.fit_model import population


@pytest.fixture(scope="module")
def settings() -> FitSettings:
    return FitSettings(n_folds=3, threads=1)


def test_the_real_path_learns_nothing_of_identifiers(world, settings: FitSettings) -> None:
    data, _ = world
    data = data.rows(population(data))
    finding = check_encoding(data, lambda catalogue: quick_out_of_fold(catalogue, settings), seed=7)
    assert (finding.check, finding.verdict) == (9, "passed")
    assert finding.value is not None


def test_a_target_encoding_outside_of_the_folds_stops(world, settings: FitSettings) -> None:
    data, _ = world
    data = data.rows(population(data))

    def leaking(catalogue: Catalogue) -> OutOfFold:
        numbers = tuple(replace(feature, kind="number") for feature in catalogue.features)
        honest = quick_out_of_fold(replace(catalogue, features=numbers), settings)

        def run(rows: Floats, label: Floats, group: Ints) -> Floats:
            codes = rows[:, 0].astype(np.int64)
            rate = np.bincount(codes, weights=label) / np.maximum(np.bincount(codes), 1)
            return honest(rate[codes][:, None], label, group)

        return run

    finding = check_encoding(data, leaking, seed=7)
    assert finding.verdict == "stop"
    assert "identifiers" in finding.words
