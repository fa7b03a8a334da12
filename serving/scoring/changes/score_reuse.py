"""Leads of which nothing changed that the model or its evidence can tell apart: their last scores are taken again.

A lead's state is a hash of its features' codes: between which thresholds of the model and which evidence bins every value lies.
With the same state, model and agreement the margin, the contributions and the reasons chosen are the same, bit for bit;
the words are made again, since "3 days ago" is another fact than "4 days ago" though the model does not tell them apart.
Reasons held back are counted among leads that were scored again only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from leadq.foundation.arrays import Floats
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.value_evidence import EvidenceBin
from leadq.models.explainer.compiled_trees import coding_of, compile_model
from leadq.models.explainer.model_text import UnsupportedModelError
from leadq.models.explainer.row_loops import BLOCK_ROWS, code_block
from leadq.models.explainer.value_codes import FeatureCodes

STATES = pa.schema([("lead_id", pa.string()), ("state", pa.uint64())])

States = npt.NDArray[np.uint64]


class StateMaker:
    """Makes states for one bundle.

    Parameters
    ----------
    bundle : Bundle

    Attributes
    ----------
    able : bool
        False where the model has parts whose codes are not known; then every lead is scored again.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.able = bundle.kind == "booster"
        if not self.able:
            return
        try:
            codes = compile_model(bundle.booster_text).codes
        except UnsupportedModelError:
            self.able = False
            return
        names = bundle.catalogue.names
        finer = [_finer(one, bundle.evidence.bins.get(name, ())) for one, name in zip(codes, names, strict=True)]
        self._coding = coding_of(tuple(finer))
        self._seed = np.uint64(int(bundle.version or "0", 16))

    def states(self, encoded: Floats) -> States:
        """State of each lead, shape (n,); ``encoded`` is of shape (n, n_features), NaN where missing."""
        values = np.ascontiguousarray(encoded.T)
        found: States = _states(values, self._coding, self._seed)
        return found


def _finer(codes: FeatureCodes, bins: tuple[EvidenceBin, ...]) -> FeatureCodes:
    """Add the bounds of the evidence to a feature's thresholds; a value of its own lies between itself and the one before."""
    exact = [one.low for one in bins if one.kind in ("zero", "value") and one.low is not None]
    if codes.categorical:
        known = {*codes.categories.tolist(), *(int(code) for code in exact)}
        thresholds, categories = codes.thresholds, np.array(sorted(known), dtype=np.int64)
    else:
        highs = [one.high for one in bins if one.kind == "range" and one.high is not None]
        points = [*codes.thresholds, *highs, *exact, *(np.nextafter(value, -np.inf) for value in exact)]
        thresholds, categories = np.unique(np.array(points, dtype=np.float64)), codes.categories
    return FeatureCodes(
        categorical=codes.categorical, thresholds=thresholds, categories=categories, has_zero_code=codes.has_zero_code
    )


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _states(values: Any, coding: Any, seed: Any) -> Any:
    features, n = values.shape
    found = np.empty(n, np.uint64)
    codes = np.empty((features, BLOCK_ROWS), np.uint32)
    for lowest in range(0, n, BLOCK_ROWS):
        rows = min(BLOCK_ROWS, n - lowest)
        code_block(values, lowest, rows, coding, codes)
        found[lowest : lowest + rows] = seed
        for feature in range(features):
            for row in range(rows):  # a step of splitmix64 a feature
                mixed = found[lowest + row] + np.uint64(codes[feature, row]) + np.uint64(0x9E3779B97F4A7C15)
                mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                found[lowest + row] = mixed ^ (mixed >> np.uint64(31))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousStates:
    """States of the last night, as its run left them.

    Parameters
    ----------
    file : Path
        In the schema :data:`STATES`, in order of ``lead_id``.
    """

    file: Path

    def same(self, lead_ids: pa.Array, states: States) -> npt.NDArray[np.bool_]:
        """Which leads have the state that they had, shape (n,); False for a lead that was not there."""
        extent = pc.min_max(lead_ids).as_py()
        inside = (ds.field("lead_id") >= extent["min"]) & (ds.field("lead_id") <= extent["max"])
        before = ds.dataset(self.file, format="parquet").to_table(filter=inside)
        place = pc.index_in(lead_ids, value_set=before["lead_id"].combine_chunks())
        there = place.is_valid().to_numpy(zero_copy_only=False)
        found = before["state"].to_numpy()
        same: npt.NDArray[np.bool_] = np.zeros(len(lead_ids), dtype=np.bool_)
        same[there] = found[place.drop_null().to_numpy()] == states[there]
        return same
