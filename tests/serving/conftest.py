"""A small real model and batches of leads shaped as ``leadq.features.tonight`` yields them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.features.catalogue import Catalogue, Feature
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.value_evidence import gather_evidence
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.contributions import make_reference
from leadq.models.tiers.tier_offers import TierCut, no_tiers
from leadq.serving.scoring.score_batches import ScoringRun

AS_OF = datetime(2026, 10, 1, 2, tzinfo=UTC)
SOURCES = ("partner_referral", "web", "cold_list", "webinar")
INDUSTRIES = ("software", "logistics", "retail")
AGREEMENT = """\
version: 4
effective_from: 2026-10-01
outcome: {event: opportunity won, horizon_days: 90}
stages: {SAL: [{disposition: accepted}]}
ideal_customer: {industry: [software, logistics]}
tiers:
  - {id: T1, label: Sales-ready, owner: sales, promise: {win_rate_at_least: 0.3}, action: Call today}
  - {id: T2, label: High intent, owner: sales, promise: {win_rate_at_least: 0.1}}
  - {id: T3, label: Nurture, owner: marketing}
rules:
  - {id: competitor, when: {field: account.domain, in: [rival.example]}, then: disqualify}
  - {id: hand_raiser, when: {event: demo_request, within_days: 14}, then: {at_least: T2}}
"""


def _feature(name: str, family: str, unit: str = "count", vocabulary: tuple[str, ...] = ()) -> Feature:
    kind = "category" if vocabulary else "number"
    return Feature(
        name=name, family=family, kind=kind, unit=unit, source="leads", meaning=name.replace("_", " "),
        known_because="for the test", vocabulary=vocabulary,
    )  # fmt: skip


CATALOGUE = Catalogue(
    features=(
        _feature("company_industry", "company", "category", INDUSTRIES),
        _feature("company_employees", "company", "employees"),
        _feature("source_name", "source", "category", SOURCES),
        _feature("intent_demo_request_count_30d", "intent_demo_request"),
        _feature("intent_demo_request_days_since", "intent_demo_request", "days"),
        _feature("engagement_count_30d", "engagement"),
        _feature("timing_age_days", "timing", "days"),
        _feature("own_lead_plan", "own_lead_plan", "category", ("basic", "pro")),
    ),
    horizon_days=90,
    ages_days=(0.0, 7.0, 30.0, 90.0),
    tracked_since={},
    quarantined={},
)


def _draw_leads(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Raw columns (text and float64), encoded columns, and the log-odds that made the outcome."""
    rng = np.random.default_rng(seed)
    raw = pd.DataFrame(
        {
            "company_industry": rng.choice([*INDUSTRIES, None], n, p=[0.4, 0.3, 0.2, 0.1]),
            "company_employees": np.where(rng.random(n) < 0.2, np.nan, np.round(np.exp(rng.normal(5, 1, n)))),
            "source_name": rng.choice(SOURCES, n, p=[0.2, 0.4, 0.3, 0.1]),
            "intent_demo_request_count_30d": rng.poisson(0.3, n).astype(float),
            "engagement_count_30d": rng.poisson(3, n).astype(float),
            "timing_age_days": rng.uniform(0, 80, n),
            "own_lead_plan": rng.choice(["basic", "pro", None], n),
        }
    )
    days = np.floor(rng.uniform(0, 30, n))
    raw["intent_demo_request_days_since"] = np.where(raw["intent_demo_request_count_30d"] > 0, days, np.nan)
    eta = (
        -2.6
        + 1.1 * (raw["source_name"] == "partner_referral")
        - 1.0 * (raw["source_name"] == "cold_list")
        + 0.8 * raw["intent_demo_request_count_30d"]
        + 0.9 * (raw["company_industry"] == "software")
        + 0.12 * raw["engagement_count_30d"]
    )
    encoded = np.empty((n, len(CATALOGUE.features)))
    for place, feature in enumerate(CATALOGUE.features):
        values = raw[feature.name]
        if feature.kind == "category":
            codes = {value: code for code, value in enumerate(feature.vocabulary)}
            values = values.map(
                lambda value, codes=codes: codes.get(value, len(codes)) if isinstance(value, str) else np.nan
            )
        encoded[:, place] = values.astype(float)
    return raw, encoded, eta.to_numpy()


