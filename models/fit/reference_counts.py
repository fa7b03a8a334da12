"""Reasons are measured against the reference leads: so the trees are told how many of *them* pass each node.

Path-dependent TreeSHAP weighs the branches that a lead did not take by the rows that took them in training. Those are looks at every age,
and some facts tell little but the age. Weighed by them, families get credit that the model does not give: on the loan leads a fact that
every lead has at hand-off held 0.07 log-odds on average, and deletion found nothing in it. Predictions do not use the counts.
"""

from __future__ import annotations

import re

import numpy as np

from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.lightgbm_loader import load_lightgbm

CHUNK_ROWS = 10_000
"""Rows counted at a time: their leaves in all trees are in memory together."""
_TREE = re.compile(r"(?=^Tree=\d+$)", re.MULTILINE)
_SIZES = re.compile(r"^tree_sizes=(.*)$", re.MULTILINE)


def recount(booster_text: str, rows: Floats) -> str:
    """Rewrite the counts of a LightGBM model's nodes.

    Parameters
    ----------
    booster_text : str
        LightGBM's text.
    rows : array of shape (n, n_features)
        The reference leads, encoded.

    Returns
    -------
    str
        The same model; a leaf that none of the rows reaches counts as one, because a share of nothing is not defined.
    """
    head, *trees = _TREE.split(booster_text)
    counts = _leaf_counts(booster_text, rows, len(trees))
    told = [_with_counts(tree, found) for tree, found in zip(trees, counts, strict=True)]
    grown = [len(new) - len(old) for new, old in zip(told, trees, strict=True)]

    def resized(found: re.Match[str]) -> str:
        sizes = (int(size) + more for size, more in zip(found[1].split(), grown, strict=True))
        return f"tree_sizes={' '.join(str(size) for size in sizes)}"

    return _SIZES.sub(resized, head) + "".join(told)


def _leaf_counts(booster_text: str, rows: Floats, n_trees: int) -> list[Ints]:
    booster = load_lightgbm().Booster(model_str=booster_text)
    counts = [np.zeros(0, dtype=np.int64)] * n_trees
    for start in range(0, len(rows), CHUNK_ROWS):
        leaves = np.asarray(booster.predict(rows[start : start + CHUNK_ROWS], pred_leaf=True, num_threads=1))
        for at, leaf in enumerate(leaves.reshape(-1, n_trees).astype(np.int64).T):
            found = np.bincount(leaf, minlength=len(counts[at]))
            found[: len(counts[at])] += counts[at]
            counts[at] = found
    return counts


def _with_counts(tree: str, found: Ints) -> str:
    values = dict(line.split("=", 1) for line in reversed(tree.splitlines()) if "=" in line)  # the first of a name
    n_leaves = int(values["num_leaves"])
    if n_leaves < 2:
        return tree
    leaf = np.ones(n_leaves, dtype=np.int64)
    leaf[: len(found)] = np.maximum(found, 1)
    children = [[int(child) for child in values[side].split()] for side in ("left_child", "right_child")]

    def passed(node: int) -> int:
        return int(leaf[~node]) if node < 0 else sum(passed(side[node]) for side in children)

    inner = [passed(node) for node in range(n_leaves - 1)]
    for name, counts in (("leaf_count", leaf), ("internal_count", inner)):
        told = " ".join(str(one) for one in counts)
        tree = tree.replace(f"\n{name}={values[name]}\n", f"\n{name}={told}\n", 1)
    return tree
