"""What is drawn adds up as it is written, and what changed adds up to the move."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.serving.words.bars import LISTED, bars_of
from leadq.serving.words.percentage_points import probability_of
from leadq.serving.words.score_change import CAUSES, change_of
from leadq.serving.words.sentences import read_sentences

AMOUNTS = st.lists(st.floats(-2.5, 2.5), min_size=1, max_size=40)


@given(st.floats(-5, 3), AMOUNTS)
def test_bars_add_up_to_the_figure_shown(base: float, amounts: list[float]) -> None:
    probability = probability_of(base + math.fsum(amounts))
    bars = bars_of(probability, base, [(f"part {place}", amount) for place, amount in enumerate(amounts)])
    assert bars.result == round(probability * 100, 1)
    assert bars.base == round(probability_of(base) * 100, 1)
    assert round(bars.base + sum(bar.points for bar in bars.parts), 1) == bars.result
    assert len(bars.parts) <= LISTED + 1
    assert [bar.start for bar in bars.parts[1:]] == [bar.end for bar in bars.parts[:-1]]


@given(
    st.floats(0.001, 0.98),
    st.lists(st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)), min_size=1, max_size=8),
)
def test_causes_add_up_to_the_move_of_the_figure(before: float, parts: list[tuple[float, float, float]]) -> None:
    moved = math.fsum(amount for part in parts for amount in part)
    now = probability_of(math.log(before / (1 - before)) + moved)
    changed = [
        {"family": f"own_lead_f{place}", **dict(zip(CAUSES, part, strict=True))} for place, part in enumerate(parts)
    ]
    change = change_of({"previous_probability": before, "probability": now, "changed": changed}, read_sentences())
    assert change is not None
    assert round(sum(points for _, points in change.causes), 1) == pytest.approx(round(change.now - change.before, 1))
    assert len(change.families) <= 5
