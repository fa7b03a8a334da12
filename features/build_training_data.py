"""From a history to what models learn from: the catalogue, and encoded features with matured labels."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.assemble import assemble, declare_all, encoded, model_columns
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import DAY_US, Tables, open_tables
from leadq.features.feature_settings import FeatureSettings
from leadq.features.field_values import known_fields
from leadq.features.groups.intent import find_kinds
from leadq.features.groups.plug_ins import load_named
from leadq.features.groups.protocol import FeatureContext
from leadq.features.labels import labels
from leadq.features.landmarks import training_points
from leadq.features.meaning.choose_lists import lists_for
from leadq.features.rejection.standing import rejections
from leadq.features.training_data import TrainingData
from leadq.features.vocabularies import with_vocabularies
from leadq.foundation.problems import GateStopped, Problem


def build_training_data(
    backend: Any,
    history: History,
    agreement: Agreement,
    settings: FeatureSettings,
    *,
    looks_while_rejected: bool = False,
) -> TrainingData:
    """Look at every lead at its landmarks.

    Parameters
    ----------
    backend : Ibis backend
        From :func:`leadq.features.engine.duckdb_engine.open_engine`.
    history : History
    agreement : Agreement
    settings : FeatureSettings
    looks_while_rejected : bool
        Look at leads while a rejection stands, too: only to measure what that would do (decision 0032).

    Returns
    -------
    TrainingData
        With the catalogue that scoring will use; nothing is quarantined yet.

    Raises
    ------
    GateStopped
        No lead can be looked at: no dates, or none was open at any landmark.
    ConfigError
        A feature group that the settings name cannot be had, or declares what it may not.
    """
    plug_ins = load_named(settings.groups)
    tables = open_tables(backend, history)
    horizon = agreement.outcome.horizon_days
    grid = settings.ages_days if history.dated else (0.0,)
    rejected = None if looks_while_rejected else rejections(tables, agreement.after_rejection)
    points = training_points(tables, grid, rejected=rejected)
    labelled = labels(tables, points, horizon, settings.worked_within_days)
    labelled = backend.create_table("training_labels", labelled, temp=True, overwrite=True)
    ages = _supported_ages(points, labelled, grid, settings.min_wins_at_age)
    if len(ages) < len(grid):
        points = backend.create_table(
            "supported_points", points.filter(points.landmark < len(ages)), temp=True, overwrite=True
        )
    kinds = find_kinds(tables, settings) if history.dated else ()
    meaning = lists_for(tables, settings)
    context = FeatureContext(
        tables=tables,
        points=points,
        agreement=agreement,
        fields=known_fields(history),
        tracked_since=history.tracked_since,
        event_kinds=kinds,
        meaning=meaning,
    )
    catalogue = Catalogue(
        features=declare_all(context.declaration, plug_ins),
        horizon_days=horizon,
        ages_days=ages,
        event_kinds=kinds,
        tracked_since={name: since.isoformat() for name, since in sorted(history.tracked_since.items())},
        quarantined={},
        plug_ins=tuple(one.plug_in for one in plug_ins),
        meaning=meaning,
    )
    raw = assemble(context, catalogue)
    raw = backend.create_table("training_features", raw, temp=True, overwrite=True)
    catalogue = with_vocabularies(catalogue, points, raw, settings)
    return _without_constants(_collect(tables, points, labelled, encoded(raw, catalogue), catalogue))


def _supported_ages(points: ir.Table, labelled: ir.Table, grid: tuple[float, ...], min_wins: int) -> tuple[float, ...]:
    """Cut the grid after the last age with enough mature wins; always keep the first."""
    joined = points.inner_join(labelled, "point_id").filter(ibis._.mature & ibis._.worked)
    wins = joined.group_by("landmark").agg(wins=ibis._.label.cast("int64").sum()).to_pyarrow().to_pylist()
    by_landmark = {row["landmark"]: row["wins"] for row in wins}
    if not by_landmark:
        raise GateStopped(
            Problem(
                where="leads and outcomes",
                rule="at least one worked lead must be older than the horizon",
                remedy="Map created_at and the outcome in leadq.yaml, or try again when the horizon of the first leads is over.",
            )
        )
    last = max((landmark for landmark, count in by_landmark.items() if count >= min_wins), default=0)
    return grid[: max(last, 0) + 1]


def _collect(
    tables: Tables, points: ir.Table, labelled: ir.Table, table: ir.Table, catalogue: Catalogue
) -> TrainingData:
    shown = tables.leads.select("lead_id", shown_source=ibis._.source, shown_owner=ibis._.owner)
    joined = (
        points.inner_join(labelled, "point_id")
        .inner_join(table, "point_id")
        .left_join(shown, "lead_id")
        .drop("lead_id_right")
    )
    arrow = joined.order_by("as_of_us", "lead_id", "landmark").to_pyarrow()
    names = model_columns(catalogue)
    matrix = np.empty((arrow.num_rows, len(names)))
    for position, name in enumerate(names):  # one column at a time: the matrix is the largest thing in memory
        matrix[:, position] = _numbers(arrow[name])
    return TrainingData(
        features=matrix,
        meta=_meta(arrow),
        catalogue=catalogue,
        dated=tables.history.dated,
        order_is_time=tables.history.order_is_time,
        touches_recorded=tables.history.has_touches,
    )


def _without_constants(data: TrainingData) -> TrainingData:
    """Leave out what never differs: a fact this history never holds cannot speak for or against a lead."""
    reasons: dict[str, str] = {}
    for index, feature in enumerate(data.catalogue.features):
        column = data.features[:, index]
        known = column[~np.isnan(column)]
        if known.size == 0:
            reasons[feature.name] = "never known in this history"
        elif known.size == column.size and (known == known[0]).all():
            reasons[feature.name] = "the same for every lead"
    return data.without(reasons)


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    values = pc.fill_null(pc.cast(column, pa.float64()), float("nan"))
    return np.asarray(values.to_numpy(), dtype=np.float64)


def _meta(arrow: pa.Table) -> pd.DataFrame:
    lead = arrow["lead_id"].to_pandas()
    account = arrow["account_id"].to_pandas()
    group_key = ("a:" + account).where(account.notna(), "l:" + lead)
    moments = {name: pd.to_datetime(arrow[column].to_numpy(), unit="us", utc=True) for name, column in _MOMENTS.items()}
    entered_us, as_of_us = arrow["entered_us"].to_numpy(), arrow["as_of_us"].to_numpy()
    return pd.DataFrame(
        {
            "lead_id": lead,
            "account_id": account,
            "group": pd.factorize(group_key, sort=True)[0].astype(np.int64),
            **moments,
            "age_days": (as_of_us - entered_us) / DAY_US,
            "landmark": arrow["landmark"].to_numpy().astype(np.int64),
            "label": arrow["label"].to_numpy().astype(np.int8),
            "days_to_win": _numbers(arrow["days_to_win"]),
            "mature": arrow["mature"].to_numpy(zero_copy_only=False).astype(bool),
            "worked": arrow["worked"].to_numpy(zero_copy_only=False).astype(bool),
            "weight": np.ones(arrow.num_rows),
            "source": arrow["shown_source"].to_pandas(),
            "owner": arrow["shown_owner"].to_pandas(),
        }
    )


_MOMENTS = {"created_at": "created_us", "as_of": "as_of_us", "label_known_at": "label_known_us"}
