"""CRM text is shown harmless; figures are said as people say them."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.serving.words.text import MAX_VALUE, chance, clean, rate_text


@given(st.text(max_size=300))
def test_cleaned_text_is_one_short_line_without_invisible_signs(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= MAX_VALUE
    assert not [letter for letter in cleaned if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}]
    assert cleaned == cleaned.strip()


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("abc\u202edef", "abcdef"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("🚀 launch", "🚀 launch"),
        ("e" + "\u0301" * 50, "e\u0301\u0301"),
        ("x" * 10_000, "x" * (MAX_VALUE - 1) + "…"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # whoever writes HTML escapes it
    ],
)
def test_hostile_text_loses_what_is_not_visible(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@given(st.floats(min_value=0, max_value=1))
def test_a_chance_said_aloud_is_near_the_probability(probability: float) -> None:
    said = chance(probability)
    if said.startswith("about"):
        part, whole = said.removeprefix("about ").split(" in ")
        assert int(part) / int(whole) == pytest.approx(probability, rel=0.12, abs=0.051)
    else:
        assert probability > 0.94 or probability < 0.005


def test_rates_are_as_fine_as_the_overall_rate_deserves() -> None:
    assert rate_text(0.314, 0.12) == "31 %"
    assert rate_text(0.031, 0.024) == "3.1 %"


def test_what_is_said_never_falls_while_the_chance_rises() -> None:
    def value(said: str) -> float:
        one, of = re.findall(r"(\d+) in (\d+)", said)[0]
        return int(one) / int(of)

    said = [value(chance(step / 2000)) for step in range(10, 1890)]
    assert said == sorted(said)
