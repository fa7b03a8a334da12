"""What changed since the last score of a lead, by family and cause, exact.

The differences of a lead's families and base sum to the difference of the log-odds. Causes are told apart as far as
two score tables can tell them exactly: under the same model everything is the lead's own change; under a model that
differs only in its anchor the base's move is the anchor's; under any other model the whole difference is the model's,
because what the lead itself contributed could only be told by scoring last night's facts with tonight's model. The
base's part carries the family ``base``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from serving.scoring.coded import CODED, texts_of

BASE_FAMILY = "base"
TREND_FROM = 0.15
"""Log-odds; a smaller move of the score is flat."""

_TYPE = CODED.field("changed").type
_NOTHING = 1e-9  # log-odds; rounding of the sum, not a change

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def log_odds(probability: Floats) -> Floats:
    """Return ``ln(p / (1 - p))``; NaN stays NaN."""
    with np.errstate(divide="ignore"):
        result: Floats = np.log(probability) - np.log1p(-probability)
    return result


def trend(probability: Floats, before: Floats) -> pa.Array:
    """Return ``up``, ``down`` or ``flat`` of each lead, null where it had no score before."""
    moved = log_odds(probability) - log_odds(before)
    steps = np.where(moved >= TREND_FROM, 2, np.where(moved <= -TREND_FROM, 0, 1))
    return texts_of(steps, ["down", "flat", "up"], missing=np.isnan(moved))


def changes(
    families: tuple[str, ...],
    contributions: Floats,
    base: float,
    *,
    previous: pa.Table,
    model_version: str,
    reanchored: frozenset[str],
) -> pa.Array:
    """Return the list of changes of each lead.

    Parameters
    ----------
    families : tuple of n_families str
    contributions : ndarray of shape (n, n_families), float64
        Tonight's, log-odds.
    base : float
    previous : Table of n rows
        As ``PreviousScores.rows`` gives it.
    model_version : str
        Tonight's.
    reanchored : frozenset of str

    Returns
    -------
    Array of n lists of (family, lead, model, anchor)
        Largest first; null where the lead had no score before.
    """
    before, names = _matrix(previous["contributions"].combine_chunks(), families)
    now = np.zeros(before.shape)
    now[:, : len(families)] = contributions
    moved = np.column_stack([now - before, base - previous["base"].to_numpy(zero_copy_only=False).astype(np.float64)])
    names = (*names, BASE_FAMILY)
    version = previous["model_version"].to_numpy(zero_copy_only=False)
    same = version == model_version
    anchored = np.isin(version.astype(str), sorted(reanchored)) & ~same
    had_score: Bools = ~np.isnan(previous["probability"].to_numpy(zero_copy_only=False).astype(np.float64))
    lead, family = np.nonzero((np.abs(moved) > _NOTHING) & had_score[:, None])
    order = np.lexsort((family, -np.abs(moved[lead, family]), lead))
    lead, family = lead[order], family[order]
    amount = moved[lead, family]
    is_base = family == len(names) - 1
    by_anchor = anchored[lead] & is_base
    by_lead = same[lead] | (anchored[lead] & ~is_base)
    parts: Mapping[str, Floats] = {
        "lead": np.where(by_lead, amount, 0.0),
        "model": np.where(by_lead | by_anchor, 0.0, amount),
        "anchor": np.where(by_anchor, amount, 0.0),
    }
    family_names = texts_of(family, list(names))
    rows = pa.StructArray.from_arrays(
        [family_names, *(pa.array(parts[name]) for name in ("lead", "model", "anchor"))], fields=list(_TYPE.value_type)
    )
    counts = np.bincount(lead, minlength=len(contributions))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, rows, type=_TYPE, mask=pa.array(~had_score))


def _matrix(lists: pa.ListArray, families: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Contributions of earlier rows as a matrix: tonight's families first, then those that are no more; 0 where absent."""
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    flat = lists.flatten()
    gone = sorted(set(pc.unique(flat.field("family")).to_pylist()) - set(families))
    names = (*families, *gone)
    columns = pc.index_in(flat.field("family"), value_set=pa.array(names, pa.string()))
    matrix = np.zeros((len(lists), len(names)))
    matrix[rows, columns.to_numpy(zero_copy_only=False)] = flat.field("contribution").to_numpy(zero_copy_only=False)
    return matrix, names
