"""What a field holds for some leads today: the groups that the evaluation report looks at apart.

Read from the history and not from the features, so that a field the model is not allowed to use can be looked at all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.engine.duckdb_engine import open_engine
from leadq.foundation.plurals import figure

_LEADS = "SELECT l.{column} AS value FROM asked a LEFT JOIN read_parquet($leads, hive_partitioning=false) l USING (lead_id) ORDER BY a.at"
_ACCOUNTS = """
SELECT c.{column} AS value FROM asked a LEFT JOIN read_parquet($leads, hive_partitioning=false) l USING (lead_id)
LEFT JOIN read_parquet($accounts, hive_partitioning=false) c ON c.account_id = l.account_id ORDER BY a.at
"""


def values_of(history: History, field: str, lead_ids: Sequence[str]) -> list[str | None] | None:
    """Return what ``field`` holds for each of the leads.

    Parameters
    ----------
    history : History
    field : str
        ``"leads.source"`` or ``"accounts.country"``.
    lead_ids : sequence of str, length n

    Returns
    -------
    list of str or None, or None
        Of length n; numbers as quarters of these leads (``"80 to 200"``). None where the data has no such field with anything in it.
    """
    table, _, column = field.partition(".")
    if column not in pq.read_schema(history.path(table)).names:
        return None
    quoted = '"' + column.replace('"', '""') + '"'
    paths = {"leads": engine_path(history.path("leads"))} | (
        {"accounts": engine_path(history.path("accounts"))} if table == "accounts" else {}
    )
    with open_engine() as backend:
        backend.con.register("asked", pa.table({"at": np.arange(len(lead_ids)), "lead_id": list(lead_ids)}))
        sql = (_LEADS if table == "leads" else _ACCOUNTS).format(column=quoted)
        found: pd.Series = backend.con.sql(sql, params=paths).to_arrow_table()["value"].to_pandas()
    if found.isna().all():
        return None
    is_number = pd.api.types.is_numeric_dtype(found) and not pd.api.types.is_bool_dtype(found)
    return _quarters(found) if is_number else _texts(found)


def _texts(found: pd.Series) -> list[str | None]:
    words = {True: "yes", False: "no"}
    return [
        None if pd.isna(one) else words[bool(one)] if isinstance(one, bool | np.bool_) else str(one) for one in found
    ]


def _quarters(found: pd.Series) -> list[str | None]:
    edges = np.unique(found.quantile([0.0, 0.25, 0.5, 0.75, 1.0]).to_numpy(dtype=np.float64))
    if len(edges) < 3:
        return [None if pd.isna(one) else figure(one, grouped=False) for one in found]
    at = np.clip(np.searchsorted(edges, found.to_numpy(dtype=np.float64), side="right") - 1, 0, len(edges) - 2)
    return [
        None if pd.isna(one) else f"{edges[place]:,.6g} to {edges[place + 1]:,.6g}"
        for one, place in zip(found, at, strict=True)
    ]
