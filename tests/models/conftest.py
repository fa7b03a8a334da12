"""Synthetic training data with a known true probability, for the tests of models/."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.models.base.fit_settings import FitSettings
from leadq.models.training.train_bundle import TrainResult, train_bundle

AGES = (0.0, 7.0, 30.0)
HORIZON = 30


def make_catalogue(n_noise: int = 4) -> Catalogue:
    def number(name: str, family: str) -> Feature:
        return Feature(
            name=name, family=family, kind="number", unit="count", source="events", meaning=name, known_because="test"
        )

    industry = Feature(
        name="industry",
        family="company",
        kind="category",
        unit="category",
        source="accounts.industry",
        meaning="industry",
        known_because="test",
        vocabulary=("software", "logistics", "retail", "farming", "media"),
    )
    own = [number("employees", "company"), industry, number("visits", "intent_web"), number("demos", "intent_demo")]
    noise = [number(f"noise {index}", f"own_{index % 3}") for index in range(n_noise)]
    return Catalogue(
        features=tuple(own + noise), horizon_days=HORIZON, ages_days=AGES, tracked_since={}, quarantined={}
    )


def make_world(
    n_leads: int = 2000,
    *,
    seed: int = 1,
    signal: float = 1.0,
    n_noise: int = 4,
    intercept: float = -2.0,
    dated: bool = True,
    drift: float = 0.0,
) -> tuple[TrainingData, np.ndarray]:
    """Leads at landmarks 0, 7, 30 and at hand-off, and every row's true probability."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, int(n_leads * 0.8), n_leads)
    employees = np.exp(rng.normal(5, 1.5, n_leads))
    industry = rng.choice(5, n_leads, p=[0.4, 0.3, 0.15, 0.1, 0.05]).astype(float)
    noise = rng.normal(size=(n_leads, n_noise))
    created = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.sort(rng.uniform(0, 700, n_leads)), unit="D")
    pull = rng.normal(size=n_leads)
    parts = []
    for landmark, age in [(0, 0.0), (1, 7.0), (2, 30.0), (HANDOFF, 2.0)]:
        visits = rng.poisson(np.exp(0.3 * pull + 0.02 * age)).astype(float)
        demos = rng.poisson(0.15 * np.exp(0.5 * pull)).astype(float)
        log_odds = intercept + signal * (
            0.35 * (np.log(employees) - 5)
            + np.array([0.5, 0.0, -0.4, -0.8, 0.3])[industry.astype(int)]
            + 0.25 * np.minimum(visits, 5)
            + 0.9 * np.minimum(demos, 2)
        )
        log_odds = log_odds + drift * np.linspace(0, 1, n_leads) - 0.01 * age
        truth = 1 / (1 + np.exp(-log_odds))
        columns = np.column_stack([employees, industry, visits, demos, noise])
        columns[rng.random(n_leads) < 0.15, 0] = np.nan
        here = np.arange(n_leads) if landmark != 2 else np.flatnonzero(rng.random(n_leads) < 0.6)
        as_of = created + pd.to_timedelta(age, unit="D")
        won = rng.random(n_leads) < truth
        known = as_of + pd.to_timedelta(HORIZON if dated else 0, unit="D")
        parts.append(
            pd.DataFrame(
                {
                    "lead_id": [f"L{i:06d}" for i in range(n_leads)],
                    "account_id": [f"A{i}" for i in account],
                    "group": account.astype(np.int64),
                    "created_at": created.as_unit("us"),
                    "as_of": as_of.as_unit("us"),
                    "age_days": age,
                    "landmark": np.int64(landmark),
                    "days_to_win": np.where(won, rng.uniform(0.1, HORIZON, n_leads), np.nan),
                    "label": won.astype(np.int8),
                    "mature": np.asarray(known <= pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(days=700)),
                    "label_known_at": known.as_unit("us"),
                    "worked": rng.random(n_leads) < 0.95,
                    "weight": 1.0,
                    "source": "web",
                    "owner": None,
                    "_truth": truth,
                    "_row": list(columns),
                }
            ).iloc[here]
        )
    whole = pd.concat(parts).sort_values(["as_of", "lead_id", "landmark"], kind="stable").reset_index(drop=True)
    features = np.array(whole["_row"].tolist(), dtype=np.float64)
    truth = whole["_truth"].to_numpy()
    meta = whole.drop(columns=["_truth", "_row"])
    return TrainingData(features=features, meta=meta, catalogue=make_catalogue(n_noise), dated=dated), truth


@pytest.fixture(scope="session")
def world() -> tuple[TrainingData, np.ndarray]:
    return make_world()


def make_agreement(*promises: float) -> Agreement:
    tiers = "".join(
        f"  - {{id: T{at + 1}, label: Tier {at + 1}, promise: {{win_rate_at_least: {promise}}}, owner: sales}}\n"
        for at, promise in enumerate(promises)
    )
    text = (
        "version: 1\neffective_from: 2026-01-01\nreview_by: 2026-04-01\n"
        "signed: [{role: head of sales, on: 2025-12-24}, {role: head of marketing, on: 2025-12-24}]\n"
        f"outcome: {{event: opportunity won, horizon_days: {HORIZON}}}\nstages: {{SAL: [{{disposition: accepted}}]}}\n"
        f"tiers:\n{tiers}  - {{id: T{len(promises) + 1}, label: Nurture, owner: marketing}}\n"
    )
    return parse_agreement(text, where="test agreement")


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    return make_agreement(0.40, 0.20)


QUICK = FitSettings(threads=1, grid_num_leaves=(7,), learning_rate=0.1, bootstrap_repeats=200, max_rounds=200)


@pytest.fixture(scope="session")
def trained(world: tuple[TrainingData, np.ndarray], agreement: Agreement) -> TrainResult:
    return train_bundle(world[0], agreement, QUICK, provenance={"data_sha256": "abc"})


@pytest.fixture(scope="session")
def base_rate(agreement: Agreement) -> TrainResult:
    data, _ = make_world(1200, signal=0.0, seed=3)
    return train_bundle(data, agreement, QUICK, provenance={"data_sha256": "abc"})
