"""Held-out forecasts with a known truth, in the columns that training writes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leadq.features.training_data import HANDOFF


def make_held_out(n_leads: int = 4000, *, seed: int = 5, slope: float = 1.0, n_origins: int = 4) -> pd.DataFrame:
    """Leads at hand-off and at landmark 0; forecasts are calibrated for ``slope`` 1, points know half as much."""
    rng = np.random.default_rng(seed)
    known, shown = rng.normal(size=(2, n_leads))
    log_odds = -1.4 + 0.9 * known + 0.5 * shown
    created = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.sort(rng.uniform(0, 300, n_leads)), unit="D")
    truth = 1 / (1 + np.exp(-log_odds))
    label = (rng.random(n_leads) < truth).astype(np.int8)
    account = rng.integers(0, n_leads, n_leads)
    points = 1 / (1 + np.exp(1.3 - 0.5 * np.round(shown)))
    parts = []
    for landmark in (HANDOFF, 0):
        unanchored = 1 / (1 + np.exp(-slope * log_odds + 0.2))
        parts.append(
            pd.DataFrame(
                {
                    "row": np.arange(n_leads, dtype=np.int64),
                    "lead_id": [f"L{at:05d}" for at in range(n_leads)],
                    "group": account.astype(np.int64),
                    "landmark": np.int64(landmark),
                    "created_at": created.as_unit("us"),
                    "as_of": (created + pd.Timedelta(days=2)).as_unit("us"),
                    "label_known_at": (created + pd.Timedelta(days=92)).as_unit("us"),
                    "label": label,
                    "weight": 1.0,
                    "origin": np.arange(n_leads, dtype=np.int64) * n_origins // n_leads,
                    "probability": 1 / (1 + np.exp(-slope * log_odds)),
                    "unanchored": unanchored,
                    "base": float(truth.mean()),
                    "logistic": 1 / (1 + np.exp(-0.95 * log_odds)),
                    "points": points,
                    "random_split": 1 / (1 + np.exp(-log_odds - 0.3 * (label - truth))),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
