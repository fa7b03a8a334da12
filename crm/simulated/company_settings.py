"""How the simulated company is to be: size, time span, base rate, drift, and which troubles are strong.

One frozen dataclass, checked whole. Every part of the company draws from its own random stream, named after
the part, so that adding a table or a field never changes another one. What the coefficients are stands in
``vocabulary.py`` and ``lead_quality.py``.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import numpy as np

from leadq.crm.simulated.faults.planted import PlantedFaults
from leadq.foundation.problems import ConfigError, Problem

Drift = Literal["none", "walk", "trend"]
Losses = Literal["mixed", "fast", "slow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySettings:
    """What to simulate.

    Parameters
    ----------
    n_leads : int
        Leads created over the whole span (duplicates come on top), 100 to 9,000,000.
    seed : int
    start : datetime
        First day (UTC).
    days : int
        Length of the history; the data is read at ``start + days`` unless said otherwise.
    base_rate : float
        Share in (0, 1) of worked leads that win within the horizon after their creation.
    horizon_days : int
    drift : {"none", "walk", "trend"}
        Quarterly change of the intercept: none, a random walk, or a steady fall.
    drift_sd : float
        Standard deviation (walk) or size (trend) of one quarter's change, log-odds.
    losses : {"mixed", "fast", "slow"}
        How losses are closed: some within a day and some after months, mostly fast, or mostly slow.
    leads_per_account : float
        Mean, over leads that belong to an account.
    account_effect_sd : float
        Standard deviation of an unrecorded account effect, log-odds; 0 for none.
    noise_fields : int
        Own fields that mean nothing.
    duplicate_share : float
        Share of leads entered twice; half of them are merged through ``lead_aliases``.
    never_worked : bool
        False: sales touches every lead.
    planted : PlantedFaults
        Default: none, a clean company.

    Raises
    ------
    ConfigError
        Values out of range, all at once.
    """

    n_leads: int = 20_000
    seed: int = 7
    start: datetime = datetime(2024, 10, 1, tzinfo=UTC)
    days: int = 730
    base_rate: float = 0.10
    horizon_days: int = 90
    drift: Drift = "walk"
    drift_sd: float = 0.08
    losses: Losses = "mixed"
    leads_per_account: float = 2.0
    account_effect_sd: float = 0.0
    noise_fields: int = 12
    duplicate_share: float = 0.02
    never_worked: bool = True
    planted: PlantedFaults = field(default_factory=PlantedFaults)

    def __post_init__(self) -> None:
        limits = (
            ("n_leads", self.n_leads, 100, 9_000_000),
            ("days", self.days, 60, 3660),
            ("base_rate", self.base_rate, 0.005, 0.6),
            ("horizon_days", self.horizon_days, 1, 730),
            ("drift_sd", self.drift_sd, 0.0, 1.0),
            ("leads_per_account", self.leads_per_account, 1.1, 20.0),
            ("account_effect_sd", self.account_effect_sd, 0.0, 3.0),
            ("noise_fields", self.noise_fields, 0, 500),
            ("duplicate_share", self.duplicate_share, 0.0, 0.2),
            ("seed", self.seed, 0, 2**32 - 1),
        )
        problems = [
            _problem(name, f"must be between {low} and {high}", str(value))
            for name, value, low, high in limits
            if not low <= value <= high
        ]
        for name, text, allowed in (
            ("drift", self.drift, get_args(Drift)),
            ("losses", self.losses, get_args(Losses)),
        ):
            if text not in allowed:
                problems.append(_problem(name, f"must be one of {', '.join(allowed)}", repr(text)))
        if self.start.utcoffset() != timedelta(0) or self.start.microsecond:
            problems.append(_problem("start", "must be a whole second in UTC", self.start.isoformat()))
        if problems:
            raise ConfigError(problems)

    @property
    def end(self) -> datetime:
        """When the whole history is over."""
        return self.start + timedelta(days=self.days)

    def random(self, part: str) -> np.random.Generator:
        """Return the random stream of one named part; the same name always gives the same stream."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(zlib.crc32(part.encode()),)))


def _problem(name: str, rule: str, value: str) -> Problem:
    return Problem(
        where=f"simulated company setting {name}", rule=rule, value=value, remedy="Choose a value within its limits."
    )
