"""Tier moves: which leads, out of which cause, in which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.score_table import MOVES, SCORES
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.changes.tier_moves import write_moves
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.scoring.table.tier_summary import moves_text
from tests.serving.scoring.table.score_table import write_scores

MakeBatch = Callable[..., pa.RecordBatch]
Row = dict[str, Any]
NIGHT = timedelta(days=1)
CUTS = {"T1": 0.3, "T2": 0.1}


def scored(run: ScoringRun, lead: str, tier: str | None, **columns: Any) -> Row:
    """A row of a score table, as far as moves read it."""
    empty = dict.fromkeys(SCORES.names)
    said = {"lead_id": lead, "tier": tier, "tier_by": tier and "model", "model_tier": tier, "owner": "north"}
    said |= {"probability": 0.2, "previous_probability": 0.2}
    made = {"as_of": run.as_of, "model_version": "m", "agreement_version": 4, "run_id": run.run_id}
    return {**empty, **said, **made, "changed": [], "reasons_for": [], "reasons_against": [], **columns}


def change(family: str, lead: float = 0.0, model: float = 0.0, anchor: float = 0.0) -> Row:
    return {"family": family, "lead": lead, "model": model, "anchor": anchor}


def reason(family: str, sentence: str) -> Row:
    return {
        "code": "c",
        "sentence": sentence,
        "strength": "strong",
        "family": family,
        "contribution": 1.0,
        "driving_values": [],
    }


def table(rows: Sequence[Row], path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(list(rows), SCORES), path, row_group_size=3)
    return path


def moved(run: ScoringRun, before: Sequence[Row], now: Sequence[Row], folder: Path) -> tuple[list[Row], Row]:
    tonight = [{**row, "as_of": run.as_of + NIGHT} for row in now]
    previous = PreviousScores(files=(table(before, folder / "1.parquet"),), as_of=run.as_of)
    counted = write_moves(
        table(tonight, folder / "2.parquet"), folder / "moves.parquet",
        previous=previous, agreement=run.agreement, cuts=CUTS, sentences=run.sentences,
    )  # fmt: skip
    moves = pq.read_table(folder / "moves.parquet")
    assert moves.schema.equals(MOVES)
    return moves.to_pylist(), counted


@pytest.mark.parametrize(
    ("before", "now", "cause", "family", "sentence"),
    [
        (
            {"tier": "T2"},
            {
                "tier": "T1",
                "changed": [change("source", -0.9), change("intent_demo_request", 0.8), change("company", 0.2)],
                "reasons_for": [
                    reason("company", "Company is in software"),
                    reason("intent_demo_request", "Asked for a demo yesterday: 31 % of 412 such leads were won, against 12 % overall"),
                ],
            },
            "lead", "intent_demo_request", "To T1: asked for a demo yesterday",
        ),
        (
            {"tier": "T1"},
            {"tier": "T3", "changed": [change("engagement", -0.8)], "reasons_for": [reason("engagement", "Very active")]},
            "lead", "engagement", "To T3: change in engagement overall",
        ),
        (
            {"tier": "T1"},
            {"tier": "T2", "changed": [change("own_lead_crm", -0.8)], "reasons_against": [reason("own_lead_crm", "CRM is old")]},
            "lead", "own_lead_crm", "To T2: CRM is old",
        ),
        ({"tier": "T2"}, {"tier": "T3", "changed": []}, "lead", None, "To T3: second score in a row at this level"),
        (  # held in T1 last night, and a trifle lower tonight
            {"tier": "T1"},
            {"tier": "T2", "previous_probability": 0.29, "changed": [change("timing", -0.01)]},
            "lead", None, "To T2: second score in a row at this level",
        ),
        (  # held from T1 last night
            {"tier": "T2"},
            {"tier": "T1", "previous_probability": 0.31, "changed": [change("timing", 0.01)]},
            "lead", None, "To T1: second score in a row at this level",
        ),
        (  # held last night, and much lower tonight
            {"tier": "T1"},
            {"tier": "T2", "previous_probability": 0.29, "changed": [change("engagement", -0.5)]},
            "lead", "engagement", "To T2: change in engagement overall",
        ),
        (  # held in T1 last night, but T3 is tonight's
            {"tier": "T1"},
            {"tier": "T3", "previous_probability": 0.29, "changed": [change("engagement", -0.1)]},
            "lead", "engagement", "To T3: change in engagement overall",
        ),
        (  # a small step over the cut that no night had seen before
            {"tier": "T1"},
            {"tier": "T2", "previous_probability": 0.31, "changed": [change("engagement", -0.1)]},
            "lead", "engagement", "To T2: change in engagement overall",
        ),
        (
            {"tier": "T1"},
            {"tier": "T2", "model_version": "n", "changed": [change("source", -0.3, -0.5), change("base", 0.0, -0.1)]},
            "model", None, "To T2: a new model",
        ),
        (
            {"tier": "T2"},
            {"tier": "T1", "model_version": "n", "changed": [change("source", 0.05, -0.5)]},
            "model", None, "To T1: a new model",
        ),
        (
            {"tier": "T1"},
            {
                "tier": "T2", "model_version": "n", "changed": [change("source", -0.7, -0.5)],
                "reasons_against": [reason("source", "Came from a bought list (3 % of 90 won, 12 % overall)")],
            },
            "lead", "source", "To T2: came from a bought list",
        ),
        (
            {"tier": "T2"},
            {"tier": "T3", "model_version": "n", "changed": [change("base", anchor=-0.3), change("source", -0.1)]},
            "anchor", None, "To T3: overall win rates moved",
        ),
        ({"tier": "T3"}, {"tier": "T2", "tier_by": "hand_raiser"}, "rule", None, "To T2: agreed rule hand raiser"),
        (  # a rule that softens the fall is not its cause
            {"tier": "T1"},
            {"tier": "T2", "tier_by": "hand_raiser", "model_tier": "T3", "changed": [change("engagement", -1.2)]},
            "lead", "engagement", "To T2: change in engagement overall",
        ),
        (
            {"tier": "T1"}, {"tier": "disqualified", "tier_by": "competitor"},
            "rule", None, "To disqualified: agreed rule competitor",
        ),
        (
            {"tier": "disqualified", "tier_by": "competitor"}, {"tier": "T1"},
            "rule", None, "To T1: agreed rule competitor no longer holds",
        ),
        (
            {"tier": "T2", "tier_by": "hand_raiser"}, {"tier": "T3"},
            "rule", None, "To T3: agreed rule hand raiser no longer holds",
        ),
        (
            {"tier": "T2", "tier_by": "hand_raiser"}, {"tier": "T1", "changed": [change("company", 1.0)]},
            "lead", "company", "To T1: change in company",
        ),
        ({"tier": "gold"}, {"tier": "T1", "agreement_version": 5}, "agreement", None, "To T1: agreement version 5"),
        ({"tier": "T2", "tier_by": "gone"}, {"tier": "T3", "agreement_version": 5}, "agreement", None, "To T3: agreement version 5"),
        ({"tier": "T2"}, {"tier": "T1", "agreement_version": 5}, "agreement", None, "To T1: agreement version 5"),
    ],
)  # fmt: skip
def test_the_cause_is_named(
    run: ScoringRun, tmp_path: Path, before: Row, now: Row, cause: str, family: str | None, sentence: str
) -> None:
    (move,), counted = moved(run, [scored(run, "a", **before)], [scored(run, "a", **now)], tmp_path)
    assert (move["cause"], move["family"], move["sentence"]) == (cause, family, sentence)
    assert (move["from_tier"], move["to_tier"]) == (before["tier"], now["tier"])
    assert (move["previous_as_of"], move["as_of"]) == (run.as_of, run.as_of + NIGHT)
    assert counted["causes"] == {cause: 1}


def test_only_a_lead_with_a_tier_on_both_nights_moves(run: ScoringRun, tmp_path: Path) -> None:
    before = [
        scored(run, lead, tier)
        for lead, tier in zip("abcdefg", ["T1", "T1", None, "T2", "T3", "T1", "T1"], strict=True)
    ]
    tiers = {"a": "T1", "b": None, "c": "T1", "d": "T1", "e": "T3", "f": "T3", "new": "T1"}
    moves, counted = moved(run, before, [scored(run, lead, tier) for lead, tier in tiers.items()], tmp_path)
    assert [(move["lead_id"], move["from_tier"], move["to_tier"]) for move in moves] == [
        ("d", "T2", "T1"),
        ("f", "T1", "T3"),
    ]
    assert counted == {"rows": 2, "up": 1, "down": 1, "causes": {"lead": 2}}
    text = "Changed tier since the last score: {}, 1 up, {} down ({} because of the lead itself)"
    assert moves_text(counted) == text.format("2 leads", 1, 2)
    one = {"rows": 1, "up": 1, "down": 0, "causes": {"lead": 1}}
    assert moves_text(one) == text.format("1 lead", 0, 1)


def test_hostile_and_long_facts_stay_one_short_sentence(run: ScoringRun, tmp_path: Path) -> None:
    fact = "Came from {tier}{rule} <script>alert(1)</script> " + "x" * 80
    now = scored(run, "a", "T1", changed=[change("source", 1.0)], reasons_for=[reason("source", fact)])
    (move,), _ = moved(run, [scored(run, "a", "T2")], [now], tmp_path)
    assert len(move["sentence"]) <= 100
    assert move["sentence"].startswith("To T1: came from {tier}{rule} <script>")


def test_the_first_night_has_no_moves(run: ScoringRun, tmp_path: Path) -> None:
    path = table([scored(run, "a", "T1")], tmp_path / "1.parquet")
    counted = write_moves(
        path, tmp_path / "moves.parquet", previous=None, agreement=run.agreement, cuts=CUTS, sentences=run.sentences
    )
    assert counted == {"rows": 0, "up": 0, "down": 0, "causes": {}}
    assert pq.read_table(tmp_path / "moves.parquet").schema.equals(MOVES)


def test_real_nights_move_as_their_tiers_say_and_twice_the_same_bytes(
    run: ScoringRun, lead_batch: MakeBatch, tmp_path: Path
) -> None:
    write_scores(score_batches([lead_batch(500)], run), tmp_path / "1.parquet")
    previous = PreviousScores(files=(tmp_path / "1.parquet",), as_of=run.as_of)
    rules = {"rule:hand_raiser": pa.array([lead % 5 == 0 for lead in range(500)])}
    tomorrow = replace(run, as_of=run.as_of + NIGHT, run_id="run-2", previous=previous)
    write_scores(score_batches([lead_batch(500, seed=2, **rules)], tomorrow), tmp_path / "2.parquet")
    for name in ("once", "twice"):
        counted = write_moves(
            tmp_path / "2.parquet",
            tmp_path / name,
            previous=previous,
            agreement=run.agreement,
            cuts=CUTS,
            sentences=run.sentences,
        )
    assert (tmp_path / "once").read_bytes() == (tmp_path / "twice").read_bytes()
    first, second = (pq.read_table(tmp_path / f"{night}.parquet").to_pylist() for night in (1, 2))
    expected = {new["lead_id"] for old, new in zip(first, second, strict=True) if old["tier"] != new["tier"]}
    moves = pq.read_table(tmp_path / "once").to_pylist()
    assert {move["lead_id"] for move in moves} == expected
    assert counted["rows"] == len(expected) == counted["up"] + counted["down"] > 50
    assert set(counted["causes"]) == {"lead", "rule"}
    assert all(move["sentence"].startswith(f"To {move['to_tier']}: ") for move in moves)