def _lead_batch(n: int, seed: int = 1, **columns: object) -> pa.RecordBatch:
    """A batch as ``leadq.features.tonight`` yields it; ``columns`` replace or add whole columns."""
    raw, encoded, _ = _draw_leads(n, seed)
    time = pa.timestamp("us", tz="UTC")
    made: dict[str, object] = {
        "lead_id": pa.array([f"L{number:06d}" for number in range(n)]),
        "account_id": pa.array([f"A{number // 2:06d}" for number in range(n)]),
        "owner": pa.array(["north"] * n),
        "source": pa.array(raw["source_name"], pa.string(), from_pandas=True),
        "campaign": pa.array([None] * n, pa.string()),
        "created_at": pa.array([AS_OF - timedelta(days=float(age)) for age in raw["timing_age_days"]], time),
        "age_days": pa.array(raw["timing_age_days"].to_numpy()),
        "worked": pa.array([number % 3 > 0 for number in range(n)]),
        "status_reason": pa.nulls(n, pa.string()),
        "handed_off_at": pa.nulls(n, time),
        "rule:competitor": pa.array([False] * n),
        "rule:hand_raiser": pa.array([False] * n),
    }
    for place, feature in enumerate(CATALOGUE.features):
        if feature.kind == "category":
            made[feature.name] = pa.array(raw[feature.name], pa.string(), from_pandas=True)
            made[f"code:{feature.name}"] = pa.array(encoded[:, place])
        else:
            made[feature.name] = pa.array(encoded[:, place])
    made.update(columns)
    return pa.record_batch(made)


@pytest.fixture(scope="session")
def lead_batch() -> Callable[..., pa.RecordBatch]:
    """Return a function that makes a batch: ``lead_batch(n, seed=1, **columns)``."""
    return _lead_batch


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    return parse_agreement(AGREEMENT, where="test agreement")


@pytest.fixture(scope="session")
def bundle(agreement: Agreement) -> Bundle:
    """Booster on 4,000 leads, calibrated by construction well enough for wording and arithmetic."""
    _, encoded, eta = _draw_leads(4000, seed=7)
    label = (np.random.default_rng(8).random(4000) < 1 / (1 + np.exp(-eta))).astype(float)
    categories = [place for place, feature in enumerate(CATALOGUE.features) if feature.kind == "category"]
    settings = {
        "objective": "binary", "num_leaves": 7, "learning_rate": 0.1, "verbose": -1, "num_threads": 1, "seed": 7,
        "deterministic": True, "force_row_wise": True,
    }  # fmt: skip
    booster = lightgbm.train(settings, lightgbm.Dataset(encoded, label, categorical_feature=categories), 60)
    calibrator = Calibrator(slope=0.9, intercept=-0.1)
    return Bundle(
        kind="booster",
        catalogue=CATALOGUE,
        booster_text=booster.model_to_string(),
        calibrator=calibrator,
        reference=make_reference(booster, encoded, calibrator, "test leads", threads=1),
        tiers=(
            TierCut(tier_id="T1", promise=0.3, cut=0.3, offered=True),
            TierCut(tier_id="T2", promise=0.1, cut=0.1, offered=True),
        ),
        evidence=gather_evidence(encoded, label, CATALOGUE),
        evaluation={},
        agreement_text=agreement.text,
        trained={},
        out_of_time=pd.DataFrame(),
        version="aaaaaaaaaaaa",
    )


@pytest.fixture(scope="session")
def base_rate_bundle(bundle: Bundle, agreement: Agreement) -> Bundle:
    return replace(
        bundle,
        kind="base_rate",
        booster_text="",
        calibrator=Calibrator(slope=0.0, intercept=-2.0),
        tiers=no_tiers(agreement, "nothing beats the base rate"),
        version="bbbbbbbbbbbb",
    )


@pytest.fixture
def run(bundle: Bundle, agreement: Agreement) -> ScoringRun:
    return ScoringRun(
        bundle=bundle,
        agreement=agreement,
        as_of=AS_OF,
        scored_at=AS_OF + timedelta(minutes=5),
        run_id="run-1",
        snapshot_id="snap-1",
    )
