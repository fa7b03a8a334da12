"""Promise 2 of docs/promises.md: base and contributions add up to the score on every row, or the run fails."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadq.foundation.arrays import Floats
from leadq.foundation.problems import BundleError, Problem
from leadq.serving.scoring.changes.change_causes import log_odds
from leadq.serving.scoring.table.dictionary_columns import CODED

TOLERANCE = 1e-6
_TYPE = CODED.field("contributions").type


def must_add_up(lead_ids: pa.Array, probability: Floats, base: float, contributions: Floats) -> None:
    """Check ``base + contributions = logit(probability)`` on every row as it will be published.

    Parameters
    ----------
    lead_ids : Array of n strings
    probability : ndarray of shape (n,)
    base : float
        Log-odds.
    contributions : ndarray of shape (n, n_families)
        Log-odds.

    Raises
    ------
    BundleError
        Naming up to five leads that do not add up, with the difference.
    """
    gap = np.abs(base + contributions.sum(axis=1) - log_odds(probability))
    wrong = np.flatnonzero(~(gap < TOLERANCE))  # a gap that is NaN is wrong as well
    if len(wrong):
        raise BundleError(
            Problem(
                where="score table",
                rule=f"base and contributions must add up to the score within {TOLERANCE:g} log-odds",
                value=f"{np.nanmax(np.where(np.isnan(gap), np.inf, gap)):.3g}",
                remedy="Nothing was published. Check the bundle (leadq models) or roll back to the previous one.",
                count=len(wrong),
                examples=tuple(f"lead {lead_ids[int(row)].as_py()!r}: off by {gap[row]:.3g}" for row in wrong[:5]),
            )
        )


def contribution_lists(families: tuple[str, ...], contributions: Floats) -> pa.Array:
    """Return one list of (family, contribution) a row, in the order of ``families``."""
    rows, width = contributions.shape
    numbers = pa.array(np.tile(np.arange(width, dtype=np.int32), rows))
    names = pa.DictionaryArray.from_arrays(numbers, pa.array(families, pa.string()))
    structs = pa.StructArray.from_arrays([names, pa.array(contributions.ravel())], fields=list(_TYPE.value_type))
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * width), structs, type=_TYPE)
