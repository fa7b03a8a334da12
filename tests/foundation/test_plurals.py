"""Numbers as people write them: what is said is what is meant, and nobody reads powers of ten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadq.foundation.plurals import counted, figure

AMOUNTS = st.floats(min_value=-1e15, max_value=1e15).filter(lambda one: one == 0 or abs(one) > 1e-12)


@given(AMOUNTS)
def test_a_figure_is_its_number_and_has_no_power_of_ten(number: float) -> None:
    text = figure(number, grouped=False)
    assert "e" not in text
    assert abs(float(text) - number) <= 0.51 * 10.0**-5 * abs(number)
    assert figure(number).replace(",", "") == text


@given(st.floats(min_value=0.001, max_value=99_999))
def test_amounts_of_every_day_are_written_as_before(number: float) -> None:
    assert figure(number) == f"{number:,.6g}"


def test_whole_amounts_keep_all_their_digits() -> None:
    assert (counted(2_612_345.0, "euro"), counted(10**20, "row")) == (
        "2,612,345 euros",
        "100,000,000,000,000,000,000 rows",
    )
