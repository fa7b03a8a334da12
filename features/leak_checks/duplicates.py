"""Check 8: what is one thing must be one group, or a lead ends up on both sides of a split.

A row that stands twice, a lead in two groups or an account in two groups stops the work. Accounts that seem to be the same
company under two identifiers are named: merging them is the company's own decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.training_data import TrainingData
from leadq.foundation.plurals import counted

TWINS_LIMIT = 0.02

_TWINS = """
WITH accounts AS (
  SELECT account_id, nullif(trim(lower(coalesce(domain, name))), '') AS identity FROM read_parquet($accounts, hive_partitioning=false)),
twins AS (
  SELECT identity FROM accounts WHERE identity IS NOT NULL GROUP BY identity HAVING count(DISTINCT account_id) BETWEEN 2 AND 20)
SELECT count(*) FILTER (a.identity IN (SELECT identity FROM twins)) AS affected, count(*) AS leads,
  min(a.identity) FILTER (a.identity IN (SELECT identity FROM twins)) AS example
FROM read_parquet($leads, hive_partitioning=false) l LEFT JOIN accounts a USING (account_id)
"""


def check_rows(data: TrainingData) -> Iterator[LeakFinding]:
    """Rows, leads and accounts of the training data, each in one place only."""
    meta = data.meta
    repeated = meta.duplicated(["lead_id", "landmark"])
    rows = counted(int(repeated.sum()), "row appears twice", "rows appear twice")
    yield from _stop(int(repeated.sum()), f"{rows} (same lead at the same age)", meta["lead_id"][repeated])
    for column, what in (("lead_id", "lead"), ("account_id", "account")):
        groups = meta.dropna(subset=[column]).groupby(column)["group"].nunique()
        several = groups[groups > 1]
        found = counted(len(several), f"{what} is", f"{what}s are")
        yield from _stop(len(several), f"{found} in more than one group, so on both sides of a split", several.index)


def _stop(count: int, what: str, found: pd.Series | pd.Index) -> Iterator[LeakFinding]:
    if count:
        yield LeakFinding(
            check=8,
            name="duplicates across splits",
            field="lead_id",
            figure=float(count),
            limit=0.0,
            consequence="stop",
            sentence=f"{what}, for example {found[0] if isinstance(found, pd.Index) else found.iloc[0]}.",
        )


def check_twins(backend: Any, history: History) -> Iterator[LeakFinding]:
    """Name accounts that share a domain (or, without one, a name) under several identifiers."""
    operands = {"accounts": engine_path(history.path("accounts")), "leads": engine_path(history.path("leads"))}
    ((affected, leads, example),) = backend.con.execute(_TWINS, operands).fetchall()
    if leads and affected / leads > TWINS_LIMIT:
        yield LeakFinding(
            check=8,
            name="accounts that seem to be one",
            field="accounts.account_id",
            figure=affected / leads,
            limit=TWINS_LIMIT,
            consequence="name",
            sentence=f"{affected / leads:.0%} of the leads belong to accounts that share a domain or name with another, "
            f"for example {example[:60]!r}: as long as one company counts as several, test results look better than they are.",
        )
