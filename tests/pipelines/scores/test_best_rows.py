"""The best rows of score tables: the same whether a table is read in pieces or whole, sorted at once or piece by piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadq.pipelines.scores.best_rows import ROWS, best_rows
from tests.pipelines.scores.conftest import lead, write_table

RANKS = ("T1", "T2", "T3")


def many(seed: int, rows: int = 60) -> list[dict[str, Any]]:
    """Return leads of all kinds with few different probabilities, so that ids decide often."""
    random = np.random.default_rng(seed)
    found = []
    for at in range(rows):
        tier = [*RANKS, "disqualified", "T0 of before", None][random.integers(6)]
        scored = tier is not None or bool(random.integers(2))
        probability = float(random.integers(1, 8)) / 10 if scored else None
        found.append(lead(f"L{at:05d}", tier, probability, reason=f"reason of {at}" if at % 3 else None))
    return found


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    """Return ids as they should be: tier, other tiers, no tier, not scored; then probability; then id."""

    def key(row: dict[str, Any]) -> tuple[int, float, str]:
        place = {tier: at for at, tier in enumerate(RANKS)}.get(row["tier"], 3)
        if row["tier"] is None:
            place = 4 if row["status"] == "scored" else 5
        return place, -(row["probability"] or 0.0), row["lead_id"]

    return [row["lead_id"] for row in sorted(rows, key=key)]


@pytest.mark.parametrize("piece", [1, 7, 5_000])
@pytest.mark.parametrize("top", [1, 10, 59, 60, 1_000, None])
def test_rows_are_in_order_however_the_table_is_cut(tmp_path: Path, piece: int, top: int | None) -> None:
    rows = many(seed=piece)
    table = best_rows([write_table(tmp_path / "scores.parquet", rows, piece=piece)], RANKS, top=top)
    assert table.schema == ROWS
    assert table["lead_id"].to_pylist() == in_order(rows)[:top]
    by_id = {row["lead_id"]: row for row in rows}
    for row in table.to_pylist():
        reasons = by_id[row["lead_id"]]["reasons_for"]
        assert row["reason_for"] == (reasons[0]["sentence"] if reasons else None)


def test_only_leads_of_the_tiers_asked_for(tmp_path: Path) -> None:
    rows = many(seed=3)
    table = best_rows([write_table(tmp_path / "scores.parquet", rows, piece=9)], RANKS, only=("T2", "disqualified"))
    wanted = [row for row in rows if row["tier"] in ("T2", "disqualified")]
    assert table["lead_id"].to_pylist() == in_order(wanted)


def test_a_newer_row_takes_the_place_of_an_older_one_also_where_it_is_worse(tmp_path: Path) -> None:
    night = write_table(tmp_path / "night.parquet", [lead("a", "T1", 0.9), lead("b", "T2", 0.3), lead("c", "T1", 0.8)])
    noon = write_table(tmp_path / "noon.parquet", [lead("a", "T3", 0.1), lead("new", "T2", 0.4)])
    later = write_table(tmp_path / "later.parquet", [lead("b", "T1", 0.7)])
    table = best_rows([later, noon, night], RANKS, top=5)
    assert table.select(["lead_id", "tier"]).to_pylist() == [
        {"lead_id": "c", "tier": "T1"},
        {"lead_id": "b", "tier": "T1"},
        {"lead_id": "new", "tier": "T2"},
        {"lead_id": "a", "tier": "T3"},
    ]
    assert best_rows([later, noon, night], RANKS, only=("T1",))["lead_id"].to_pylist() == ["c", "b"]


def test_a_table_without_a_lead_has_no_best(tmp_path: Path) -> None:
    empty = write_table(tmp_path / "scores.parquet", [])
    assert best_rows([empty], RANKS, top=10).num_rows == best_rows([empty], RANKS).num_rows == 0


def test_the_first_of_several_reasons_is_kept(tmp_path: Path) -> None:
    several = lead("a", reasons_for=[{"sentence": "first"}, {"sentence": "second"}], against="one")
    none, null = lead("b", "T2", against=None), lead("c", "T3", reasons_for=None)
    rows = best_rows([write_table(tmp_path / "scores.parquet", [several, none, null])], RANKS).to_pylist()
    assert [(row["reason_for"], row["reason_against"]) for row in rows] == [
        ("first", "one"),
        (None, None),
        (None, None),
    ]
