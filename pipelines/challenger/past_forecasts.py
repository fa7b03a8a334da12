"""Looks at given leads at given moments, out of a history: what a model would have said then, and what became of the lead.

The same features and the same label rule as everywhere; only which points are looked at is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from leadq.agreement.read import stored_agreement
from leadq.crm.contract.history import History
from leadq.features.assemble import assemble_encoded, look_at, model_columns
from leadq.features.engine.duckdb_engine import Tables, open_engine, open_tables
from leadq.features.labels import labels
from leadq.foundation.arrays import Floats, Ints
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.pipelines.project.project import Project

_ASKED = ibis.schema({"point_id": "int64", "lead_id": "string", "as_of_us": "int64", "landmark": "int64"})


@contextmanager
def _points(project: Project, history: History, looks: pd.DataFrame) -> Iterator[tuple[Tables, ir.Table]]:
    """Open the history with one point per look; ``point_id`` is the look's row. A lead that is gone has no point."""
    engine = project.settings.engine
    spill = project.work / "spill"
    with open_engine(threads=engine.threads, memory_limit=engine.memory_limit, spill=spill) as backend:
        tables = open_tables(backend, history)
        asked = ibis.memtable(
            pd.DataFrame(
                {
                    "point_id": np.arange(len(looks), dtype=np.int64),
                    "lead_id": looks["lead_id"].to_numpy(dtype=object),
                    "as_of_us": looks["as_of"].dt.as_unit("us").astype("int64").to_numpy(),
                    "landmark": np.zeros(len(looks), dtype=np.int64),
                }
            ),
            schema=_ASKED,  # of no looks at all the frame does not say it
        )
        leads = tables.leads.select("lead_id", "account_id", "created_us")
        points = asked.inner_join(leads, "lead_id")
        yield tables, backend.create_table("looks", points, temp=True, overwrite=True)


def encoded_then(project: Project, history: History, bundle: Bundle, looks: pd.DataFrame) -> tuple[Ints, Floats]:
    """Features of leads as they were known at a moment, as a bundle sees them.

    Parameters
    ----------
    project : Project
    history : History
    bundle : Bundle
        Its catalogue and its own agreement say which features are computed.
    looks : DataFrame of n rows
        ``lead_id`` (str), ``as_of`` (datetime, UTC).

    Returns
    -------
    place : array of shape (n_found,)
        Which of the looks; those of leads that are no longer in the history are missing.
    rows : array of shape (n_found, n_features)
    """
    agreement = stored_agreement(bundle.agreement_text, where="agreement.yaml of the bundle")
    catalogue = bundle.catalogue
    with _points(project, history, looks) as (tables, points):
        features = assemble_encoded(look_at(tables, points, agreement, catalogue), catalogue, name="looks_features")
        found = features.select("point_id", *model_columns(catalogue)).order_by("point_id").to_pyarrow()
    rows = np.column_stack(
        [_numbers(found[name]) for name in model_columns(catalogue)] or [np.empty((found.num_rows, 0))]
    )
    return found["point_id"].to_numpy().astype(np.int64), rows


def probability_then(project: Project, history: History, bundle: Bundle, looks: pd.DataFrame) -> Floats:
    """Probability that a bundle gives leads as they were known at a moment, shape (n,); NaN where one is no longer in the history."""
    place, rows = encoded_then(project, history, bundle, looks)
    probability = np.full(len(looks), np.nan)
    probability[place] = MatrixScorer(bundle, threads=project.settings.engine.threads).score(rows).probability
    return probability


def outcome_since(project: Project, history: History, looks: pd.DataFrame, horizon_days: int) -> Floats:
    """Label of each look, shape (n,): 1 won within the horizon, 0 not; NaN where it is not over or the lead is gone."""
    with _points(project, history, looks) as (tables, points):
        labelled = labels(tables, points, horizon_days, 0).filter(ibis._.mature)
        found = labelled.select("point_id", "label").to_pyarrow()
    label = np.full(len(looks), np.nan)
    label[found["point_id"].to_numpy()] = found["label"].to_numpy()
    return label


def created_at(history: History, lead_ids: pd.Series[Any]) -> pd.Series[Any]:
    """When each lead was created, in the order asked; missing where it is not in the history."""
    leads = pd.read_parquet(history.path("leads"), columns=["lead_id", "created_at"], partitioning=None).set_index(
        "lead_id"
    )
    return leads["created_at"].reindex(lead_ids.to_numpy())


def _numbers(column: Any) -> Floats:
    return np.asarray(column.to_pandas().to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
