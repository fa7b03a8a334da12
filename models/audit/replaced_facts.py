"""Ask the model again with some of a lead's facts replaced by those of other leads.

Two answers by family, both of calibrated log-odds and both made of predictions alone, so that they know nothing of how contributions are
computed. Rows of background leads stand for "not known"; a family's columns are always replaced together, from one lead.

References
----------
Lundberg et al. 2020 (interventional SHAP); Jullum et al. 2021 (families as players).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.bundle.bundle import Bundle

Ask = Callable[[Floats], Floats]
"""Calibrated log-odds, shape (n,), of encoded rows, shape (n, n_features)."""


def asking(bundle: Bundle, *, threads: int = 1) -> tuple[Ask, Bools]:
    """Return what answers for a bundle, and which features its trees look at, shape (n_features,)."""
    booster: Any = load_lightgbm().Booster(model_str=bundle.booster_text)

    def ask(rows: Floats) -> Floats:
        return bundle.calibrator.log_odds(np.asarray(booster.predict(rows, raw_score=True, num_threads=threads)))

    return ask, booster.feature_importance() > 0


def deletion_effects(ask: Ask, rows: Floats, background: Floats, places: Ints, wanted: Bools) -> Floats:
    """How much a score falls when one family is replaced and everything else stays.

    Parameters
    ----------
    ask : Ask
    rows : array of shape (n, n_features)
    background : array of shape (n_background, n_features)
    places : array of shape (n_features,)
        Place of each feature's family.
    wanted : bool array of shape (n, n_families)
        Families to replace, by lead.

    Returns
    -------
    array of shape (n, n_families)
        Own log-odds minus their mean over the replacements; NaN where not wanted.
    """
    own, effects = ask(rows), np.full(wanted.shape, np.nan)
    for family in range(wanted.shape[1]):
        leads = np.flatnonzero(wanted[:, family])
        if len(leads):
            mixed = np.repeat(rows[leads], len(background), axis=0)
            columns = np.flatnonzero(places == family)
            mixed[:, columns] = np.tile(background[:, columns], (len(leads), 1))
            effects[leads, family] = own[leads] - ask(mixed).reshape(len(leads), -1).mean(axis=1)
    return effects


def interventional(ask: Ask, rows: Floats, background: Floats, places: Ints, n_families: int, *, seed: int) -> Floats:
    """Interventional SHAP with families as players, shape (n, n_families).

    One random order, forwards and backwards: exact where no more than two families meet in a tree (trees of three leaves), and
    within a few thousandths of log-odds for trees of six. Asked of predictions, because ``shap.TreeExplainer`` with background
    rows gives sums that are not the score where trees split on categories (0.51).

    Parameters
    ----------
    ask : Ask
    rows : array of shape (n, n_features)
    background : array of shape (n_background, n_features)
    places : array of shape (n_features,)
        Place of each feature's family; -1 for a feature that cannot matter.
    n_families : int
    seed : int
    """
    order = np.random.default_rng(seed).permutation(np.unique(places[places >= 0]))
    found = np.zeros((len(rows), n_families))
    own = np.repeat(rows, len(background), axis=0)
    for one in (order, order[::-1]):
        mixed = np.tile(background, (len(rows), 1))
        told = np.tile(ask(background), len(rows))
        for family in one:
            columns = np.flatnonzero(places == family)
            given = own[:, columns]
            moved = np.flatnonzero(_differ(mixed[:, columns], given).any(axis=1))  # the others need not be asked again
            mixed[:, columns] = given
            gained = np.zeros(len(mixed))
            if len(moved):
                gained[moved] = ask(mixed[moved]) - told[moved]
            told += gained
            found[:, family] += gained.reshape(len(rows), -1).mean(axis=1) / 2
    return found


def _differ(first: Floats, second: Floats) -> Bools:
    differ: Bools = (first != second) & ~(np.isnan(first) & np.isnan(second))
    return differ
