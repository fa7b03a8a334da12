"""One simulated company as a training at its origin would have seen it, and the leads of the quarter after it with the truth.

The whole path is the product's own: files, ingest, features, leak checks and quarantine. The CRM is read once, after the tested
quarter; what was not known at the origin is then taken away: looks after it, labels that were not mature, wins that had not come.
Features are point-in-time by law (promise 1), so they are what a reading at the origin gives. Vocabularies and leak checks see the
whole file; neither looks at what became of the tested leads in particular.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.kinds import QUARTER_DAYS, Kind
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history
from leadq.crm.simulated import simulate, write_company
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.leak_checks.run_checks import find_leaks, quarantine
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenWorld:
    """A company at its origin.

    Parameters
    ----------
    origin : Timestamp
    data : TrainingData
        What was known at the origin.
    closed_won, closed_lost : bool arrays of shape (n_rows,)
        Rows of ``data`` whose lead was closed by the origin, as who trains on closed deals sees them.
    later : TrainingData
        Hand-offs of worked leads created in the quarter after the origin.
    truth : array of shape (n_later,)
        Their true probability at the first touch.
    """

    origin: pd.Timestamp
    data: TrainingData
    closed_won: Bools
    closed_lost: Bools
    later: TrainingData
    truth: Floats


def see_world(kind: Kind, seed: int) -> SeenWorld:
    """Simulate one company and look at it at its origin."""
    settings = kind.settings(seed)
    company = simulate(settings)
    origin = pd.Timestamp(settings.start + timedelta(days=kind.origin_days(seed)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_company(company, folder / "source")
        config = read_config(folder / "source" / "leadq.yaml", environment={})
        history = read_history(config, folder=folder / "history", read_at=company.read_at)
        with open_engine(threads=1, spill=folder / "spill") as backend:
            whole = build_training_data(backend, history, kind.agreement(), FeatureSettings())
        data = whole.without(quarantine(find_leaks(whole, history, seed=seed), history))
        last = _last_outcomes(history, origin)
    before = (data.meta["as_of"] < origin).to_numpy(dtype=bool)
    known = _as_known(data.rows(before), origin)
    outcome = known.meta["lead_id"].map(last)
    created = data.meta["created_at"]
    quarter = (created >= origin) & (created < origin + pd.Timedelta(QUARTER_DAYS, "D"))
    later = data.rows((quarter & (data.meta["landmark"] == HANDOFF)).to_numpy(dtype=bool))
    return SeenWorld(
        origin=origin,
        data=known,
        closed_won=(outcome == "won").to_numpy(dtype=bool),
        closed_lost=(outcome == "lost").to_numpy(dtype=bool),
        later=later,
        truth=company.truth.probability_at_first_touch(list(later.meta["lead_id"])),
    )


def _last_outcomes(history: History, origin: pd.Timestamp) -> dict[str, str]:
    outcomes = pq.read_table(history.path("outcomes"), columns=["lead_id", "occurred_at", "outcome"]).to_pandas()
    outcomes = outcomes[outcomes["occurred_at"] <= origin].sort_values("occurred_at", kind="stable")
    return dict(zip(outcomes["lead_id"], outcomes["outcome"], strict=True))


def _as_known(data: TrainingData, origin: pd.Timestamp) -> TrainingData:
    """Take away what was not known at the origin: labels that were not mature, wins that had not come yet."""
    meta = data.meta.copy()
    mature = (meta["label_known_at"] <= origin).to_numpy(dtype=bool)
    win_at = meta["as_of"] + pd.to_timedelta(meta["days_to_win"], unit="D")
    meta["days_to_win"] = meta["days_to_win"].where(win_at <= origin)
    meta["label"] = np.where(mature, meta["label"], 0).astype(np.int8)
    meta["mature"] = mature
    return replace(data, meta=meta)
