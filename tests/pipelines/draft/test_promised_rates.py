"""A proposed promise is one that its own leads prove: the leads of the tiers above do not lend it theirs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadq.agreement.schema import Agreement, Promise
from leadq.models.tiers.cuts import HeldOut
from leadq.pipelines.draft.promised_rates import offers, rounded_down, with_promises


def held_out(seed: int, n: int = 2_400) -> HeldOut:
    """Later leads whose chance is known: a few far better than the many, so that the best third wins more than its own lower part."""
    random = np.random.default_rng(seed)
    chance = np.where(random.random(n) < 0.1, random.uniform(0.5, 0.7, n), random.uniform(0.02, 0.2, n))
    label = (random.random(n) < chance).astype(np.float64)
    return HeldOut(probability=chance, label=label, group=np.arange(n), period=np.zeros(n, dtype=np.int64))


@pytest.mark.parametrize("seed", [1, 2, 4, 5])
def test_every_proposed_promise_is_proven_by_the_tier_s_own_leads(agreement: Agreement, seed: int) -> None:
    found = held_out(seed)
    hopeful = {"T1": Promise(win_rate_at_least=0.9), "T2": Promise(win_rate_at_least=0.8)}
    agreement = replace(agreement, tiers=tuple(replace(tier, promise=hopeful.get(tier.id)) for tier in agreement.tiers))
    before = {tier.id: tier.promise for tier in agreement.tiers}
    drafted = with_promises(agreement, found)
    cuts = {cut.tier_id: cut for cut in offers(drafted, found)}
    changed = [tier.id for tier in drafted.tiers if tier.promise is not None and tier.promise != before[tier.id]]
    assert "T1" in changed
    assert {cuts[name].light for name in changed} <= {"PROVEN"}
    rates = [tier.promise.win_rate_at_least for tier in drafted.tiers if tier.promise is not None]
    assert rates == sorted(rates, reverse=True)


def test_a_rate_is_rounded_down_and_never_to_nothing() -> None:
    assert [rounded_down(rate) for rate in (0.2399, 0.24, 0.0456, 0.0004)] == [0.23, 0.24, 0.045, 0.0004]
