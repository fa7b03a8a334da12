"""How the value of a feature is written: rounded as a person would say it, or quoted from the CRM.

Rounding comes first and for whole columns, so that equal words are made once. Left out: the sentence around the value.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from leadq.serving.words.sentences import Case, Sentences, Style, Wording
from leadq.serving.words.text import clean

_SIGNIFICANT = 3


def rounded(values: npt.NDArray[np.float64], style: Style) -> npt.NDArray[np.float64]:
    """Return numbers as they will be written: days and shares rounded down, amounts to three digits.

    Parameters
    ----------
    values : ndarray of float64, any shape
        NaN stays NaN.
    """
    if style in ("days", "ago"):
        return np.floor(values)
    if style == "whole":
        return np.round(values)
    if style == "share":
        return np.floor(values * 100 + 1e-9) / 100
    if style in ("number", "amount"):
        with np.errstate(divide="ignore", invalid="ignore"):
            digits = _SIGNIFICANT - 1 - np.floor(np.log10(np.abs(values)))
        scale = np.power(10.0, np.where(np.isfinite(digits), np.clip(digits, -12, 12), 0))
        result: npt.NDArray[np.float64] = np.round(values * scale) / scale
        return result
    return values


def case_of(value: float, wording: Wording) -> Case:
    """Return which text of ``wording`` says a rounded number."""
    if math.isnan(value):
        return "missing"
    if value == 0 and "zero" in wording.texts:
        return "zero"
    if value == 1 and "one" in wording.texts:
        return "one"
    if value < 0 and "negative" in wording.texts:
        return "negative"
    return "value"


def number_text(value: float, wording: Wording, sentences: Sentences) -> str:
    """Return a rounded number in words.

    Parameters
    ----------
    value : float
        As :func:`rounded` gives it; not NaN.
    """
    renamed = wording.words.get(f"{value:g}")
    if renamed is not None:
        return renamed
    style = wording.style
    if style == "flag":
        return sentences.flag(value != 0)
    if style == "ago":
        return sentences.ago(value)
    if style == "share":
        return f"{value * 100:.0f} %"
    if style == "amount" and abs(value) >= 1e6:
        unit, name = (1e9, "billion") if abs(value) >= 1e9 else (1e6, "million")
        return f"{value / unit:.3g} {name}"
    if style in ("whole", "days", "amount") or (value == int(value) and abs(value) < 1e15):
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def category_text(value: str, wording: Wording) -> str:
    """Return a category's value in words: renamed by the catalogue of sentences, else quoted harmless."""
    renamed = wording.words.get(value)
    return clean(value.replace("_", " ")) if renamed is None else renamed


def fact(wording: Wording, case: Case, value_text: str) -> str:
    """Return the fact about this lead. The value is put in last and never looked into."""
    return wording.text(case).replace("{value}", value_text)
