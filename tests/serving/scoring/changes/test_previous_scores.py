"""What was said before: the lead's newest earlier row, its frozen tier, what changed and why, held tiers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.score_table import SCORES
from leadq.foundation.problems import StoreError
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from tests.serving.scoring.table.score_table import write_scores

MakeBatch = Callable[..., pa.RecordBatch]
TIME = pa.timestamp("us", tz="UTC")
NIGHT = timedelta(days=1)


def night(run: ScoringRun, batch: pa.RecordBatch, path: Path) -> list[dict]:
    write_scores(score_batches([batch], run), path)
    return pq.read_table(path).to_pylist()


def next_night(run: ScoringRun, *files: Path, **changed: object) -> ScoringRun:
    previous = PreviousScores(files=files, as_of=run.as_of)
    return replace(
        run, as_of=run.as_of + NIGHT, scored_at=run.scored_at + NIGHT, run_id="run-2", previous=previous, **changed
    )


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_changes_by_family_sum_to_the_move_of_the_score(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    first = night(run, lead_batch(300), tmp_path / "1.parquet")
    assert {
        row["changed"] is None and row["trend"] is None and row["previous_probability"] is None for row in first
    } == {True}
    second = night(next_night(run, tmp_path / "1.parquet"), lead_batch(320, seed=2), tmp_path / "2.parquet")
    for old, new in zip(first, second, strict=False):
        moved = log_odds(new["probability"]) - log_odds(old["probability"])
        assert new["previous_probability"] == old["probability"]
        assert sum(part["lead"] for part in new["changed"]) == pytest.approx(moved, abs=1e-6)
        assert {part["model"] for part in new["changed"]} | {part["anchor"] for part in new["changed"]} <= {0.0}
        assert new["trend"] == ("up" if moved >= 0.15 else "down" if moved <= -0.15 else "flat")
    assert {new["trend"] for new in second[:300]} == {"up", "down", "flat"}
    assert {(new["changed"], new["trend"]) for new in second[300:]} == {(None, None)}


def test_the_same_lead_on_two_nights_has_not_changed(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    night(run, lead_batch(50), tmp_path / "1.parquet")
    second = night(next_night(run, tmp_path / "1.parquet"), lead_batch(50), tmp_path / "2.parquet")
    assert {row["trend"] for row in second} == {"flat"}
    assert [row["changed"] for row in second] == [[]] * 50


def test_a_new_model_an_anchor_and_the_lead_are_told_apart(
    run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path
) -> None:
    night(run, lead_batch(50), tmp_path / "1.parquet")
    calibrator = replace(run.bundle.calibrator, anchor=0.3)
    anchored = replace(run.bundle, calibrator=calibrator, version="cccccccccccc")
    later = next_night(run, tmp_path / "1.parquet", bundle=anchored)
    by_anchor = replace(later, previous=replace(later.previous, reanchored=frozenset({run.bundle.version})))
    for row in night(by_anchor, lead_batch(50), tmp_path / "2.parquet"):
        (change,) = row["changed"]
        assert change == {"family": "base", "lead": 0.0, "model": 0.0, "anchor": pytest.approx(0.3)}
        assert row["trend"] == "up"
    moved = night(by_anchor, lead_batch(50, seed=2), tmp_path / "3.parquet")[0]["changed"]
    assert {part["family"] for part in moved if part["lead"]}
    assert all(part["model"] == 0 for part in moved)
    for row in night(later, lead_batch(50, seed=2), tmp_path / "4.parquet"):
        assert {(part["lead"], part["anchor"]) for part in row["changed"]} == {(0.0, 0.0)}


def test_the_newest_row_of_a_lead_counts(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    night(run, lead_batch(100), tmp_path / "night.parquet")
    noon = next_night(run, tmp_path / "night.parquet")
    some = night(noon, lead_batch(100, seed=3).slice(40, 10), tmp_path / "noon.parquet")
    earlier = PreviousScores(files=(tmp_path / "noon.parquet", tmp_path / "night.parquet"), as_of=run.as_of)
    rows = earlier.rows(pa.array(["L000045", "nobody", "L000003"])).to_pylist()
    assert rows[0]["probability"] == some[5]["probability"]
    assert rows[0]["as_of"] == noon.as_of
    assert rows[1] == dict.fromkeys(rows[1])
    assert rows[2]["as_of"] == run.as_of


def test_a_missing_earlier_table_is_said(run: ScoringRun, tmp_path: Path) -> None:
    earlier = PreviousScores(files=(tmp_path / "gone.parquet",), as_of=run.as_of)
    with pytest.raises(StoreError, match=r"gone\.parquet"):
        earlier.rows(pa.array(["L000001"]))


def test_the_tier_at_handoff_is_what_sales_saw_and_stays(
    run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path
) -> None:
    before, after = run.as_of - NIGHT, run.as_of + NIGHT / 2
    handed = pa.array([before, None, None, None, None, None], TIME)
    first = night(run, lead_batch(6, handed_off_at=handed), tmp_path / "1.parquet")
    assert {row["tier_at_handoff"] for row in first} == {None}, "imported history has none"
    handed = pa.array([before, after, None, None, None, None, after, None], TIME)  # 6 came in since, handed off at once
    second_run = next_night(run, tmp_path / "1.parquet")
    second = night(second_run, lead_batch(8, seed=5, handed_off_at=handed), tmp_path / "2.parquet")
    assert [row["tier_at_handoff"] for row in second] == [
        None, first[1]["tier"], None, None, None, None, second[6]["tier"], None,
    ]  # fmt: skip
    third_run = next_night(second_run, tmp_path / "2.parquet")
    reason = pa.array([None, "too old", *[None] * 6])
    third = night(third_run, lead_batch(8, seed=9, handed_off_at=handed, status_reason=reason), tmp_path / "3.parquet")
    assert [row["tier_at_handoff"] for row in third] == [row["tier_at_handoff"] for row in second]


@pytest.fixture
def held(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> tuple[pa.RecordBatch, np.ndarray]:
    """Leads, and which of them were in T1 in ``1.parquet`` and are a little below its cut since."""
    batch = lead_batch(400)
    (scores,) = score_batches([batch], run)
    old = scores.column("probability").to_numpy() * 1.05
    rows = np.flatnonzero((old >= 0.3) & (scores.column("probability").to_numpy() < 0.3))
    assert len(rows)
    earlier = scores.set_column(SCORES.get_field_index("probability"), "probability", pa.array(old))
    tiers = np.where(old >= 0.3, "T1", np.where(old >= 0.1, "T2", "T3"))
    earlier = earlier.set_column(SCORES.get_field_index("model_tier"), "model_tier", pa.array(tiers))
    pq.write_table(pa.Table.from_batches([earlier]), tmp_path / "1.parquet")
    return batch, rows


def test_a_tier_is_held_against_a_small_crossing_but_not_across_models(
    run: ScoringRun, held: tuple[pa.RecordBatch, np.ndarray], tmp_path: Path
) -> None:
    batch, rows = held
    later = next_night(run, tmp_path / "1.parquet")
    kept = night(later, batch, tmp_path / "2.parquet")
    assert {kept[row]["tier"] for row in rows} == {"T1"}
    other = night(replace(later, bundle=replace(run.bundle, version="dddddddddddd")), batch, tmp_path / "3.parquet")
    assert {other[row]["tier"] for row in rows} == {"T2"}


def test_a_night_scored_twice_is_one_night_and_the_next_one_another(
    run: ScoringRun, held: tuple[pa.RecordBatch, np.ndarray], tmp_path: Path
) -> None:
    batch, rows = held
    later = next_night(run, tmp_path / "1.parquet")
    night(later, batch, tmp_path / "2.parquet")
    both = PreviousScores(files=(tmp_path / "2.parquet", tmp_path / "1.parquet"), as_of=later.as_of)
    again = replace(later, as_of=later.as_of + timedelta(hours=2), run_id="run-3", previous=both)
    kept = night(again, batch, tmp_path / "3.parquet")
    assert {kept[row]["tier"] for row in rows} == {"T1"}
    tomorrow = replace(later, as_of=later.as_of + NIGHT, run_id="run-4", previous=both)
    fallen = night(tomorrow, batch, tmp_path / "4.parquet")
    assert {fallen[row]["tier"] for row in rows} == {"T2"}
