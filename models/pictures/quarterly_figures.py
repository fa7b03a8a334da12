"""Figures of the quarterly review (``notebooks/quarterly_review.ipynb``) that no report has.

How outcomes ran over the months, evaluation and tiers as tables, and contributions computed by ``shap`` itself. What is drawn of
them stands in ``quarterly_plots.py`` and ``rival_plots.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.bundle.bundle import Bundle
from leadq.models.fit.contributions import calibrated_contributions, reference_rows
from leadq.models.fit.fit_model import labels, population
from leadq.models.tiers.promise_test import judge

_TWELFTHS = 12  # a flat source has no months: its rows in order are cut into as many parts

_MOMENT_COLUMNS = {
    "moment": "moment",
    "n": "leads",
    "wins": "won",
    "observed_rate": "won rate",
    "mean_probability": "predicted",
    "auc": "AUC",
    "random_split_auc": "AUC, random split",
    "points_auc": "AUC, points",
    "logistic_auc": "AUC, logistic",
    "log_loss": "log-loss",
    "base_log_loss": "log-loss, base rate",
    "points_log_loss": "log-loss, points",
    "logistic_log_loss": "log-loss, logistic",
    "improvement_percent": "% below base rate",
    "calibration.slope": "slope",
    "calibration.slope_low": "slope from",
    "calibration.slope_high": "slope to",
}

_ORIGIN_COLUMNS = {
    "origin": "origin",
    "train_leads": "learnt from",
    "test_leads": "leads",
    "wins": "won",
    "mean_probability": "predicted",
    "unanchored_mean": "without anchor",
    "anchor": "anchor",
    "auc": "AUC",
    "log_loss": "log-loss",
    "unanchored_log_loss": "log-loss, no anchor",
    "slope": "slope",
}

_COHORTS = """
WITH state AS (
  SELECT lead_id, bool_or(outcome = 'won') AS won, arg_max(outcome, occurred_at) AS last
  FROM read_parquet($outcomes, hive_partitioning=false) GROUP BY lead_id),
cohorts AS (
  SELECT lead_id, CASE WHEN $dated THEN strftime(created_at, '%Y-%m')
    ELSE lpad(ntile($parts) OVER (ORDER BY created_at, lead_id)::VARCHAR, 2, '0') END AS cohort
  FROM read_parquet($leads, hive_partitioning=false) WHERE created_at IS NOT NULL)
SELECT cohort, count(*)::BIGINT AS leads, count(*) FILTER (s.won)::BIGINT AS won,
  count(*) FILTER (NOT s.won AND s.last = 'lost')::BIGINT AS lost
FROM cohorts LEFT JOIN state s USING (lead_id) GROUP BY cohort ORDER BY cohort
"""


def outcomes_by_month(history: History, data: TrainingData) -> pd.DataFrame:
    """Count leads and outcomes by month of creation, with the win rate that labels show.

    Parameters
    ----------
    history : History
    data : TrainingData
        Its mature, worked rows at hand-off (else at the first landmark) give the win rate within the horizon.

    Returns
    -------
    DataFrame
        Indexed by ``cohort`` (``2026-03``; for a flat source the twelfth of its rows: ``01``): ``leads, won, lost, open`` (counts as
        they stand today), ``mature, wins`` (of the labelled leads), ``rate, low, high`` (their win rate in [0, 1] with its 90 %
        interval, NaN where none is mature).
    """
    paths = {"leads": engine_path(history.path("leads")), "outcomes": engine_path(history.path("outcomes"))}
    with open_engine() as backend:
        asked = {**paths, "dated": history.dated, "parts": _TWELFTHS}
        counted: pd.DataFrame = backend.con.execute(_COHORTS, asked).df().set_index("cohort")
    counted["open"] = counted["leads"] - counted["won"] - counted["lost"]
    learnt = data.rows(population(data))
    judged = learnt.rows(reference_rows(learnt)[0])
    label, group = labels(judged), judged.meta["group"].to_numpy(dtype=np.int64)
    cohort = _cohort_of(judged)
    rows = []
    for name in counted.index:
        inside = cohort == name
        if inside.any():
            found = judge(label[inside], group[inside])
            rows.append((found.n, found.won, found.won / found.n, found.quantile(0.05), found.quantile(0.95)))
        else:
            rows.append((0, 0, np.nan, np.nan, np.nan))
    rates = pd.DataFrame(rows, columns=["mature", "wins", "rate", "low", "high"], index=counted.index)
    return counted.join(rates)


def _cohort_of(data: TrainingData) -> Any:
    if data.dated:
        return data.meta["created_at"].dt.strftime("%Y-%m").to_numpy(dtype=object)
    part = np.arange(len(data.meta)) * _TWELFTHS // max(len(data.meta), 1) + 1
    return np.array([f"{one:02d}" for one in part], dtype=object)


def import_shap() -> Any:
    """Import shap without its remarks on widgets that are not there and on matplotlib's next version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap  # noqa: PLC0415 - heavy; only for audits

        return shap


