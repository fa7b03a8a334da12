"""What changed since the score that a lead's is compared with, by family and cause, exact.

The differences of a lead's families and base sum to the difference of the log-odds. Under the same model everything is the lead's
own change; under one that differs only in its anchor, the base's move is the anchor's. Under any other model, last time's facts are
scored with tonight's model: what that differs from last time's score is the model's, and the rest the lead's. Where those
facts are not known, the whole is the model's. The base's part carries the family ``base``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadq.foundation.arrays import Bools, Floats
from leadq.serving.scoring.table.dictionary_columns import CODED, texts_of
from leadq.serving.words.score_change import BASE_FAMILY, TREND_FROM

_TYPE = CODED.field("changed").type
_NOTHING = 1e-11  # log-odds; rounding of the sum, not a change


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Under which model each of n leads was scored before, seen from tonight's.

    Parameters
    ----------
    same, anchored, other : bool arrays of shape (n,)
        Exactly one holds for a lead with an earlier score, none for one without.
    """

    same: Bools
    anchored: Bools
    other: Bools

    @staticmethod
    def of(previous: pa.Table, model_version: str, reanchored: frozenset[str]) -> Versions:
        """Tell them apart.

        Parameters
        ----------
        previous : Table of n rows
            As ``PreviousScores.compared`` gives it.
        model_version : str
            Tonight's.
        reanchored : frozenset of str
            Versions that differ from it only in the anchor.
        """
        had_score: Bools = ~np.isnan(previous["probability"].to_numpy(zero_copy_only=False).astype(np.float64))
        version = previous["model_version"].to_numpy(zero_copy_only=False)
        same = had_score & (version == model_version)
        anchored = had_score & ~same & np.isin(version.astype(str), sorted(reanchored))
        return Versions(same=same, anchored=anchored, other=had_score & ~same & ~anchored)


def changes(
    families: tuple[str, ...],
    contributions: Floats,
    base: float,
    *,
    previous: pa.Table,
    versions: Versions,
    then: Floats,
) -> pa.Array:
    """Return the list of changes of each lead.

    Parameters
    ----------
    families : tuple of n_families str
    contributions : ndarray of shape (n, n_families), float64
        Tonight's, log-odds.
    base : float
    previous : Table of n rows
        As ``PreviousScores.compared`` gives it.
    versions : Versions
    then : ndarray of shape (n, n_families), float64
        Contributions of last time's facts under tonight's model, for leads scored by another one; NaN where they are not known.

    Returns
    -------
    Array of n lists of (family, lead, model, anchor)
        Largest first; null where the lead had no score before.
    """
    before, names = _matrix(previous["contributions"].combine_chunks(), families)
    now = np.zeros(before.shape)
    now[:, : len(families)] = contributions
    moved = np.column_stack([now - before, base - previous["base"].to_numpy(zero_copy_only=False).astype(np.float64)])
    parts = _by_cause(moved, contributions - then, versions)
    largest = np.maximum.reduce([np.abs(part) for part in parts])
    lead, family = np.nonzero(largest > _NOTHING)
    order = np.lexsort((family, -largest[lead, family], lead))
    lead, family = lead[order], family[order]
    family_names = texts_of(family, [*names, BASE_FAMILY])
    rows = pa.StructArray.from_arrays(
        [family_names, *(pa.array(part[lead, family]) for part in parts)], fields=list(_TYPE.value_type)
    )
    counts = np.bincount(lead, minlength=len(contributions))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    had_score = versions.same | versions.anchored | versions.other
    return pa.ListArray.from_arrays(offsets, rows, type=_TYPE, mask=pa.array(~had_score))


def _by_cause(moved: Floats, own: Floats, versions: Versions) -> tuple[Floats, Floats, Floats]:
    """Split the moves of families and, last, of the base into the lead's, the model's and the anchor's; 0 without earlier score.

    Parameters
    ----------
    moved : ndarray of shape (n, n_names + 1)
    own : ndarray of shape (n, n_families)
        What the leads scored by another model changed themselves, NaN where not known.
    """
    lead, model, anchor = np.zeros(moved.shape), np.zeros(moved.shape), np.zeros(moved.shape)
    lead[versions.same] = moved[versions.same]
    lead[versions.anchored, :-1] = moved[versions.anchored, :-1]
    anchor[versions.anchored, -1] = moved[versions.anchored, -1]
    known = versions.other & ~np.isnan(own).any(axis=1)
    lead[known, : own.shape[1]] = own[known]
    model[versions.other] = moved[versions.other] - lead[versions.other]
    return lead, model, anchor


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
