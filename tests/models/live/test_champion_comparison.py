"""Champion against challenger: the right leads, the right sign, and a result that travels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadq.agreement.read import parse_agreement
from leadq.foundation.arrays import logit, sigmoid
from leadq.models.bundle.bundle import Bundle
from leadq.models.live.champion_comparison import capacity_share, compare_bundles, compare_forecasts
from leadq.models.live.comparison_result import USUAL_SHARE, Comparison, keep_comparison, read_comparison
from leadq.models.tiers.tier_offers import TierCut
from leadq.models.training.train_bundle import TrainResult
from tests.models.conftest import make_agreement

CUTS = (
    TierCut(tier_id="T1", promise=0.4, cut=0.4, offered=True),
    TierCut(tier_id="T2", promise=0.2, cut=None, offered=False),
)


@pytest.fixture
def challenger(trained: TrainResult) -> Bundle:
    return replace(trained.bundle, version="new", tiers=CUTS)


@pytest.fixture
def champion(challenger: Bundle) -> Bundle:
    """The same model, too sure of itself."""
    table = challenger.out_of_time.copy()
    table["probability"] = sigmoid(2.5 * logit(table["probability"].to_numpy()))
    return replace(challenger, version="old", out_of_time=table)


def test_shared_leads_say_who_is_better_and_who_moves(champion: Bundle, challenger: Bundle) -> None:
    found = compare_bundles(champion, challenger, why_not="no shadow")
    assert (found.evidence, found.n, found.why_not) == ("shared", len(challenger.out_of_time), "no shadow")
    assert found.wins == challenger.out_of_time["label"].sum()
    assert found.log_loss is not None
    assert found.log_loss.better
    assert found.auc is not None
    assert found.auc.mean == pytest.approx(0.0)  # sharpening keeps the order
    assert found.migration.leads == found.n
    assert found.tiers == ("T1", "T2", "T3")
    assert sum(found.moved[1]) == 0  # T2 is not offered
    old, new = champion.out_of_time["probability"], challenger.out_of_time["probability"]
    assert found.migration.churn == pytest.approx(((old >= 0.4) != (new >= 0.4)).mean())
    assert found.in_words()[0].startswith(f"It beats champion old on {found.n:,} leads that both had held out")
    back = compare_bundles(challenger, champion)
    assert back.log_loss is not None
    assert back.log_loss.worse
    assert back.log_loss.mean == pytest.approx(-found.log_loss.mean)


def test_too_few_or_unlike_leads_are_not_compared(champion: Bundle, challenger: Bundle) -> None:
    few = replace(challenger, out_of_time=challenger.out_of_time.head(150))
    found = compare_bundles(champion, few, why_not="no shadow")
    assert (found.evidence, found.log_loss) == ("none", None)
    assert found.why_not == "no shadow; both held out only 150 leads (200 needed)"
    longer = replace(champion, catalogue=replace(champion.catalogue, horizon_days=90))
    assert "within 90 days, the challenger within 30" in compare_bundles(longer, challenger).in_words()[0]


def test_it_travels_beside_the_challenger(champion: Bundle, challenger: Bundle, tmp_path: Path) -> None:
    found = compare_bundles(champion, challenger)
    keep_comparison(found, tmp_path)
    assert read_comparison(tmp_path, challenger="new", champion="old") == found
    assert read_comparison(tmp_path, challenger="new", champion="another") is None
    assert read_comparison(tmp_path, challenger="other", champion="old") is None
    assert Comparison.from_json(found.to_json()) == found
    (tmp_path / "new.comparison.json").write_text("{}")
    assert read_comparison(tmp_path, challenger="new", champion="old") is None


def test_capacity_is_the_weekly_flow() -> None:
    agreement = make_agreement(0.4)
    text = agreement.text.replace("owner: sales}", "owner: sales, capacity_per_week: 10}", 1)
    with_capacity = parse_agreement(text, where="test agreement")
    ten_weeks = pd.Series(pd.date_range("2026-01-01", "2026-03-12", periods=1000, tz="UTC"))
    assert capacity_share(ten_weeks, with_capacity) == pytest.approx(0.1)
    assert capacity_share(ten_weeks, agreement) == USUAL_SHARE
    assert capacity_share(ten_weeks.head(5), with_capacity) == USUAL_SHARE  # room for all says nothing


def test_forecasts_are_compared_within_capacity(champion: Bundle, challenger: Bundle) -> None:
    rng = np.random.default_rng(3)
    truth = sigmoid(rng.normal(-2, 1.5, 2000))
    forecasts = pd.DataFrame(
        {
            "group": rng.integers(0, 1500, 2000),
            "as_of": pd.date_range("2026-01-01", periods=2000, freq="h", tz="UTC"),
            "label": (rng.random(2000) < truth).astype(int),
            "champion": sigmoid(logit(truth) + rng.normal(0, 1.5, 2000)),
            "challenger": truth,
        }
    )
    found = compare_forecasts(forecasts, champion=champion, challenger=challenger, evidence="shadow", repeats=300)
    assert found.auc is not None
    assert found.captured is not None
    assert found.auc.better
    assert found.captured.better
    assert any(
        words.startswith("Share of all wins among the best 20 % of the leads: +0.") for words in found.in_words()
    )
