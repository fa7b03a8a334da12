"""Only changed leads are scored anew, and the table is the one that scoring all of them gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.changes.score_reuse import PreviousStates, StateMaker
from leadq.serving.scoring.scoring_run import ScoringRun
from leadq.serving.scoring.table.night_parts import regrouped, score_parts, told_by
from leadq.serving.scoring.table.score_table_file import finish_scores, write_states

MakeBatch = Callable[..., pa.RecordBatch]


def night(batch: pa.RecordBatch, run: ScoringRun, folder: Path) -> tuple[bytes, int]:
    """Score a night; return its table and how many leads were taken again."""
    parts = score_parts(regrouped([batch], 130), run, folder / "parts")
    finish_scores(parts, folder / "scores.parquet")
    if run.keep_states:
        write_states(parts, folder / "states.parquet")
    return (folder / "scores.parquet").read_bytes(), told_by(parts)[1]


def changed(batch: pa.RecordBatch, name: str, rows: slice, add: float) -> pa.RecordBatch:
    values = batch.column(name).to_numpy(zero_copy_only=False).copy()
    values[rows] += add
    return batch.set_column(batch.schema.get_field_index(name), name, pa.array(values, from_pandas=True))


@pytest.fixture
def first(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> tuple[pa.RecordBatch, Path]:
    reason = pa.array(["too old" if row % 11 == 3 else None for row in range(600)])
    batch = lead_batch(600, status_reason=reason)
    night(batch, replace(run, keep_states=True), tmp_path / "first")
    return batch, tmp_path / "first"


def second_night(run: ScoringRun, first: Path) -> ScoringRun:
    tomorrow = run.as_of + timedelta(days=1)
    previous = PreviousScores(files=(first / "scores.parquet",), as_of=run.as_of)
    return replace(run, as_of=tomorrow, scored_at=tomorrow, run_id="second", previous=previous)


def test_the_table_is_that_of_scoring_every_lead(
    run: ScoringRun, first: tuple[pa.RecordBatch, Path], tmp_path: Path
) -> None:
    batch, folder = first
    batch = changed(batch, "timing_age_days", slice(None), 1.0)  # everybody is a day older
    batch = changed(batch, "company_employees", slice(100, 260), 700.0)
    whole, none = night(batch, second_night(run, folder), tmp_path / "whole")
    sparing = replace(
        second_night(run, folder), keep_states=True, previous_states=PreviousStates(file=folder / "states.parquet")
    )
    part, taken = night(batch, sparing, tmp_path / "sparing")
    assert none == 0
    assert 100 < taken < 500
    assert part == whole
    again, all_taken = night(batch, replace(sparing, previous_states=None), tmp_path / "again")
    assert (again, all_taken) == (whole, 0)
    states = [pq.read_table(tmp_path / name / "states.parquet") for name in ("sparing", "again")]
    assert states[0].equals(states[1])


def test_words_follow_the_value_though_the_model_does_not_tell_it_apart(
    run: ScoringRun, first: tuple[pa.RecordBatch, Path], tmp_path: Path
) -> None:
    batch, folder = first
    batch = changed(batch, "company_employees", slice(None), 1e-3)
    batch = changed(batch, "engagement_count_30d", slice(None), 0.0)
    sparing = replace(
        second_night(run, folder), keep_states=True, previous_states=PreviousStates(file=folder / "states.parquet")
    )
    part, taken = night(batch, sparing, tmp_path / "sparing")
    assert taken > 300
    assert part == night(batch, second_night(run, folder), tmp_path / "whole")[0]


@pytest.mark.parametrize("what", ["bundle", "agreement", "a run since", "a new lead"])
def test_nothing_is_taken_from_another_model_agreement_or_look(
    run: ScoringRun, first: tuple[pa.RecordBatch, Path], tmp_path: Path, what: str
) -> None:
    batch, folder = first
    sparing = replace(
        second_night(run, folder), keep_states=True, previous_states=PreviousStates(file=folder / "states.parquet")
    )
    if what == "bundle":
        sparing = replace(sparing, bundle=replace(run.bundle, version="abcdef012345"))
    elif what == "agreement":
        sparing = replace(sparing, agreement=replace(run.agreement, version=5))
    elif what == "a run since":
        between = replace(run, as_of=run.as_of + timedelta(hours=3), run_id="between")
        night(batch, between, tmp_path / "between")
        files = (tmp_path / "between" / "scores.parquet", folder / "scores.parquet")
        sparing = replace(sparing, previous=PreviousScores(files=files, as_of=run.as_of))
    else:
        ids = pa.array([f"new-{row:04d}" for row in range(batch.num_rows)])
        batch = batch.set_column(batch.schema.get_field_index("lead_id"), "lead_id", ids)
    assert night(batch, sparing, tmp_path / "sparing")[1] == 0


def test_a_state_tells_every_threshold_and_evidence_bin_apart(run: ScoringRun, lead_batch: MakeBatch) -> None:
    states = StateMaker(run.bundle)
    names = run.bundle.catalogue.names
    row = np.zeros((1, len(names)))
    seen = set()
    bins = run.bundle.evidence.bins["company_employees"]
    edges = sorted(one.high for one in bins if one.high is not None)
    for edge in edges:
        for value in (edge, np.nextafter(edge, np.inf)):
            row[0, names.index("company_employees")] = value
            seen.add(int(states.states(row)[0]))
    assert len(seen) >= len(edges) + 1
    row[0, names.index("company_employees")] = np.nan
    assert int(states.states(row)[0]) not in seen
