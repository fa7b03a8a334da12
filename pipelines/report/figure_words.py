"""Figures as a person reads them."""

from __future__ import annotations

import math


def number(value: float | None, digits: int = 3) -> str:
    """Write a figure, or nothing where there is none."""
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def percent(rate: float | None, digits: int = 1) -> str:
    """Write a rate in percent, or nothing where there is none."""
    return "" if rate is None or math.isnan(rate) else f"{100 * rate:.{digits}f} %"


def with_interval(value: float, low: float, high: float, *, sign: str = "", digits: int = 2) -> str:
    """Write an estimate and its interval; ``sign`` ``"+"`` always shows it."""
    shape = f"{sign}.{digits}f"
    return f"{value:{shape}} ({low:{shape}} to {high:{shape}})"


def p_words(value: float) -> str:
    """Write a p-value, without pretending to know the small ones."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def hundred(rate: float) -> str:
    """Write how many of 100."""
    count = 100 * rate
    return "fewer than 1" if 0 < count < 1 else f"{count:.0f}"


def together(words: list[str]) -> str:
    """Join ``T1, T2 and T3``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
