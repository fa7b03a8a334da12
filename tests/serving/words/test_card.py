"""A row in words and as data; the table of parts adds up as printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.models.bundle.bundle import Bundle
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.words.card import Card, Standing, card_of
from leadq.serving.words.card_document import card_document
from leadq.serving.words.card_text import SHORT_AT_MOST, card_text, short_text
from leadq.serving.words.percentage_points import in_points, probability_of, rounded_to_sum
from tests.serving.scoring.table.score_table import write_scores

MakeBatch = Callable[..., pa.RecordBatch]


def card(row: dict, run: ScoringRun) -> Card:
    return card_of(row, run.agreement, Standing.of(run.bundle), run.sentences)


def text_of(row: dict, run: ScoringRun) -> str:
    return card_text(card(row, run))


def document_of(row: dict, run: ScoringRun) -> dict:
    return card_document(row, card(row, run), run.agreement, run.bundle)


def rows_of(run: ScoringRun, batch: pa.RecordBatch) -> list[dict]:
    return next(score_batches([batch], run)).to_pylist()


def test_the_printed_parts_add_up_to_the_printed_probability(run: ScoringRun, lead_batch: MakeBatch) -> None:
    for row in rows_of(run, lead_batch(200)):
        text = text_of(row, run)
        table = text.split("How the figure adds up")[1].split("Facts that are not listed")[0]
        figures = [float(figure) for figure in re.findall(r"([+-]?\d+\.\d)$", table, flags=re.MULTILINE)]
        assert round(sum(figures[:-1]), 1) == figures[-1] == round(row["probability"] * 100, 1)
        assert "log-odds" not in text
        assert not [name for name in run.bundle.catalogue.names if "_" in name and name in text]


def test_everything_a_rep_needs_is_said(run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path) -> None:
    write_scores(score_batches([lead_batch(300)], run), tmp_path / "1.parquet")
    previous = PreviousScores(files=(tmp_path / "1.parquet",), as_of=run.as_of)
    later = replace(run, as_of=run.as_of + timedelta(days=1), previous=previous)
    hits = pa.array([True] * 300)
    rows = rows_of(later, lead_batch(300, seed=2, **{"rule:hand_raiser": hits}))
    row = next(
        row for row in rows if row["tier_by"] == "hand_raiser" and row["trend"] == "down" and row["reasons_against"]
    )
    text = text_of(row, run)
    assert f"Lead {row['lead_id']}, as of 2026-10-02 02:00 UTC" in text
    assert re.search(
        r"About 1 in \d+ leads like this are won within 90 days \(.* %; overall 18\.\d % are won\)\.", text
    )
    assert (
        "Tier T2 (High intent; promise: at least 10 % are won), by the agreed rule 'hand raiser'; the model alone says T3."
        in text
    )
    assert row["reasons_against"][0]["sentence"] in text
    assert "Since the last score:" in text
    assert "the lead itself -" in text
    assert "also count" in text
    assert "Model aaaaaaaaaaaa, agreement version 4, run run-1" in text
    first_tier = next(row for row in rows if row["tier"] == "T1")
    assert "Agreed next step: Call today (sales)." in text_of(first_tier, run)


def test_not_scored_and_the_base_rate_are_said_plainly(
    run: ScoringRun, base_rate_bundle: Bundle, lead_batch: MakeBatch
) -> None:
    (row,) = rows_of(run, lead_batch(1, status_reason=pa.array(["no date"])))
    assert "Not scored: it has no usable creation date" in text_of(row, run)
    assert "promise" not in document_of(row, run)
    (row,) = rows_of(replace(run, bundle=base_rate_bundle), lead_batch(1))
    text = text_of(row, replace(run, bundle=base_rate_bundle))
    assert "no model has done better yet" in text
    assert "Tier" not in text


def test_the_document_is_json_and_sums(run: ScoringRun, lead_batch: MakeBatch) -> None:
    row = rows_of(run, lead_batch(3))[0]
    document = json.loads(json.dumps(document_of(row, run)))
    total = document["base_probability"] * 100 + sum(document["points"].values())
    assert total == pytest.approx(document["probability"] * 100)
    assert document["lead_id"] == "L000000"
    assert document["chance"].startswith(("about", "fewer", "more"))


@given(st.floats(-4, 4), st.lists(st.floats(-2, 2), min_size=1, max_size=20))
def test_points_sum_to_the_move_from_the_typical_lead(base: float, contributions: list[float]) -> None:
    probability = probability_of(base + sum(contributions))
    points = in_points(probability, base, contributions)
    total = 100 * (probability - probability_of(base))
    assert sum(points) == pytest.approx(total, abs=1e-6)
    shown = rounded_to_sum(points, round(total, 1))
    assert sum(shown) == pytest.approx(round(total, 1))
    assert all(abs(one - point) <= 0.15 for one, point in zip(shown, points, strict=True))


def test_the_short_text_fits_a_field_and_says_the_most_telling_first(run: ScoringRun, lead_batch: MakeBatch) -> None:
    rows = rows_of(run, lead_batch(300, status_reason=pa.array([None] * 299 + ["too old"])))
    for row in rows[:-1]:
        text = short_text(card(row, run))
        assert len(text) <= SHORT_AT_MOST
        assert text.startswith(f"Tier {row['tier']}: ")
        assert text.endswith(" [2026-10-01]")
        if row["reasons_for"]:
            assert run.sentences.fact_of(row["reasons_for"][0]["sentence"]) in text
    assert short_text(card(rows[-1], run)).startswith("Not scored on 2026-10-01: it is older")
