"""Places in a drawing stay inside it, and axes are marked with round values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.pipelines.report.svg_geometry import INSIDE, Curve, Scale

spans = st.tuples(st.floats(-50, 50), st.floats(0.001, 100)).map(
    lambda pair: Scale(low=pair[0], high=pair[0] + pair[1])
)


@given(spans, st.floats(-1000, 1000))
def test_places_stay_inside(scale: Scale, value: float) -> None:
    assert 0 <= scale.percent(value) <= 100
    frame = Curve(across=scale, up=scale)
    assert INSIDE[0] <= frame.x(value) <= INSIDE[0] + INSIDE[2]
    assert INSIDE[1] <= frame.y(value) <= INSIDE[1] + INSIDE[3]


@given(spans)
def test_marks_are_few_and_inside(scale: Scale) -> None:
    marks = scale.values()
    assert 1 <= len(marks) <= 6
    assert all(scale.low - 1e-6 <= mark <= scale.high + 1e-6 for mark in marks)


def test_marks_are_round() -> None:
    assert Scale(low=0.0, high=1.0).values() == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert Scale(low=0.0, high=0.37).values() == [0.0, 0.1, 0.2, 0.3]


def test_a_curve_goes_up() -> None:
    frame = Curve(across=Scale(low=0.0, high=1.0), up=Scale(low=0.0, high=0.5))
    assert frame.line([0.0, 1.0], [0.0, 0.5]) == "13.0,85.0 97.0,3.0"
    assert frame.band([0.0, 1.0], [0.0, 0.1], [0.2, 0.3]).count(",") == 4
    assert [tick.words for tick in frame.ticks_up][-1] == "50 %"
    assert frame.y(0.25) == pytest.approx(44.0)
