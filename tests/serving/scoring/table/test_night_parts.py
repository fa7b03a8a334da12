"""A night in parts: the same whatever the threads and the interruptions, nothing lost and nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.foundation.problems import StoreError
from leadq.serving.scoring.reasons.reason_choice import HeldBack
from leadq.serving.scoring.score_batches import ScoringKit, ScoringRun, score_batches, score_coded
from leadq.serving.scoring.table import night_parts as parts
from leadq.serving.scoring.table.dictionary_columns import CODED, plain
from leadq.serving.scoring.table.night_parts import keep_part, read_part, regrouped, score_parts, told_by
from leadq.serving.scoring.table.score_table_file import finish_scores

MakeBatch = Callable[..., pa.RecordBatch]


@pytest.fixture
def leads(lead_batch: MakeBatch) -> list[pa.RecordBatch]:
    reason = pa.array(["too old" if row % 7 == 3 else None for row in range(1_000)])
    return list(regrouped([lead_batch(1_000, status_reason=reason)], 90))


def finished(batches: list[pa.RecordBatch], run: ScoringRun, folder: Path) -> bytes:
    finish_scores(score_parts(batches, run, folder / "parts"), folder / "scores.parquet")
    return (folder / "scores.parquet").read_bytes()


def test_the_same_bytes_on_any_number_of_threads(run: ScoringRun, leads: list[pa.RecordBatch], tmp_path: Path) -> None:
    one, three = tmp_path / "one", tmp_path / "three"
    assert finished(leads, run, one) == finished(leads, replace(run, threads=3), three)
    rows = pq.read_table(one / "scores.parquet")
    assert rows["lead_id"].to_pylist() == [lead for batch in leads for lead in batch.column("lead_id").to_pylist()]


def test_parts_hold_what_plain_batches_hold(run: ScoringRun, leads: list[pa.RecordBatch], tmp_path: Path) -> None:
    paths = score_parts(leads, run, tmp_path)
    again = replace(run, held_back=HeldBack())
    for path, batch in zip(paths, score_batches(leads, again), strict=True):
        assert plain(read_part(path)).equals(batch)
    assert told_by(paths) == (again.held_back, 0, 0)
    assert sum(again.held_back.values()) > 0, "nothing was held back; the test shows nothing"


def test_parts_that_are_there_are_taken_and_damaged_ones_made_again(
    run: ScoringRun, leads: list[pa.RecordBatch], tmp_path: Path
) -> None:
    whole = finished(leads, run, tmp_path)
    kept, damaged, gone = sorted((tmp_path / "parts").iterdir())[3:6]
    before = kept.stat().st_mtime_ns
    damaged.write_bytes(damaged.read_bytes()[:-300])
    gone.unlink()
    assert finished(leads, run, tmp_path) == whole
    assert kept.stat().st_mtime_ns == before


def test_an_interruption_keeps_the_parts_made_so_far(
    run: ScoringRun, leads: list[pa.RecordBatch], tmp_path: Path
) -> None:
    def interrupted() -> Iterator[pa.RecordBatch]:
        yield from leads[:6]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_parts(interrupted(), run, tmp_path / "parts")
    assert len(list((tmp_path / "parts").glob("*.arrow"))) >= 4
    assert finished(leads, run, tmp_path) == finished(leads, run, tmp_path / "undisturbed")


def test_sentences_do_not_depend_on_what_was_scored_before(run: ScoringRun, leads: list[pa.RecordBatch]) -> None:
    used, fresh = ScoringKit.of(run), ScoringKit.of(run)
    for batch in leads[:5]:
        score_coded(batch, used)
    assert score_coded(leads[7], used).rows.equals(score_coded(leads[7], fresh).rows)


def test_a_full_disk_is_said(
    run: ScoringRun, leads: list[pa.RecordBatch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.pa, "OSFile", full)
    with pytest.raises(StoreError, match="No space left on device"):
        score_parts(leads, run, tmp_path)


@pytest.mark.parametrize("sizes", [[10], [1, 2, 3, 4], [0, 7, 0, 3], [5, 5], []])
def test_regrouping_keeps_every_row_in_order(sizes: list[int]) -> None:
    rows = np.arange(sum(sizes))
    ends = np.cumsum([0, *sizes])
    batches = [pa.record_batch({"row": rows[start:end]}) for start, end in pairwise(ends)]
    cut = list(regrouped(batches, 4))
    assert [row for batch in cut for row in batch.column("row").to_pylist()] == rows.tolist()
    assert all(batch.num_rows == 4 for batch in cut[:-1])
    assert all(batch.num_rows > 0 for batch in cut)


def test_a_part_that_an_earlier_version_left_is_counted(tmp_path: Path) -> None:
    said = {b"held_back": b'[["source", "source_name", "for", 3]]', b"taken": b"2"}
    with pa.OSFile(str(tmp_path / "0.arrow"), "wb") as sink, pa.ipc.new_file(sink, CODED.with_metadata(said)):
        pass
    assert told_by([tmp_path / "0.arrow"]) == ({("source", "source_name", "for"): 3}, 2, 0)


def test_an_empty_part_is_a_part(tmp_path: Path) -> None:
    keep_part(pa.RecordBatch.from_pylist([], schema=CODED), tmp_path / "0.arrow")
    assert read_part(tmp_path / "0.arrow").num_rows == 0
