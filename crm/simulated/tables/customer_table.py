"""The table of customers: what each account pays by month since it was won, until it leaves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadq.crm.simulated.arrow_columns import moments, numbered, numbers, table
from leadq.crm.simulated.sales.sales_record import Revenue


def customers_table(revenue: Revenue, read_at: int) -> pa.Table:
    """Build a row for each month that an account has paid by ``read_at``."""
    begun = np.flatnonzero(revenue.started <= read_at)
    first = _months(revenue.started[begun])
    last = _months(np.minimum(revenue.ended[begun], read_at))
    count = last - first + 1
    row = np.repeat(np.arange(len(begun)), count)
    month = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    of = begun[row]
    columns = {
        "account_id": numbered("A", revenue.account[of]),
        "started_at": moments(revenue.started[of]),
        "ended_at": moments(revenue.ended[of], revenue.ended[of] <= read_at),
        "month": pa.array(np.datetime_as_string(month.astype("datetime64[M]"))),
        "revenue": numbers(revenue.monthly[of]),
        "currency": pa.repeat("EUR", len(of)),
    }
    return table("customers", columns)


def _months(moment: np.ndarray) -> np.ndarray:
    """Months since 1970 of moments in seconds."""
    return moment.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
