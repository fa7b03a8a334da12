"""Which model is live: the gate refuses, a signature overrides and is recorded, a rollback goes back."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.foundation.arrays import logit, sigmoid
from leadq.foundation.problems import BundleError, GateStopped, StoreError
from leadq.models.bundle.bundle import Bundle, keep_bundle
from leadq.models.evaluation.paired_bootstrap import Difference
from leadq.models.live.comparison_result import Comparison, keep_comparison
from leadq.models.live.live_models import LIVE, models_folder, promote, put_challenger, read_live, rollback, set_shadow
from leadq.models.training.train_bundle import TrainResult

NOW = datetime(2026, 10, 1, tzinfo=UTC)


def keep(bundle: Bundle, store: Path) -> str:
    return keep_bundle(bundle, models_folder(store))[0]


def with_forecasts(bundle: Bundle, temper: float, note: str) -> Bundle:
    table = bundle.out_of_time.copy()
    table["probability"] = sigmoid(temper * logit(table["probability"].to_numpy()))
    return replace(bundle, out_of_time=table, trained={**bundle.trained, "note": note})


def test_first_model_goes_live_and_a_worse_one_is_refused(trained: TrainResult, tmp_path: Path) -> None:
    first = keep(trained.bundle, tmp_path)
    worse = keep(with_forecasts(trained.bundle, 2.5, "worse"), tmp_path)
    put_challenger(first, store=tmp_path, now=NOW, why="trained")
    live = promote(first, store=tmp_path, now=NOW)
    assert live == read_live(tmp_path)
    assert live.champion is not None
    assert (live.champion.version, live.challenger) == (first, None)
    with pytest.raises(
        GateStopped, match=f"is worse than champion {first} on .* leads that both had held out"
    ) as stopped:
        promote(worse, store=tmp_path, now=NOW)
    assert stopped.value.exit_code == 3
    assert read_live(tmp_path) == live

    signed = promote(worse, store=tmp_path, now=NOW, because="the old one lacks a field", by="head of sales")
    assert signed.champion is not None
    assert "the old one lacks a field (in spite of: it is worse than champion" in signed.champion.why
    assert signed.champion.by == "head of sales"
    back = rollback(store=tmp_path, now=NOW, why="complaints")
    assert back.champion is not None
    assert back.champion.version == first
    assert back.challenger is not None
    assert back.challenger.version == worse


def test_a_better_challenger_is_promoted_without_a_signature(trained: TrainResult, tmp_path: Path) -> None:
    worse = keep(with_forecasts(trained.bundle, 2.5, "worse"), tmp_path)
    promote(worse, store=tmp_path, now=NOW)
    live = promote(keep(trained.bundle, tmp_path), store=tmp_path, now=NOW)
    assert live.champion is not None
    assert [one.version for one in live.previous] == [worse]


def test_a_kept_comparison_decides_and_one_with_another_champion_does_not(trained: TrainResult, tmp_path: Path) -> None:
    first = keep(trained.bundle, tmp_path)
    worse = keep(with_forecasts(trained.bundle, 2.5, "worse"), tmp_path)
    promote(first, store=tmp_path, now=NOW)
    better = Difference(mean=-0.02, low=-0.03, high=-0.01, n=400, n_groups=300)
    kept = Comparison(champion="0123456789ab", challenger=worse, evidence="shadow", n=400, wins=50, log_loss=better)
    keep_comparison(kept, models_folder(tmp_path))
    with pytest.raises(GateStopped, match="leads that both had held out"):
        promote(worse, store=tmp_path, now=NOW)
    keep_comparison(replace(kept, champion=first), models_folder(tmp_path))
    live = promote(worse, store=tmp_path, now=NOW)
    assert live.champion is not None
    assert live.champion.version == worse


def test_shadow_is_recorded_and_older_files_have_none(trained: TrainResult, tmp_path: Path) -> None:
    first = keep(trained.bundle, tmp_path)
    promote(first, store=tmp_path, now=NOW)
    assert not read_live(tmp_path).shadow
    assert set_shadow(True, store=tmp_path) == read_live(tmp_path)
    assert read_live(tmp_path).shadow
    put_challenger("0123456789ab", store=tmp_path, now=NOW, why="trained")
    assert read_live(tmp_path).shadow
    path = models_folder(tmp_path) / LIVE
    older = json.loads(path.read_text())
    del older["shadow"]
    path.write_text(json.dumps(older))
    assert not read_live(tmp_path).shadow


def test_forecasts_of_other_leads_are_not_comparable(trained: TrainResult, tmp_path: Path) -> None:
    promote(keep(trained.bundle, tmp_path), store=tmp_path, now=NOW)
    other = trained.bundle.out_of_time.assign(lead_id=lambda table: "X" + table["lead_id"])
    with pytest.raises(GateStopped, match="both held out only 0 leads"):
        promote(keep(replace(trained.bundle, out_of_time=other), tmp_path), store=tmp_path, now=NOW)


def test_a_base_rate_bundle_only_fills_the_gap(trained: TrainResult, base_rate: TrainResult, tmp_path: Path) -> None:
    plain = keep(base_rate.bundle, tmp_path)
    live = promote(plain, store=tmp_path, now=NOW)
    assert live.champion is None
    assert live.scoring is not None
    assert live.scoring.version == plain
    promote(keep(trained.bundle, tmp_path), store=tmp_path, now=NOW)
    with pytest.raises(GateStopped, match="only used while there is no champion"):
        promote(plain, store=tmp_path, now=NOW, because="I insist")


def test_a_model_that_does_not_beat_the_base_rate_is_refused(trained: TrainResult, tmp_path: Path) -> None:
    weak = replace(trained.bundle, evaluation={**trained.bundle.evaluation, "beats_base_rate": False})
    with pytest.raises(GateStopped, match="does not beat the base rate"):
        promote(keep(weak, tmp_path), store=tmp_path, now=NOW)
    assert read_live(tmp_path).scoring is None


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="must be the manifest"):
        promote("0123456789ab", store=tmp_path, now=NOW)
    with pytest.raises(GateStopped, match="must have an earlier champion"):
        rollback(store=tmp_path, now=NOW, why="test")
    models_folder(tmp_path).mkdir(parents=True, exist_ok=True)
    (models_folder(tmp_path) / LIVE).write_text("{")
    with pytest.raises(StoreError, match="must say which model is live"):
        read_live(tmp_path)
