"""Beta calibration is used only where it pays at the rolling origins, and the anchor's evidence moves with it."""

import numpy as np
import pandas as pd
import pytest

from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import sigmoid
from leadq.models.evaluation.out_of_time import bend_pays
from leadq.models.evaluation.rolling_origins import OriginFit, with_bends
from leadq.models.evaluation.time_split import Split
from leadq.models.fit.anchor import Recent
from leadq.models.fit.beta_calibration import even
from leadq.models.fit.calibration import fit_calibrator
from leadq.models.fit.fit_model import Fitted
from tests.models.conftest import make_catalogue

N = 8000


def origin(true_bend: float, later_bend: float, seed: int) -> tuple[TrainingData, OriginFit]:
    """One origin whose training side follows ``true_bend`` and whose test side ``later_bend``."""
    rng = np.random.default_rng(seed)

    def draw(bend: float) -> tuple[np.ndarray, np.ndarray]:
        margin = rng.normal(-1.0, 1.6, N)
        return margin, (rng.random(N) < sigmoid(0.9 * margin + bend * even(margin) - bend)).astype(float)

    (learnt, won), (margin, label) = draw(true_bend), draw(later_bend)
    calibration = fit_calibrator(won, learnt, np.ones(N), np.arange(N))
    fitted = Fitted(
        booster_text="", margins=learnt, calibration=calibration, base_rate=0.3, num_leaves=3, rounds=1, grid={}
    )
    everything = np.ones(N, dtype=bool)
    split = Split(
        train=~everything,
        test=everything,
        moment=None,
        origin="0",
        period_days=None,
        accounts_in_both=0,
        accounts_removed=True,
    )
    recent = Recent(log_odds=calibration.calibrator.log_odds(learnt), won=won, matured=np.ones(N), days_ago=np.ones(N))
    fit = OriginFit(
        split=split,
        fitted=fitted,
        usable=True,
        margin=margin,
        log_odds=calibration.calibrator.log_odds(margin),
        recent=recent,
    )
    meta = pd.DataFrame({"label": label.astype(np.int8)})
    catalogue = make_catalogue(0).without({name.name: "test" for name in make_catalogue(0).features})
    return TrainingData(features=np.empty((N, 0)), meta=meta, catalogue=catalogue), fit


def test_a_bend_that_lasts_is_used_and_one_that_does_not_is_left_out() -> None:
    data, lasting = origin(0.45, 0.45, seed=1)
    assert bend_pays(data, [lasting])
    data, gone = origin(0.45, -0.45, seed=2)
    assert gone.fitted.calibration.bent is not None
    assert not bend_pays(data, [gone])


def test_without_a_rejected_line_nothing_changes() -> None:
    data, straight = origin(0.0, 0.0, seed=3)
    assert straight.fitted.calibration.bent is None
    assert not bend_pays(data, [straight])
    assert with_bends([straight]) == [straight]


def test_the_evidence_for_the_anchor_is_calibrated_like_the_forecasts() -> None:
    _, line = origin(0.45, 0.45, seed=1)
    (bent,) = with_bends([line])
    calibrator = bent.fitted.calibration.calibrator
    assert calibrator.bend != 0
    assert bent.recent.log_odds == pytest.approx(calibrator.log_odds(line.fitted.margins), abs=1e-9)
    assert bent.log_odds == pytest.approx(calibrator.log_odds(line.margin), abs=1e-12)
