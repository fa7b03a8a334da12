"""Rolling origins: what was known learns, what came later tests, and no account is on both sides."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadq.features.training_data import TrainingData
from leadq.models.evaluation.time_split import rolling_origins
from leadq.models.fit.fit_model import population
from tests.models.conftest import QUICK, make_world


def learnable(n_leads: int, **kwargs: bool) -> TrainingData:
    data, _ = make_world(n_leads, seed=5, **kwargs)
    return data.rows(population(data))


def test_no_label_no_lead_and_no_account_crosses_an_origin() -> None:
    data = learnable(1500)
    splits = rolling_origins(data, QUICK)
    assert len(splits) == 4
    meta = data.meta
    for split in splits:
        assert split.moment is not None
        assert (meta.loc[split.train, "label_known_at"] <= split.moment).all()
        until = split.moment + pd.Timedelta(split.period_days, "D")
        assert meta.loc[split.test, "created_at"].between(split.moment, until, inclusive="left").all()
        assert not set(meta.loc[split.train, "group"]) & set(meta.loc[split.test, "group"])
        assert split.accounts_in_both > 0
    tested = np.sum([split.test for split in splits], axis=0)
    assert tested.max() == 1, "the periods do not overlap"
    assert meta.loc[tested == 1, "created_at"].max() == meta["created_at"].max()


def test_periods_are_quarters_in_two_years_and_shorter_in_half_a_year() -> None:
    data = learnable(3000)
    assert {split.period_days for split in rolling_origins(data, QUICK)} == {91.0}
    meta = data.meta.copy()
    start = meta["created_at"].min()
    for name in ("created_at", "as_of", "label_known_at"):
        meta[name] = start + (meta[name] - start) / 4
    short = rolling_origins(replace(data, meta=meta), QUICK)
    assert len(short) == 4
    assert short[0].period_days is not None
    assert 7 <= short[0].period_days <= 30


def test_a_history_without_enough_early_wins_has_no_origin() -> None:
    data = learnable(1500)
    data.meta["label"] = 0
    data.meta.loc[data.meta["created_at"] > data.meta["created_at"].max() - pd.Timedelta(2, "h"), "label"] = 1
    assert rolling_origins(data, QUICK) == ()


def test_accounts_stay_where_removing_them_would_leave_nothing() -> None:
    data = learnable(800)
    data.meta["group"] = data.meta["group"] % 20
    for split in rolling_origins(data, QUICK):
        assert not split.accounts_removed
        assert split.accounts_in_both == 20


def test_a_flat_source_is_split_by_order_into_equal_blocks() -> None:
    data = learnable(1500, dated=False)
    data = data.rows((data.meta["landmark"] == 0).to_numpy())
    splits = rolling_origins(data, QUICK)
    sizes = [int(split.test.sum()) for split in splits]
    assert sum(sizes) == pytest.approx(0.2 * len(data.meta), abs=2)
    assert max(sizes) - min(sizes) <= 1
    for split in splits:
        assert np.flatnonzero(split.train).max() < np.flatnonzero(split.test).min() == int(split.origin)
