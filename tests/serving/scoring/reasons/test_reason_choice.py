"""Reasons: by family, through the driving feature, never against the bare statistic, never under the threshold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.features.catalogue import Catalogue, Feature
from leadq.models.bundle.matrix_scorer import Scored
from leadq.models.bundle.value_evidence import Evidence, EvidenceBin, gather_evidence
from leadq.serving.scoring.reasons.choice_loops import bin_of
from leadq.serving.scoring.reasons.fact_sentences import FactBook, bin_arrays
from leadq.serving.scoring.reasons.reason_choice import PER_SIDE, THRESHOLD, HeldBack, reasons
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.words.sentence_rules import FORBIDDEN
from leadq.serving.words.sentences import MAX_SENTENCE, read_sentences
from tests.models.bundle.one_by_one import lookup


def reason_feature(name: str, family: str) -> Feature:
    return Feature(name=name, family=family, kind="number", unit="count", source="", meaning=name, known_because="")


def scored_by_hand(families: dict[str, dict[str, float]]) -> tuple[Scored, tuple[Feature, ...]]:
    """One lead whose features contribute what is given."""
    features = tuple(reason_feature(name, family) for family, parts in families.items() for name in parts)
    by_feature = np.array([[amount for parts in families.values() for amount in parts.values()]])
    by_family = np.array([[sum(parts.values()) for parts in families.values()]])
    scored = Scored(
        margin=np.zeros(1),
        probability=np.full(1, 0.5),
        base=0.0,
        families=tuple(families),
        contributions=by_family,
        feature_contributions=by_feature,
    )
    return scored, features


def said_by_hand(
    families: dict[str, dict[str, float]], evidence: Evidence | None = None, value: float = 5.0
) -> tuple[list[dict], list[dict], HeldBack]:
    scored, features = scored_by_hand(families)
    sentences = read_sentences()
    book = FactBook(
        wordings=tuple(sentences.wording(feature) for feature in features),
        evidence=evidence or Evidence(n=0, wins=0, bins={}),
        sentences=sentences,
    )
    held_back = HeldBack()
    encoded = np.full((1, len(features)), value)
    up, down = reasons(scored, encoded, [None] * len(features), book, held_back)
    return up.to_pylist()[0], down.to_pylist()[0], held_back


def test_three_a_side_largest_first_and_none_under_the_threshold() -> None:
    amounts = {"a": 0.2, "b": 0.9, "c": 0.4, "d": 0.3, "e": THRESHOLD - 0.001, "f": -0.16, "g": -2.0}
    up, down, _ = said_by_hand({family: {f"{family}_x": amount} for family, amount in amounts.items()})
    assert [reason["family"] for reason in up] == ["b", "c", "d"]
    assert [reason["strength"] for reason in up] == ["strong", "moderate", "slight"]
    assert [(reason["family"], reason["contribution"]) for reason in down] == [("g", -2.0), ("f", -0.16)]


def test_a_family_speaks_through_its_largest_feature_in_its_direction() -> None:
    up, down, _ = said_by_hand({"a": {"small": 0.3, "opposite": -0.5, "large": 0.6}, "b": {"minus": -0.4, "plus": 0.1}})
    assert up[0]["driving_values"] == [{"feature": "large", "value": "5"}]
    assert up[0]["contribution"] == pytest.approx(0.4)
    assert down[0]["driving_values"] == [{"feature": "minus", "value": "5"}]


def test_equal_families_keep_the_order_of_the_catalogue() -> None:
    up, _, _ = said_by_hand({family: {f"{family}_x": 0.5} for family in "zyxwv"})
    assert [reason["family"] for reason in up] == ["z", "y", "x"]


def one_bin(n: int, wins: int) -> Evidence:
    return Evidence(n=1000, wins=200, bins={"a_x": (EvidenceBin(kind="range", n=n, wins=wins, low=1.0, high=9.0),)})


def test_a_direction_against_the_bare_statistic_is_held_back_and_counted() -> None:
    families = {"a": {"a_x": 0.5}, "b": {"b_x": 0.2}}
    up, _, held_back = said_by_hand(families, one_bin(100, 10))
    assert [reason["family"] for reason in up] == ["b"]
    assert held_back == {("a", "a_x", "for"): 1}
    up, _, held_back = said_by_hand(families, one_bin(100, 30))
    assert up[0]["sentence"] == "A x: 5: 30 % of 100 such leads were won, against 20 % overall"
    assert not held_back


@pytest.mark.parametrize(("n", "wins"), [(29, 29), (1000, 201)])
def test_few_leads_or_no_difference_are_no_evidence(n: int, wins: int) -> None:
    up, _, held_back = said_by_hand({"a": {"a_x": 0.5}}, one_bin(n, wins))
    assert up[0]["sentence"] == "A x: 5"
    assert not held_back


@given(st.lists(st.one_of(st.floats(-50, 50), st.just(0.0), st.just(math.nan)), min_size=1, max_size=60), st.booleans())
def test_bins_by_column_are_the_bins_one_by_one(values: list[float], category: bool) -> None:
    rng = np.random.default_rng(3)
    vocabulary = tuple("abcd") if category else ()
    feature = replace(reason_feature("x", "x"), kind="category" if category else "number", vocabulary=vocabulary)
    seen = rng.integers(0, 5, 400).astype(float) if category else np.round(rng.normal(0, 10, 400))
    seen[rng.random(400) < 0.1] = np.nan
    catalogue = Catalogue(features=(feature,), horizon_days=90, ages_days=(0.0,), tracked_since={}, quarantined={})
    evidence = gather_evidence(seen[:, None], (rng.random(400) < 0.2).astype(float), catalogue)
    looked = np.abs(np.round(values)) if category else np.array(values)
    bins = evidence.bins["x"]
    arrays = bin_arrays(evidence, ("x",))
    places = [bin_of(value, 0, arrays) for value in looked]
    one_by_one = [lookup(evidence, "x", value) for value in looked]
    assert [None if place < 0 else bins[place] for place in places] == one_by_one


def test_ten_thousand_sentences_are_short_and_claim_nothing(
    run: ScoringRun, lead_batch: Callable[..., pa.RecordBatch]
) -> None:
    sentences = []
    codes = set()
    for seed in range(3):
        (scores,) = score_batches([lead_batch(2000, seed=seed)], run)
        for name in ("reasons_for", "reasons_against"):
            reason = scores.column(name).flatten()
            sentences += reason.field("sentence").to_pylist()
            codes |= set(reason.field("code").to_pylist())
            lengths = scores.column(name).value_lengths().to_numpy()
            assert lengths.max() <= PER_SIDE
    assert len(sentences) >= 10_000
    names = run.bundle.catalogue.names
    for sentence in set(sentences):
        assert len(sentence) <= MAX_SENTENCE
        assert not [word for word in (*FORBIDDEN, *(name for name in names if "_" in name)) if word in sentence.lower()]
    assert len(codes) >= 8


def test_hostile_values_are_quoted_harmless(run: ScoringRun, lead_batch: Callable[..., pa.RecordBatch]) -> None:
    hostile = [
        "=cmd|' /C calc'!A0",
        "\u202egnp.exe",
        "<script>x</script>",
        "y" * 10_000,
        "🚀\n\n\x1b[2J",
        "",
        "{value}",
    ]
    source = pa.array(hostile * 20)
    other = pa.array(np.full(140, 4.0))  # unseen values share one code
    (scores,) = score_batches([lead_batch(140, source_name=source, **{"code:source_name": other})], run)
    reasons_against = scores.column("reasons_against").flatten()
    said = [text for text in reasons_against.field("sentence").to_pylist() if text.startswith("Came from")]
    assert said, "an unseen source says nothing here; the test shows nothing"
    for sentence in said:
        assert len(sentence) <= MAX_SENTENCE
        assert not set(sentence) & set("\n\r\x1b\u202e")


def test_an_unchanged_lead_keeps_its_sentences_whoever_is_beside_it(
    run: ScoringRun, lead_batch: Callable[..., pa.RecordBatch]
) -> None:
    batch = lead_batch(300)
    (together,) = score_batches([batch], run)
    alone = [next(score_batches([batch.slice(row, 1)], run)) for row in range(0, 300, 37)]
    for row, single in zip(range(0, 300, 37), alone, strict=True):
        assert single.equals(together.slice(row, 1))
