"""The night's tiers as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from leadq.models.bundle.bundle import Bundle
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.scoring.table.tier_summary import summary_text, tier_rows
from tests.serving.scoring.table.score_table import write_scores

MakeBatch = Callable[..., pa.RecordBatch]


def test_the_summary_shows_every_row_once(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    reason = pa.array([None] * 95 + ["no date"] * 5)
    hits = {"rule:competitor": pa.array([number < 7 for number in range(100)])}
    written = write_scores(
        score_batches([lead_batch(100, status_reason=reason, **hits)], run), tmp_path / "scores.parquet"
    )
    rows = tier_rows(written, run.agreement)
    assert sum(row.leads for row in rows) == 100
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert [row.tier for row in rows] == ["T1", "T2", "T3", "disqualified", "not scored"]
    assert sum(row.expected_wins or 0 for row in rows) == pytest.approx(written["probability_sum"], abs=1e-4)
    text = summary_text(rows)
    assert ">= 30 %" in text
    assert len(text.splitlines()) == 7


def test_the_summary_of_the_base_rate_has_no_tiers(
    run: ScoringRun, base_rate_bundle: Bundle, lead_batch: MakeBatch, tmp_path: Path
) -> None:
    base_rate = replace(run, bundle=base_rate_bundle)
    written = write_scores(score_batches([lead_batch(40)], base_rate), tmp_path / "scores.parquet")
    rows = {row.tier: row for row in tier_rows(written, run.agreement)}
    assert rows["no tier"].leads == 40
    assert rows["no tier"].mean_probability == pytest.approx(0.119, abs=0.001)
