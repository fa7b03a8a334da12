"""Past leads: drawn plainly and always alike, found by brute force's own answer, silent about who they were."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import History
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.problems import StoreError
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.bundle.past_leads import MOST, PastLeads, keep_past_leads, write_past_leads
from leadq.models.fit.fit_model import population
from leadq.models.training.train_bundle import TrainResult
from tests.models.conftest import HORIZON, make_world


@pytest.fixture(scope="module")
def bundle(trained: TrainResult) -> Bundle:
    return replace(trained.bundle, version="abc")


@pytest.fixture(scope="module")
def history(
    tmp_path_factory: pytest.TempPathFactory,
    world: tuple[TrainingData, np.ndarray],
    write_history: Callable[..., History],
) -> History:
    """Every fifth lead is lost 12 days after it came in, every tenth of them re-opened and lost for good much later."""
    leads = world[0].meta.drop_duplicates("lead_id")
    rows: list[dict[str, Any]] = []
    for number, (lead_id, created) in enumerate(zip(leads["lead_id"], leads["created_at"], strict=True)):
        if number % 5 == 0:
            rows.append({"lead_id": lead_id, "occurred_at": created + timedelta(days=12), "outcome": "lost"})
        if number % 50 == 0:
            rows.append({"lead_id": lead_id, "occurred_at": created + timedelta(days=15), "outcome": "reopened"})
            rows.append({"lead_id": lead_id, "occurred_at": created + timedelta(days=400), "outcome": "lost"})
    return write_history(tmp_path_factory.mktemp("history"), {"outcomes": rows})


@pytest.fixture(scope="module")
def path(
    tmp_path_factory: pytest.TempPathFactory, world: tuple[TrainingData, np.ndarray], bundle: Bundle, history: History
) -> Path:
    made = tmp_path_factory.mktemp("past") / "past.parquet"
    write_past_leads(made, world[0], bundle, history, seed=7)
    return made


def test_the_same_data_gives_the_same_bytes_and_tells_no_one(
    path: Path, tmp_path: Path, world: tuple[TrainingData, np.ndarray], bundle: Bundle, history: History
) -> None:
    write_past_leads(tmp_path / "again.parquet", world[0], bundle, history, seed=7, threads=2)
    assert (tmp_path / "again.parquet").read_bytes() == path.read_bytes()
    facts = {"outcome", "days", "came_in", "age_days", "source"}
    names = {name for name in pq.read_schema(path).names if not name.startswith("family:")}
    assert names == facts
    assert b"L00" not in path.read_bytes()


def test_one_look_a_lead_at_its_handoff_with_what_became_of_it(
    path: Path, world: tuple[TrainingData, np.ndarray], bundle: Bundle
) -> None:
    data = world[0].rows(population(world[0]))
    past = PastLeads.read(path)
    leads = data.meta["lead_id"].nunique()
    assert (past.drawn["kept"], past.drawn["leads"]) == (leads, leads)
    assert past.drawn["won"] / leads == pytest.approx(data.meta.groupby("lead_id")["label"].first().mean(), abs=0.03)
    handed_off = (data.meta["landmark"] == HANDOFF).to_numpy()
    expected = MatrixScorer(bundle).score(data.features[handed_off]).contributions.astype(np.float32)
    meta = data.meta[handed_off].reset_index(drop=True)
    kept = {row.tobytes(): at for at, row in enumerate(past.contributions.astype(np.float32))}
    place = [kept.get(row.tobytes()) for row in expected]
    assert None not in place  # every hand-off there is was chosen
    facts = past.facts.to_pandas()
    assert set(facts["outcome"]) == {"won", "lost", "open"}
    assert facts.loc[facts["outcome"] == "open", "days"].isna().all()
    assert facts.loc[facts["outcome"] != "open", "days"].between(0, HORIZON).all()
    lost_at_handoff = facts[(facts["outcome"] == "lost") & (facts["age_days"] == 2.0)]
    assert set(lost_at_handoff["days"]) == {10.0}
    number = meta["lead_id"].str[1:].astype(int)
    reopened = (number % 50 == 0) & (meta["label"] == 0)
    assert reopened.any()
    assert facts["came_in"].str.fullmatch(r"20\d\d-\d\d").all()
    assert set(facts["source"]) == {"web"}


def test_a_lead_lost_and_reopened_within_the_horizon_is_open(
    tmp_path: Path, world: tuple[TrainingData, np.ndarray], bundle: Bundle, history: History
) -> None:
    data = world[0]
    number = data.meta["lead_id"].str[1:].astype(int)
    for rows, outcomes in (((number % 50 == 0), {"won", "open"}), ((number % 50 == 5), {"won", "lost"})):
        mask = (rows & (data.meta["landmark"] == HANDOFF)).to_numpy()
        write_past_leads(tmp_path / "few.parquet", data.rows(mask), bundle, history, seed=1)
        assert set(PastLeads.read(tmp_path / "few.parquet").facts["outcome"].to_pylist()) == outcomes


def test_a_source_that_few_share_is_not_told(
    tmp_path: Path, world: tuple[TrainingData, np.ndarray], bundle: Bundle, history: History
) -> None:
    data = world[0]
    meta = data.meta.assign(source=np.where(data.meta["lead_id"] < "L000005", "Referral of Jane Doe", "web"))
    write_past_leads(tmp_path / "p.parquet", replace(data, meta=meta), bundle, history, seed=1)
    assert set(PastLeads.read(tmp_path / "p.parquet").facts["source"].to_pylist()) == {"web", None}


def made_up(n: int, families: int, *, seed: int = 1, grid: float = 0.0) -> PastLeads:
    rng = np.random.default_rng(seed)
    amounts = rng.normal(0, 0.4, (n, families))
    if grid:
        amounts = np.round(amounts / grid) * grid
    facts = pa.table(
        {
            "outcome": ["won", "open"] * (n // 2),
            "days": pa.array([3.0, None] * (n // 2)),
            "came_in": ["2026-03"] * n,
            "age_days": [1.0] * n,
            "source": pa.array([str(at) for at in range(n)]),
        }
    )
    names = tuple(f"f{at}" for at in range(families))
    return PastLeads(facts=facts, families=names, contributions=amounts, drawn={})


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_are_those_of_brute_force_and_equals_come_in_order(seed: int) -> None:
    past = made_up(400, 4, seed=seed, grid=0.5)  # a coarse grid has many equals
    rng = np.random.default_rng(seed)
    here = {"f1": float(rng.normal()), "f3": 0.5, "gone": 0.7}  # f0 and f2 count as 0 here, gone counts as 0 there
    full = np.array([0.0, here["f1"], 0.0, 0.5])
    distances = [float(np.sqrt(((row - full) ** 2).sum() + 0.7**2)) for row in past.contributions]
    expected = sorted(range(400), key=lambda at: (round(distances[at], 12), at))[:6]
    found = past.nearest(here, k=6)
    assert [one.source for one in found] == [str(at) for at in expected]
    assert [one.distance for one in found] == pytest.approx([distances[at] for at in expected])


def test_alike_are_families_that_weigh_in_both_in_the_same_direction() -> None:
    past = replace(made_up(2, 5), contributions=np.array([[0.9, -0.5, 0.3, 0.1, 0.4], [9.0] * 5]))
    (nearest,) = past.nearest({"f0": 0.2, "f1": -0.6, "f2": -0.3, "f3": 0.8, "f4": 0.3}, k=1)
    assert nearest.alike == ("f1", "f4", "f0")  # by the smaller of the two; f2 goes the other way, f3 is slight
    assert (nearest.outcome, nearest.days) == ("won", 3.0)


def test_ten_thousand_leads_are_searched_within_three_milliseconds() -> None:
    past = made_up(MOST, 30)
    here = dict(zip(past.families, past.contributions[17].tolist(), strict=True))
    took = []
    for _ in range(30):
        start = time.perf_counter()
        assert past.nearest(here)[0].source == "17"
        took.append(time.perf_counter() - start)
    assert min(took) < 0.003  # the least disturbed by whatever else the machine does


def test_without_a_file_there_are_none_and_a_damaged_one_is_named(path: Path, tmp_path: Path) -> None:
    assert PastLeads.read(tmp_path / "none.parquet").nearest({"company": 1.0}) == ()
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(StoreError, match=r"damaged\.parquet: must have past leads"):
        PastLeads.read(damaged)
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), damaged)
    with pytest.raises(StoreError, match="must have past leads"):
        PastLeads.read(damaged)


def test_only_past_leads_of_the_same_model_are_kept(path: Path, tmp_path: Path) -> None:
    keep_past_leads(path, tmp_path / "other.parquet", version="another")
    keep_past_leads(path, tmp_path / "same.parquet", version="abc")
    assert [file.name for file in tmp_path.iterdir()] == ["same.parquet"]


def test_the_base_rate_keeps_none(
    tmp_path: Path, world: tuple[TrainingData, np.ndarray], base_rate: TrainResult, history: History
) -> None:
    assert base_rate.bundle.kind == "base_rate"
    write_past_leads(tmp_path / "p.parquet", world[0], base_rate.bundle, history, seed=1)
    assert PastLeads.read(tmp_path / "p.parquet").nearest({"company": 1.0}) == ()


def test_neighbours_are_won_as_often_as_the_lead_is_likely_to_be(path: Path, bundle: Bundle) -> None:
    """Over 2,000 leads of another world of the same kind, never seen: in tenths by probability."""
    others, truth = make_world(seed=11)
    rows = np.flatnonzero((others.meta["landmark"] == HANDOFF).to_numpy())
    scored = MatrixScorer(bundle).score(others.features[rows])
    past = PastLeads.read(path)
    share = np.array(
        [
            np.mean([one.outcome == "won" for one in past.nearest(dict(zip(scored.families, amounts, strict=True)))])
            for amounts in scored.contributions.tolist()
        ]
    )
    tenth = pd.qcut(scored.probability, 10, labels=False)
    by_tenth = pd.DataFrame({"tenth": tenth, "share": share, "probability": scored.probability, "truth": truth[rows]})
    means = by_tenth.groupby("tenth").mean()
    assert means["share"].corr(means["probability"]) > 0.9
    assert means["share"].corr(means["truth"]) > 0.9
    assert abs(share.mean() - scored.probability.mean()) < 0.03  # a sample richer in wins would say more
    assert np.corrcoef(share, scored.probability)[0, 1] > 0.3
