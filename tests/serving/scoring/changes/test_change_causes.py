"""What changed, split into lead, model and anchor: exact, whoever scored before and whatever is known of last time's facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.crm.contract.score_table import SCORES
from leadq.foundation.problems import StoreError
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.contributions import make_reference
from leadq.serving.scoring.changes.change_causes import Versions, changes, log_odds
from leadq.serving.scoring.changes.previous_facts import PreviousFacts
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.model_input import encoded_features
from leadq.serving.scoring.score_batches import ScoringRun, score_batches, score_coded
from leadq.serving.scoring.scoring_run import ScoringKit
from leadq.serving.scoring.spark.run_as_text import as_text, run_of
from leadq.serving.scoring.table.dictionary_columns import plain
from leadq.serving.scoring.table.night_parts import regrouped, score_parts, told_by
from leadq.serving.scoring.table.score_table_file import finish_scores
from leadq.serving.words.score_change import BASE_FAMILY
from tests.serving.scoring.table.score_table import write_scores

MakeBatch = Callable[..., pa.RecordBatch]
NIGHT = timedelta(days=1)
FAMILIES = ("company", "source", "timing")


@given(seed=st.integers(0, 2**32 - 1), known=st.booleans())
def test_the_parts_sum_to_the_move_of_the_score_under_all_causes_at_once(seed: int, known: bool) -> None:
    draw = np.random.default_rng(seed)
    n, tonight, base = 12, ("company", "source", "engagement"), draw.normal()
    before, bases, now = draw.normal(size=(n, 3)), draw.normal(size=n), draw.normal(size=(n, 3))
    odds = bases + before.sum(axis=1)
    probability = [None if lead % 6 == 5 else 1 / (1 + math.exp(-odds[lead])) for lead in range(n)]
    version = np.array(["same", "same", "anchored", "other", "other", "other"] * (n // 6))
    rows = [
        {
            "contributions": [
                dict(zip(("family", "contribution"), pair, strict=True)) for pair in zip(FAMILIES, row, strict=True)
            ],
            "base": bases[lead],
            "probability": probability[lead],
            "model_version": version[lead],
        }
        for lead, row in enumerate(before)
    ]
    previous = pa.Table.from_pylist(rows, pa.schema([SCORES.field(name) for name in rows[0]]))
    versions = Versions.of(previous, "same", frozenset({"anchored"}))
    then = np.full((n, 3), np.nan)
    if known:
        then[3::6] = draw.normal(size=(n // 6, 3))
    lists = changes(tonight, now, base, previous=previous, versions=versions, then=then).to_pylist()
    for lead, parts in enumerate(lists):
        if probability[lead] is None:
            assert parts is None
            continue
        total = math.fsum(part[cause] for part in parts for cause in ("lead", "model", "anchor"))
        assert total == pytest.approx(base + now[lead].sum() - odds[lead], abs=1e-9)
        moved = {cause: {part["family"] for part in parts if part[cause]} for cause in ("lead", "model", "anchor")}
        expected = {"same": ("lead",), "anchored": ("lead", "anchor"), "other": ("model",)}[version[lead]]
        if known and lead % 6 == 3:
            expected = ("lead", "model")
            own = {part["family"]: part["lead"] for part in parts}
            assert [own[family] for family in tonight] == pytest.approx(now[lead] - then[lead], abs=1e-12)
        assert {cause for cause in moved if moved[cause]} == set(expected)
        assert moved["anchor"] <= {BASE_FAMILY}
        assert BASE_FAMILY not in moved["lead"] or version[lead] == "same"
        sizes = [max(abs(part[cause]) for cause in ("lead", "model", "anchor")) for part in parts]
        assert sizes == sorted(sizes, reverse=True)


@pytest.fixture(scope="module")
def other_model(bundle: Bundle, lead_batch: MakeBatch) -> Bundle:
    """Another model: other trees, another base, and vocabularies in another order with a value fewer."""
    features = tuple(
        replace(one, vocabulary=tuple(reversed(one.vocabulary[1:]))) if one.kind == "category" else one
        for one in bundle.catalogue.features
    )
    catalogue = replace(bundle.catalogue, features=features)
    encoded = encoded_features(recoded(lead_batch(3000, seed=21), catalogue), catalogue)
    label = (np.random.default_rng(3).random(3000) < 1 / (1 + np.exp(2 - np.nan_to_num(encoded[:, 3]) * 1.5))).astype(
        float
    )
    settings = {
        "objective": "binary",
        "num_leaves": 5,
        "verbose": -1,
        "num_threads": 1,
        "seed": 1,
        "deterministic": True,
    }
    booster = lightgbm.train(settings, lightgbm.Dataset(encoded, label, categorical_feature=[0, 2, 7]), 30)
    calibrator = Calibrator(slope=1.1, intercept=0.2)
    return replace(
        bundle,
        catalogue=catalogue,
        booster_text=booster.model_to_string(),
        calibrator=calibrator,
        reference=make_reference(booster, encoded, calibrator, "other leads", threads=1),
        version="eeeeeeeeeeee",
    )


def recoded(batch: pa.RecordBatch, catalogue) -> pa.RecordBatch:
    """The batch with its categories encoded as another catalogue does, written out slowly."""
    for feature in catalogue.features:
        if feature.kind == "category":
            codes = {word: float(code) for code, word in enumerate(feature.vocabulary)}
            texts = batch.column(feature.name).to_pylist()
            column = pa.array(
                [None if one is None else codes.get(one, float(len(codes))) for one in texts], pa.float64()
            )
            place = batch.schema.get_field_index(f"code:{feature.name}")
            batch = batch.set_column(place, f"code:{feature.name}", column)
    return batch


@pytest.fixture
def promoted(run: ScoringRun, lead_batch: MakeBatch, other_model: Bundle, tmp_path: Path) -> ScoringRun:
    """The night after a promotion: 300 leads of the night before, whose facts lie in two snapshots."""
    then = lead_batch(300)
    write_scores(score_batches([then], run), tmp_path / "scores.parquet")
    pq.write_table(pa.Table.from_batches([then.slice(0, 200)]), tmp_path / "newest.parquet", row_group_size=64)
    old = lead_batch(300, seed=9)  # the snapshot before: what it says of the first 200 counts no more
    merged = pa.concat_tables([pa.Table.from_batches([one]) for one in (old.slice(0, 200), then.slice(200))])
    pq.write_table(merged, tmp_path / "before.parquet")
    files = (tmp_path / "newest.parquet", tmp_path / "before.parquet")
    return replace(
        run,
        bundle=other_model,
        as_of=run.as_of + NIGHT,
        run_id="run-2",
        snapshot_id="snap-2",
        previous=PreviousScores(files=(tmp_path / "scores.parquet",), as_of=run.as_of),
        previous_facts=PreviousFacts(files={"snap-1": files}),
    )


def test_lead_and_model_are_told_apart_exactly(
    run: ScoringRun, promoted: ScoringRun, lead_batch: MakeBatch, tmp_path: Path
) -> None:
    first = pq.read_table(tmp_path / "scores.parquet").to_pylist()
    now, then = (
        recoded(lead_batch(320, seed=2), promoted.bundle.catalogue),
        recoded(lead_batch(300), promoted.bundle.catalogue),
    )
    scorer = MatrixScorer(promoted.bundle)
    facts_then = scorer.score(encoded_features(then, promoted.bundle.catalogue))
    scored = score_coded(now, ScoringKit.of(promoted))
    assert scored.unsplit == 0
    rows = plain(scored.rows).to_pylist()
    assert {row["changed"] for row in rows[300:]} == {None}
    for lead, (old, new) in enumerate(zip(first, rows, strict=False)):
        parts = new["changed"]
        moved = log_odds(np.array(new["probability"])) - log_odds(np.array(old["probability"]))
        assert math.fsum(part[cause] for part in parts for cause in ("lead", "model", "anchor")) == pytest.approx(
            moved, abs=1e-9
        )
        own = {part["family"]: part["lead"] for part in parts}
        contributions = {part["family"]: part["contribution"] for part in new["contributions"]}
        for family, contribution in zip(facts_then.families, facts_then.contributions[lead], strict=True):
            assert own.get(family, 0.0) == pytest.approx(contributions[family] - contribution, abs=1e-10)
        (base,) = (part for part in parts if part["family"] == BASE_FAMILY)
        assert base == {
            "family": BASE_FAMILY,
            "lead": 0.0,
            "model": pytest.approx(new["base"] - old["base"]),
            "anchor": 0.0,
        }
    assert {bool(part["lead"]) for row in rows[:300] for part in row["changed"]} == {True, False}


def test_a_lead_that_did_not_change_owes_its_move_to_the_model(promoted: ScoringRun, lead_batch: MakeBatch) -> None:
    (batch,) = score_batches([recoded(lead_batch(300), promoted.bundle.catalogue)], promoted)
    for row in batch.to_pylist():
        assert {part["lead"] for part in row["changed"]} == {0.0}
        assert any(part["model"] for part in row["changed"])


def test_where_the_facts_are_not_known_the_whole_is_the_models_and_counted(
    promoted: ScoringRun, lead_batch: MakeBatch, tmp_path: Path
) -> None:
    lacking = pq.read_table(tmp_path / "newest.parquet")
    pq.write_table(lacking.drop_columns(["own_lead_plan"]), tmp_path / "lacking.parquet")
    typed = lacking.set_column(
        lacking.schema.get_field_index("engagement_count_30d"), "engagement_count_30d", [["a"] * 200]
    )
    pq.write_table(typed, tmp_path / "typed.parquet")
    batch = recoded(lead_batch(300, seed=2), promoted.bundle.catalogue)
    for name in ("lacking", "typed"):
        files = (tmp_path / f"{name}.parquet", tmp_path / "before.parquet")
        scored = score_coded(
            batch, ScoringKit.of(replace(promoted, previous_facts=PreviousFacts(files={"snap-1": files})))
        )
        assert scored.unsplit == 200, "no older snapshot stands in for the one that lacks a column"
        rows = plain(scored.rows).to_pylist()
        assert {part["lead"] for row in rows[:200] for part in row["changed"]} == {0.0}
        assert any(part["lead"] for row in rows[200:] for part in row["changed"])
    nothing = score_coded(batch, ScoringKit.of(replace(promoted, previous_facts=None)))
    assert nothing.unsplit == 300


def test_the_base_rate_needs_no_facts(promoted: ScoringRun, base_rate_bundle: Bundle, lead_batch: MakeBatch) -> None:
    scored = score_coded(
        lead_batch(300, seed=2), ScoringKit.of(replace(promoted, bundle=base_rate_bundle, previous_facts=None))
    )
    assert scored.unsplit == 0
    assert {part["lead"] for row in plain(scored.rows).to_pylist() for part in row["changed"]} == {0.0}


def test_a_missing_snapshot_is_said(promoted: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    gone = replace(promoted, previous_facts=PreviousFacts(files={"snap-1": (tmp_path / "gone.parquet",)}))
    with pytest.raises(StoreError, match=r"gone\.parquet: must be a complete snapshot"):
        list(score_batches([recoded(lead_batch(10), promoted.bundle.catalogue)], gone))


def test_parts_count_what_was_not_split_and_a_shipped_run_says_the_same(
    promoted: ScoringRun, lead_batch: MakeBatch, tmp_path: Path
) -> None:
    batch = recoded(lead_batch(300, seed=2), promoted.bundle.catalogue)
    shippable = replace(promoted.bundle, out_of_time=pd.DataFrame({"lead_id": ["a"]}))
    facts = PreviousFacts(files={"snap-1": (tmp_path / "newest.parquet",)})
    shipped = run_of(as_text(replace(promoted, bundle=shippable, previous_facts=facts)))
    assert shipped.previous_facts == facts
    here = replace(promoted, bundle=shipped.bundle, previous_facts=facts)  # a bundle's version is the hash of its files
    tables = []
    for name, scoring in (("here", here), ("there", shipped)):
        parts = score_parts(regrouped([batch], 70), scoring, tmp_path / name)
        assert told_by(parts)[2] == 100
        finish_scores(parts, tmp_path / f"{name}.parquet")
        tables.append((tmp_path / f"{name}.parquet").read_bytes())
    assert tables[0] == tables[1]
