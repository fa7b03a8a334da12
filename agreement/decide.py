"""A lead's tier, decided in one place: disqualify, at_least, hysteresis, model.

Where the cuts come from is the models' matter, whether a rule holds is the features'. Both arrive here as
arrays; a row without a score (a missing probability or model tier) gets no tier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from leadq.agreement.schema import BY_MODEL, DISQUALIFIED, Agreement
from leadq.foundation.problems import AgreementError, Problem

CLEAR_CROSSING = 0.10
"""A probability this far beyond a cut, relative to the cut, changes the tier in one night (docs/method.md, Tiers and the promise)."""

NO_TIER = -1
"""Rank of a row without a tier; else a rank is the tier's place, 0 the best."""

Tiers = npt.NDArray[np.object_]
Ranks = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided for each lead.

    Parameters
    ----------
    tier : ndarray of shape (n_leads,), object
        Tier id, ``"disqualified"``, or None for a lead without a score.
    tier_by : ndarray of shape (n_leads,), object
        ``"model"``, the id of the rule that changed the model's tier, or None.
    """

    tier: Tiers
    tier_by: Tiers


def model_tiers(
    probability: npt.ArrayLike,
    cuts: Mapping[str, float | None],
    agreement: Agreement,
    *,
    previous_tier: npt.ArrayLike | None = None,
    previous_probability: npt.ArrayLike | None = None,
) -> Tiers:
    """Return the tier that the model's probability earns.

    The best offered tier whose cut is not above the probability. A tier without a cut is not offered and its
    leads fall to the next one. With last night's state, a lead crosses a cut only when its probability is beyond
    the cut on two nights in a row, or beyond it by more than 10 % of the cut.

    Parameters
    ----------
    probability : array-like of shape (n_leads,)
        In [0, 1]; NaN where a lead is not scored.
    cuts : mapping of str to float or None
        Tier id to the smallest probability that earns it. The last tier has none.
    agreement : Agreement
    previous_tier : array-like of shape (n_leads,), optional
        Last night's **model tier** (not the one a rule decided); missing for a new lead.
    previous_probability : array-like of shape (n_leads,), optional
        Last night's probability; NaN for a new lead.

    Returns
    -------
    ndarray of shape (n_leads,), object
        Tier ids; None where the probability is NaN.

    Raises
    ------
    AgreementError
        ``cuts`` names a tier the agreement does not have: the bundle was made under another agreement.
    """
    tier_ids = [tier.id for tier in agreement.tiers]
    now = np.asarray(probability, dtype=np.float64)
    _refuse_unknown(cuts, tier_ids)
    before = np.full(now.shape, np.nan)
    rank_before = np.full(now.shape, NO_TIER, dtype=np.int16)
    if previous_tier is not None and previous_probability is not None:
        before = np.asarray(previous_probability, dtype=np.float64)
        rank_before = _ranks(previous_tier, tier_ids, unknown=NO_TIER)
    if not now.shape == before.shape == rank_before.shape:
        raise ValueError(f"shapes differ: {now.shape}, {before.shape}, {rank_before.shape}")
    seen_before = (rank_before != NO_TIER) & np.isfinite(before)

    rank = np.full(now.shape, len(tier_ids) - 1, dtype=np.int16)
    for place in reversed(range(len(tier_ids) - 1)):  # the best tier is written last and wins
        cut = cuts.get(tier_ids[place])
        if cut is None:
            continue
        above = now >= cut
        was_in = rank_before <= place
        stays = above | ((before >= cut) & (now >= cut * (1 - CLEAR_CROSSING)))
        enters = above & ((before >= cut) | (now > cut * (1 + CLEAR_CROSSING)))
        rank[np.where(seen_before, np.where(was_in, stays, enters), above)] = place
    rank[np.isnan(now)] = NO_TIER
    return _names(rank, tier_ids)


def decide_tiers(
    *, model_tier: npt.ArrayLike, rule_hits: Mapping[str, npt.NDArray[np.bool_]], agreement: Agreement
) -> Decision:
    """Apply the agreed rules to the model's tiers.

    A lead that any disqualifying rule hits is disqualified. Else the best tier that an ``at_least`` rule grants
    holds if it is better than the model's: a rule never lowers a tier. Of several rules with the same effect the
    first one of the agreement is named.

    Parameters
    ----------
    model_tier : array-like of shape (n_leads,)
        From :func:`model_tiers`, hysteresis included; None where a lead has no score.
    rule_hits : mapping of str to ndarray of shape (n_leads,), bool
        For every rule of the agreement the leads it holds for.
    agreement : Agreement

    Returns
    -------
    Decision
        A lead that no rule changed is decided by ``"model"``.
    """
    tier_ids = [tier.id for tier in agreement.tiers]
    rule_ids = {rule.id for rule in agreement.rules}
    rank = _ranks(model_tier, tier_ids, unknown=None)
    if set(rule_hits) != rule_ids:
        raise ValueError(f"rule_hits must hold exactly the rules {sorted(rule_ids)}, got {sorted(rule_hits)}")
    if misfits := [rule for rule, hits in rule_hits.items() if hits.shape != rank.shape or hits.dtype != np.bool_]:
        raise ValueError(f"rule_hits must be bool of shape {rank.shape}, but are not for {misfits}")

    scored = rank != NO_TIER
    by = np.where(scored, 0, NO_TIER).astype(np.int16)
    lifts = [(place, rule) for place, rule in enumerate(agreement.rules, start=1) if rule.at_least is not None]
    for place, rule in lifts:
        target = tier_ids.index(str(rule.at_least))
        lifted = scored & rule_hits[rule.id] & (target < rank)
        rank[lifted] = target
        by[lifted] = place
    out = len(tier_ids)
    for place, rule in enumerate(agreement.rules, start=1):
        if rule.disqualify:
            struck = scored & rule_hits[rule.id] & (rank != out)
            rank[struck] = out
            by[struck] = place
    deciders = [BY_MODEL, *(rule.id for rule in agreement.rules)]
    return Decision(tier=_names(rank, [*tier_ids, DISQUALIFIED]), tier_by=_names(by, deciders))


def _refuse_unknown(cuts: Mapping[str, float | None], tier_ids: list[str]) -> None:
    problems = [
        Problem(
            where=f"cut of tier {tier}",
            rule="must be a finite number for a tier that promises something",
            value="none" if cut is None else f"{cut:g}",
            remedy=f"Train again under this agreement; tiers with a promise: {', '.join(tier_ids[:-1])}.",
        )
        for tier, cut in cuts.items()
        if (tier not in tier_ids[:-1] and not (tier == tier_ids[-1] and cut is None))
        or (cut is not None and not isfinite(cut))
    ]
    if problems:
        raise AgreementError(problems)


def _ranks(tiers: npt.ArrayLike, tier_ids: list[str], *, unknown: int | None) -> Ranks:
    """Return each tier's place; anything but a text is no tier.

    ``unknown`` stands for a tier that is not in the agreement (last night's may be of an older one); with None
    such a tier is refused.
    """
    values = np.asarray(tiers, dtype=object)
    codes = {tier: place for place, tier in enumerate(tier_ids)}
    found = np.fromiter(
        (codes.get(value, -2) if isinstance(value, str) else NO_TIER for value in values), np.int16, len(values)
    )
    if unknown is None and (found == -2).any():
        raise ValueError(f"model_tier must be one of {tier_ids}, got {values[found == -2][0]!r}")
    found[found == -2] = NO_TIER if unknown is None else unknown
    return found


def _names(ranks: Ranks, names: list[str]) -> Tiers:
    """Return ``names[rank]``, None for :data:`NO_TIER` (-1, which picks the last entry)."""
    return np.array([*names, None], dtype=object)[ranks]
