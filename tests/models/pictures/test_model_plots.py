"""Pictures are made, are the same bytes twice, and do not break on edges."""

from pathlib import Path

import numpy as np
import pytest

from leadq.models.evaluation.held_out_forecasts import at_judged_moment
from leadq.models.pictures.model_plots import draw_reliability, draw_tiers
from leadq.models.pictures.waterfall import draw_waterfall
from leadq.models.tiers.tier_offers import no_tiers, offer_tiers
from leadq.models.training.train_bundle import TrainResult
from tests.models.conftest import make_agreement


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_pictures_are_repeatable(trained: TrainResult, tmp_path: Path, suffix: str) -> None:
    held_out = at_judged_moment(trained.held_out)
    probability, label = (held_out[name].to_numpy(dtype=np.float64) for name in ("probability", "label"))
    contributions = {"company": 0.8, "intent_demo_request": -1.1, "person": 0.0}
    for name in ("a", "b"):
        draw_reliability(probability, label, tmp_path / f"{name}_r{suffix}", seed=7)
        draw_tiers(trained.bundle.tiers, tmp_path / f"{name}_t{suffix}")
        draw_waterfall(base=-2.0, contributions=contributions, path=tmp_path / f"{name}_w{suffix}", title="Why")
    for kind in "rtw":
        first = (tmp_path / f"a_{kind}{suffix}").read_bytes()
        assert len(first) > 5_000
        assert first == (tmp_path / f"b_{kind}{suffix}").read_bytes()


def test_edges_are_drawn(tmp_path: Path) -> None:
    draw_reliability(np.full(3, 0.2), np.array([0.0, 1.0, 0.0]), tmp_path / "r.png", seed=1)
    draw_tiers(no_tiers(make_agreement(0.3), "nothing beats the base rate"), tmp_path / "t.png")
    draw_tiers(offer_tiers(np.full(5, 0.9), np.ones(5), np.arange(5), make_agreement(0.3)), tmp_path / "t2.png")
    draw_waterfall(base=-2.0, contributions={}, path=tmp_path / "w.png", title="Nothing")
    draw_waterfall(
        base=0.0, contributions={f"f{at}": 0.1 * at for at in range(14)}, path=tmp_path / "w2.png", title="Many"
    )
    assert len(list(tmp_path.glob("*.png"))) == 5
