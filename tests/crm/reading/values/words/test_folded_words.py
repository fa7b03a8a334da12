"""Words that people take for the same fold to the same; others do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.crm.reading.values.words.folded_words import folded, starts_folded


@pytest.mark.parametrize(
    "same",
    [
        ("Closed Won", "closed-won", "CLOSED_WON", " Closed  Won. ", "Closed\u00a0Won", "Cl\u200bosed – Won!", "Ｃｌｏｓｅｄ Won"),
        ("1", "1.0", "01", "1.00", "１"), ("0", "0.0", "-0"), ("Gagné", "Gagne\u0301", "GAGNÉ"), ("Won | Paid", "won|paid", " Won  |Paid!"),
    ],
)  # fmt: skip
def test_the_same_word_in_other_dress(same: tuple[str, ...]) -> None:
    assert len({folded(word) for word in same}) == 1


def test_other_words_stay_apart() -> None:
    words = ("1", "-1", "10", "1,000", "0.5", "won", "wonder", "won | ", " | won", "", "!", "?", "a b", "ab", "a | b")
    assert len({folded(word) for word in words}) == len(words)


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(word: str) -> None:
    assert folded(folded(word)) == folded(word)


@pytest.mark.parametrize(
    ("word", "start", "fits"),
    [
        ("Closed-Lost to Competition", "closed lost", True), ("Lost: price", "LOST - ", True), ("Wonder", "Won", True),
        ("Wonder", "Won ", False), ("Won | Paid", "Won | ", True), ("Won | ", "won | ", True), ("Wonder | Paid", "Won | ", False),
        ("anything", "", True), ("false | 2024-03-01", "False | ", True),
    ],
)  # fmt: skip
def test_patterns(word: str, start: str, fits: bool) -> None:
    assert starts_folded(word, start) is fits
