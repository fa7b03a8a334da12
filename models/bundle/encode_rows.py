"""Raw feature values, as they come over the wire, to the numbers that the booster reads.

For the served model only: nightly scoring encodes where the data is (``features/``), by the same rule: a
category is its position in the catalogue's vocabulary, an unseen one ``len(vocabulary)``, missing is NaN.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from leadq.features.catalogue import Catalogue, Feature
from leadq.foundation.arrays import Floats
from leadq.foundation.problems import InputError, Problem


def _codes(column: pd.Series[str], feature: Feature) -> Floats:
    position = {value: code for code, value in enumerate(feature.vocabulary)}
    known = column.map(position, na_action="ignore")
    known = known.where(known.notna() | column.isna(), len(feature.vocabulary))
    return np.asarray(known.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


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
            encoded[:, at] = _codes(column.astype("str").where(column.notna(), None), feature)
            continue
        numbers = pd.to_numeric(column, errors="coerce")
        wrong = column[numbers.isna() & column.notna()]
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
        encoded[:, at] = numbers.to_numpy(dtype=np.float64)
    if problems:
        raise InputError(problems)
    return encoded
