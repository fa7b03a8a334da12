"""What each leaf asks of a row: per distinct feature on its path, the codes for which all its conditions hold.

A feature that occurs several times on a path is one condition, and its cover is the product of the shares of training rows that
took those turns. Leaves are numbered over all trees, those of a subtree side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.models.explainer.model_text import ModelText, Tree
from leadq.models.explainer.value_codes import FeatureCodes, goes_left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditions:
    """Conditions of all n leaves, p in all.

    Parameters
    ----------
    start : int64 array of shape (n + 1,)
        Leaf ``i`` has the conditions ``start[i]`` to ``start[i + 1]``, in order of feature.
    feature : int64 array of shape (p,)
    cover : float64 array of shape (p,)
        Share of training rows that met the condition where it was asked.
    holds : bool array of shape (p, most codes of a feature)
    marks : int64 array of shape (p,)
        A random number a condition: codes with the same exclusive-or of those that hold have the same answers.
    value : float64 array of shape (n,)
        The leaf's output.
    subtrees : int64 array of shape (m, 4)
        First leaf, end of leaves, and the rows of both children (-1 for a leaf); a parent stands after its children.
    roots : int64 array
        Rows of ``subtrees`` that are whole trees.
    expected : float
        Mean margin over the training rows, by their counts in the model.
    """

    start: Ints
    feature: Ints
    cover: Floats
    holds: npt.NDArray[np.uint8]
    marks: Ints
    value: Floats
    subtrees: Ints
    roots: Ints
    expected: float


class _Walk:
    def __init__(self, codes: tuple[FeatureCodes, ...]) -> None:
        self.codes = codes
        self.width = max((one.size for one in codes), default=1)
        self.start, self.feature, self.value = [0], list[int](), list[float]()
        self.cover: list[float] = []
        self.holds: list[npt.NDArray[np.uint8]] = []
        self.subtrees: list[tuple[int, int, int, int]] = []

    def down(self, tree: Tree, node: int, path: dict[int, tuple[float, Bools]]) -> int:
        """Visit a subtree; return its row. ``path`` maps a feature to its cover and where its conditions hold."""
        first = len(self.value)
        if node < 0:
            self._leaf(float(tree.leaf_value[~node]), path)
            return self._subtree(first, -1, -1)
        feature = int(tree.feature[node])
        left = goes_left(tree, node, self.codes[feature])
        cover, holds = path.get(feature, (1.0, np.ones(len(left), dtype=np.bool_)))
        rows = []
        for child, way in ((int(tree.left[node]), left), (int(tree.right[node]), ~left)):
            share = _count(tree, child) / float(tree.node_count[node])
            rows.append(self.down(tree, child, {**path, feature: (cover * share, holds & way)}))
        return self._subtree(first, *rows)

    def _subtree(self, first: int, left: int, right: int) -> int:
        self.subtrees.append((first, len(self.value), left, right))
        return len(self.subtrees) - 1

    def _leaf(self, value: float, path: dict[int, tuple[float, Bools]]) -> None:
        for feature in sorted(path):
            cover, holds = path[feature]
            row = np.zeros(self.width, dtype=np.uint8)
            row[: len(holds)] = holds
            self.feature.append(feature)
            self.cover.append(cover)
            self.holds.append(row)
        self.value.append(value)
        self.start.append(len(self.feature))


def _count(tree: Tree, child: int) -> float:
    return float(tree.leaf_count[~child] if child < 0 else tree.node_count[child])


def find_conditions(model: ModelText, codes: tuple[FeatureCodes, ...]) -> Conditions:
    """Walk every tree."""
    walk = _Walk(codes)
    roots, expected = [], 0.0
    for tree in model.trees:
        if len(tree.leaf_value) == 1:
            expected += float(tree.leaf_value[0])
            continue
        expected += float((tree.leaf_value * tree.leaf_count).sum() / tree.node_count[0])
        roots.append(walk.down(tree, 0, {}))
    return Conditions(
        start=np.array(walk.start, dtype=np.int64),
        feature=np.array(walk.feature, dtype=np.int64),
        cover=np.array(walk.cover, dtype=np.float64),
        holds=np.array(walk.holds, dtype=np.uint8).reshape(len(walk.feature), walk.width),
        marks=np.random.default_rng(0).integers(1, 2**63 - 1, size=len(walk.feature), dtype=np.int64),
        value=np.array(walk.value, dtype=np.float64),
        subtrees=np.array(walk.subtrees, dtype=np.int64).reshape(-1, 4),
        roots=np.array(roots, dtype=np.int64),
        expected=expected,
    )
