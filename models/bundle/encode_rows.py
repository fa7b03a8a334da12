"""Raw feature values, as they come over the wire, to the numbers that the booster reads.

For the served model only: nightly scoring encodes where the data is (``features/``), by the same rule: a
category is its position in the catalogue's vocabulary, an unseen one ``len(vocabulary)``, missing is NaN.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from leadq.features.catalogue import Catalogue, Feature
from leadq.features.meaning.spelling_keys import code_by_key, folded
from leadq.foundation.arrays import Floats
from leadq.foundation.problems import InputError, Problem

_MOMENTS = (date, timedelta, np.datetime64, np.timedelta64)  # a datetime and pandas' own kinds are dates, too


def _words(column: pd.Series[Any], feature: Feature) -> pd.Series[Any]:
    """Write categories as the nightly scorer reads them: pandas makes 3 a 3.0 where a cell beside it is empty."""
    known = set(feature.vocabulary)

    def word(value: object) -> str | None:
        if isinstance(value, bool | np.bool_):
            return "true" if value else "false"
        text = str(value)
        if isinstance(value, float | np.floating) and text not in known and float(value).is_integer():
            text = str(int(value))
        return text if text.strip() else None

    return column.astype("object").map(word, na_action="ignore")


def _codes(column: pd.Series[Any], feature: Feature) -> Floats:
    words = _words(column, feature)
    if feature.spellings:
        keys, by_key = words.map(folded, na_action="ignore"), code_by_key(feature.spellings)
        known = keys.map(by_key, na_action="ignore")
    else:
        position = {value: code for code, value in enumerate(feature.vocabulary)}
        known = words.map(position, na_action="ignore")
    known = known.where(known.notna() | words.isna(), len(feature.vocabulary))
    return np.asarray(known.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _numbers(column: pd.Series[Any]) -> tuple[Floats, pd.Series[Any]]:
    """Return a column's numbers, NaN where there is none, and its values that are no number: a date is none."""
    moments = column.astype("object").map(lambda value: isinstance(value, _MOMENTS)).astype(bool)
    numbers = pd.to_numeric(column.astype("object").where(~moments & column.notna(), None), errors="coerce")
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan), column[numbers.isna() & column.notna()]


def encode_rows(raw: pd.DataFrame, catalogue: Catalogue) -> Floats:
    """Encode raw feature values.

    Parameters
    ----------
    raw : DataFrame
        Columns named as in the catalogue, in any order; an absent column or a null is missing. Columns that the
        catalogue does not know are ignored.

    Returns
    -------
    array of shape (n, n_features)

    Raises
    ------
    InputError
        A number column holds something else (all such columns at once).
    """
    encoded = np.full((len(raw), len(catalogue.features)), np.nan)
    problems = []
    for at, feature in enumerate(catalogue.features):
        if feature.name not in raw.columns:
            continue
        column = raw[feature.name]
        if feature.kind == "category":
            encoded[:, at] = _codes(column, feature)
            continue
        encoded[:, at], wrong = _numbers(column)
        if len(wrong):
            problems.append(
                Problem(
                    where=f"column {feature.name}",
                    rule="must hold numbers",
                    value=repr(wrong.iloc[0]),
                    remedy="Send a number, or null where it is unknown.",
                    count=len(wrong),
                )
            )
    if problems:
        raise InputError(problems)
    return encoded
