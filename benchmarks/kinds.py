"""The kinds of simulated company that every claim about probabilities and promises is tried on."""

from __future__ import annotations

from dataclasses import dataclass

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.template import template_text
from leadq.crm.simulated import CompanySettings
from leadq.crm.simulated.company_settings import Drift, Losses

QUARTER_DAYS = 91
_AFTERWARDS_DAYS = 14  # the last leads of the tested quarter have their hand-off in these
_FIRST_ORIGIN_DAYS = 560
_PROMISES = {0.03: (0.10, 0.04), 0.10: (0.30, 0.10), 0.25: (0.50, 0.30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of company: ``leads`` are those in the CRM at the origin; ``seeds`` companies are drawn of it."""

    name: str
    leads: int
    base_rate: float
    drift: Drift
    losses: Losses = "mixed"
    first_seed: int
    account_effect_sd: float = 0.0
    seeds: int = 20

    def origin_days(self, seed: int) -> int:
        """Length of the history; companies of one kind are looked at in all four seasons of the year."""
        return _FIRST_ORIGIN_DAYS + QUARTER_DAYS * (seed % 4)

    def settings(self, seed: int) -> CompanySettings:
        """Return the settings of one company: its history and the quarter after it."""
        days = self.origin_days(seed) + QUARTER_DAYS + _AFTERWARDS_DAYS
        return CompanySettings(
            n_leads=round(self.leads * days / self.origin_days(seed)),
            seed=self.first_seed + seed,
            days=days,
            base_rate=self.base_rate,
            drift=self.drift,
            losses=self.losses,
            account_effect_sd=self.account_effect_sd,
        )

    @property
    def promises(self) -> tuple[float, float]:
        """What tiers T1 and T2 promise: about three times the base rate, and about the base rate."""
        return _PROMISES[self.base_rate]

    def agreement(self) -> Agreement:
        """Return the template's agreement with this kind's promises."""
        first, second = self.promises
        text = template_text()
        text = text.replace("win_rate_at_least: 0.30, marginal_at_least: 0.20", f"win_rate_at_least: {first}")
        text = text.replace("win_rate_at_least: 0.10", f"win_rate_at_least: {second}")
        return parse_agreement(text, where=f"agreement of {self.name}")


KINDS = (
    Kind(name="2k, 10 %", leads=2_000, base_rate=0.10, drift="none", first_seed=1_000),
    Kind(name="2k, 10 %, walk", leads=2_000, base_rate=0.10, drift="walk", first_seed=2_000),
    Kind(name="2k, 25 %", leads=2_000, base_rate=0.25, drift="none", first_seed=3_000),
    Kind(name="2k, 25 %, trend", leads=2_000, base_rate=0.25, drift="trend", first_seed=4_000),
    Kind(name="2k, 10 %, fast losses", leads=2_000, base_rate=0.10, drift="none", losses="fast", first_seed=5_000),
    Kind(name="2k, 10 %, slow losses", leads=2_000, base_rate=0.10, drift="none", losses="slow", first_seed=6_000),
    Kind(
        name="2k, 10 %, account clusters",
        leads=2_000,
        base_rate=0.10,
        drift="none",
        account_effect_sd=0.8,
        first_seed=7_000,
    ),
    Kind(name="10k, 3 %", leads=10_000, base_rate=0.03, drift="none", first_seed=8_000),
    Kind(name="10k, 10 %, walk", leads=10_000, base_rate=0.10, drift="walk", first_seed=9_000),
    Kind(name="10k, 10 %, trend", leads=10_000, base_rate=0.10, drift="trend", first_seed=10_000),
    Kind(name="10k, 25 %", leads=10_000, base_rate=0.25, drift="none", first_seed=11_000),
    Kind(name="50k, 10 %, walk", leads=50_000, base_rate=0.10, drift="walk", first_seed=12_000, seeds=2),
)
"""Twelve kinds; two companies instead of twenty of the one with 50,000 leads. No two kinds share a seed."""