@contextmanager
def drawn_alike(seed: int) -> Iterator[None]:
    """Let ``shap`` draw the same picture twice: it shuffles with numpy's global state, which is put back afterwards."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


def contributions_by_shap(bundle: Bundle, rows: Floats) -> Floats:
    """Contributions of each feature, computed by ``shap`` itself: the audit of what the nightly scorer says.

    Parameters
    ----------
    bundle : Bundle
        Of kind ``booster``.
    rows : array of shape (n, n_features)

    Returns
    -------
    array of shape (n, n_features)
        Calibrated log-odds against the average reference lead, the scale of every reason that sales reads.
    """
    lightgbm = load_lightgbm()
    shap = import_shap()
    explainer = shap.TreeExplainer(lightgbm.Booster(model_str=bundle.booster_text))
    found = explainer(rows)
    expected = np.broadcast_to(found.base_values, (len(rows),))
    parts = np.column_stack([found.values, expected])
    return calibrated_contributions(parts.sum(axis=1), parts[:, :-1], bundle.calibrator, bundle.reference)[1]


def figures_by_moment(evaluation: Mapping[str, Any]) -> pd.DataFrame:
    """One row a moment of a bundle's evaluation: rates, AUC and log-loss of the model beside its rivals', calibration slope."""
    table = pd.json_normalize(list(evaluation["moments"]), max_level=1).reindex(columns=list(_MOMENT_COLUMNS))
    return table.rename(columns=_MOMENT_COLUMNS).set_index("moment")


def figures_by_origin(evaluation: Mapping[str, Any]) -> pd.DataFrame:
    """One row a rolling origin of a bundle's evaluation: what was learnt from, what was predicted for the period after it, what came."""
    table = pd.DataFrame(list(evaluation["origins"])).reindex(columns=list(_ORIGIN_COLUMNS))
    return table.assign(origin=table["origin"].astype(str).str[:10]).rename(columns=_ORIGIN_COLUMNS).set_index("origin")


def tiers_and_capacity(bundle: Bundle, agreement: Agreement) -> pd.DataFrame:
    """One row a promised tier: what was promised and seen on held-out leads, and how many leads a week it would bring.

    Returns
    -------
    DataFrame
        Indexed by tier id: ``promised, cut, predicted, won`` (rates in [0, 1]; NaN where nothing was seen), ``kept_with`` (posterior
        probability that the promise is kept), ``leads`` (held out), ``light``, ``a_week`` (held-out leads a week; NaN for a flat
        source) and ``agreed_a_week`` (capacity, NaN where none is agreed).
    """
    weeks = np.nan
    if bundle.evaluation.get("dated", True) and len(bundle.out_of_time) > 1:
        seen = pd.to_datetime(bundle.out_of_time["as_of"], format="ISO8601", utc=True)
        weeks = max((seen.max() - seen.min()) / pd.Timedelta(days=7), 1.0)
    capacity = {tier.id: tier.capacity_per_week for tier in agreement.tiers}
    rows = [
        {
            "tier": cut.tier_id,
            "promised": cut.promise,
            "cut": cut.cut,
            "predicted": cut.mean_probability,
            "won": cut.observed_rate,
            "kept_with": cut.probability_kept,
            "leads": cut.n,
            "light": cut.light if cut.offered else f"{cut.light}, not offered",
            "a_week": cut.n / weeks,
            "agreed_a_week": capacity.get(cut.tier_id),
        }
        for cut in bundle.tiers
    ]
    table = pd.DataFrame(rows).set_index("tier")
    numbers = [name for name in table.columns if name != "light"]
    return table.astype(dict.fromkeys(numbers, "float64")).astype({"leads": "int64"})
