"""LightGBM's text format as arrays: what a tree decides, its leaves, and how many training rows passed each node.

Read from the text and not from ``dump_model``, which prints an infinite threshold as 1e300. What the explainer cannot
reproduce exactly is refused by name.

References
----------
.. [1] LightGBM, ``src/io/tree.cpp`` (``Tree::ToString``) and ``include/LightGBM/tree.h`` (``NumericalDecision``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.problems import BundleError, Problem

CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_ZERO, MISSING_NAN = 1, 2  # 0: nothing is missing, a NaN counts as zero


class UnsupportedModelError(BundleError):
    """The model has a part that the fast explainer does not reproduce."""


class UnexplainableModelError(UnsupportedModelError):
    """Nobody explains the model by one exact contribution a feature: LightGBM's own ``pred_contrib`` does not, either."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """One tree of k leaves and k - 1 inner nodes; a child below zero is leaf ``~child``.

    Parameters
    ----------
    feature, decision, left, right : int64 arrays of shape (k - 1,)
    threshold : float64 array of shape (k - 1,)
        Of a categorical node: index into ``categories``.
    node_count : array of shape (k - 1,), leaf_count : array of shape (k,)
        Training rows.
    leaf_value : float64 array of shape (k,)
    categories : tuple of int64 arrays
        Categories that go left.
    """

    feature: Ints
    threshold: Floats
    decision: Ints
    left: Ints
    right: Ints
    node_count: Floats
    leaf_value: Floats
    leaf_count: Floats
    categories: tuple[Ints, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelText:
    """A parsed model: its trees and how many features it reads."""

    trees: tuple[Tree, ...]
    n_features: int


def parse_model(text: str) -> ModelText:
    """Read a model.

    Parameters
    ----------
    text : str
        ``booster.model_to_string()``.

    Raises
    ------
    UnexplainableModelError
        Several outputs a row (classes), or linear trees.
    UnsupportedModelError
        Random forest, or a node that no training row reached: LightGBM's own ``pred_contrib`` explains these.
    BundleError
        The text is no LightGBM model.
    """
    body, ended, _ = text.partition("\nend of trees")
    head, *sections = body.split("\nTree=")
    if not ended:
        raise BundleError(_problem("must be a complete LightGBM model", "no line 'end of trees'", "Train again."))
    header = _pairs(head)
    if "average_output" in head.splitlines():
        raise unsupported("random forest (averaged output)")
    for key in ("num_class", "num_tree_per_iteration"):
        if header.get(key, "1") != "1":
            remedy = "booster.predict(rows, pred_contrib=True) gives n_features + 1 columns for each class."
            raise UnexplainableModelError(_problem("must have one output a row", f"{key} {header[key]}", remedy))
    try:
        n_features = int(header["max_feature_idx"]) + 1
        trees = tuple(_tree(_pairs(section)) for section in sections)
    except (KeyError, ValueError) as error:
        raise BundleError(_problem("must be a complete LightGBM model", str(error), "Train again.")) from error
    return ModelText(trees=trees, n_features=n_features)


def _pairs(section: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in section.splitlines() if "=" in line)


def _tree(part: dict[str, str]) -> Tree:
    if part.get("is_linear", "0") != "0":
        remedy = "Train without linear_tree: LightGBM's own pred_contrib does not explain linear trees, either."
        raise UnexplainableModelError(_problem("must have constant leaves", "linear trees", remedy))

    def whole(name: str) -> Ints:
        return np.array(part.get(name, "").split(), dtype=np.int64)

    def real(name: str) -> Floats:
        return np.array(part.get(name, "").split(), dtype=np.float64)

    tree = Tree(
        feature=whole("split_feature"),
        threshold=real("threshold"),
        decision=whole("decision_type"),
        left=whole("left_child"),
        right=whole("right_child"),
        node_count=real("internal_count"),
        leaf_value=real("leaf_value"),
        leaf_count=real("leaf_count"),
        categories=_category_sets(whole("cat_boundaries"), whole("cat_threshold")),
    )
    leaves = int(part["num_leaves"])
    inner = {len(one) for one in (tree.feature, tree.threshold, tree.decision, tree.left, tree.right)}
    if inner != {leaves - 1} or len(tree.leaf_value) != leaves:
        raise ValueError(f"a tree of {leaves} leaves has {len(tree.feature)} splits")
    if leaves > 1 and (len(tree.leaf_count) != leaves or not (tree.node_count > 0).all()):
        raise unsupported("a node that no training row reached")
    return tree


def _category_sets(boundaries: Ints, bits: Ints) -> tuple[Ints, ...]:
    sets = []
    for start, end in pairwise(boundaries.tolist()):
        words = bits[start:end]
        sets.append(np.array([32 * at + bit for at, word in enumerate(words) for bit in range(32) if word >> bit & 1]))
    return tuple(sets)


def _problem(rule: str, value: str, remedy: str) -> Problem:
    return Problem(where="model to explain", rule=rule, value=value, remedy=remedy)


def unsupported(what: str) -> UnsupportedModelError:
    """Return the refusal of a model that has ``what``."""
    remedy = "Use LightGBM's own pred_contrib for it (leadq.explain does, and warns of it)."
    return UnsupportedModelError(_problem("must be made of what the fast explainer reproduces", what, remedy))
