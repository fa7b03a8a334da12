"""The score table on disk: whole or not at all, the same bytes, ranked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.score_table import SCORES
from leadq.foundation.problems import StoreError
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.scoring.table import night_parts as parts
from leadq.serving.scoring.table import score_table_file as write
from leadq.serving.scoring.table.score_table_file import sorted_probabilities
from tests.serving.scoring.table.score_table import write_scores

MakeBatch = Callable[..., pa.RecordBatch]


def test_the_same_scores_give_the_same_bytes_however_batched(
    run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_ROWS", 400)
    batch = lead_batch(1000)
    pieces = [batch.slice(start, 333) for start in range(0, 1000, 333)]
    whole = write_scores(score_batches([batch], run), tmp_path / "a.parquet")
    streamed = write_scores(score_batches(pieces, run), tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert whole["sha256"] == streamed["sha256"] == hashlib.sha256((tmp_path / "a.parquet").read_bytes()).hexdigest()
    assert whole["counts"] == streamed["counts"]
    assert whole["probability_sum"] == pytest.approx(streamed["probability_sum"], abs=1e-5)
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 3
    assert pq.read_table(tmp_path / "a.parquet").schema == SCORES


def test_the_manifest_counts_every_row(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    reason = pa.array([None] * 90 + ["no date"] * 4 + ["too old"] * 6)
    written = write_scores(score_batches([lead_batch(100, status_reason=reason)], run), tmp_path / "scores.parquet")
    rows = pq.read_table(tmp_path / "scores.parquet").to_pylist()
    assert written["rows"] == 100
    assert written["counts"]["status"] == {"not_scored": 10, "scored": 90}
    assert written["counts"]["status_reason"] == {"no date": 4, "too old": 6}
    assert sum(written["counts"]["tier"].values()) == 90
    assert written["probability_sum"] == pytest.approx(sum(row["probability"] or 0 for row in rows))
    assert written["bytes"] == (tmp_path / "scores.parquet").stat().st_size


def test_percentile_is_sql_percent_rank(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    reason = pa.array([None] * 490 + ["too old"] * 10)
    path = tmp_path / "scores.parquet"
    write_scores(score_batches([lead_batch(500, status_reason=reason)], run), path)
    query = """select percentile, case when probability is not null then
        percent_rank() over (partition by probability is null order by probability) end from read_parquet(?)"""
    with duckdb.connect() as connection:
        rows = connection.execute(query, [str(path)]).fetchall()
    assert len(rows) == 500
    for ours, sql in rows:
        assert ours == (None if sql is None else pytest.approx(sql))


def test_a_few_leads_rank_among_the_whole_table(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    batch = lead_batch(200)
    write_scores(score_batches([batch], run), tmp_path / "night.parquet")
    ranks = sorted_probabilities(tmp_path / "night.parquet")
    write_scores(score_batches([batch.slice(17, 1)], run), tmp_path / "lead.parquet", ranks_of=ranks)
    alone = pq.read_table(tmp_path / "lead.parquet")["percentile"].to_pylist()
    assert alone == pq.read_table(tmp_path / "night.parquet")["percentile"].to_pylist()[17:18]
    write_scores(score_batches([batch.slice(17, 1)], run), tmp_path / "first.parquet")
    assert pq.read_table(tmp_path / "first.parquet")["percentile"].to_pylist() == [None], "one lead has no order"


def test_a_killed_run_leaves_last_nights_table(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    write_scores(score_batches([lead_batch(50)], run), path)
    before = path.read_bytes()

    def interrupted() -> Iterator[pa.RecordBatch]:
        yield from score_batches([lead_batch(20)], run)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_scores(interrupted(), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_full_disk_is_said_and_nothing_is_left(
    run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full)
    with pytest.raises(StoreError, match="No space left on device"):
        write_scores(score_batches([lead_batch(20)], run), tmp_path / "scores.parquet")
    assert not list(tmp_path.iterdir())


def test_no_leads_give_an_empty_table(run: ScoringRun, tmp_path: Path) -> None:
    written = write_scores(score_batches([], run), tmp_path / "scores.parquet")
    assert written["rows"] == 0
    assert pq.read_table(tmp_path / "scores.parquet").schema == SCORES


def test_percentiles_of_equal_scores_are_no_order() -> None:
    same = np.full(4, 0.2)
    assert np.isnan(write.percentiles(same, same)).all()
