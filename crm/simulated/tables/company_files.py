"""A simulated company as files a user would have: one Parquet file a table, and the leadq.yaml that maps them.

The truth is not written here: it goes into a folder of its own (``crm/simulated/truth_files.py``), where nothing that
learns can find it.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from leadq.crm.simulated.sales.qualification import VALUES
from leadq.crm.simulated.simulate import SimulatedCompany
from leadq.crm.simulated.tables.own_fields import BACKFILLED
from leadq.foundation.atomic_files import new_file, write_text

_TRACKED = (
    *(f"lead.{field}" for field in VALUES),
    "account.industry",
    "account.employees",
    "account.annual_revenue",
)


def write_company(company: SimulatedCompany, folder: Path) -> None:
    """Write the tables and ``leadq.yaml`` into ``folder``; each file appears whole or not at all.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    for name, table in company.tables.items():
        with new_file(folder / f"{name}.parquet") as partial:
            pq.write_table(table, partial, compression="zstd")
    write_text(folder / "leadq.yaml", leadq_yaml(company))


def leadq_yaml(company: SimulatedCompany) -> str:
    """Text of the ``leadq.yaml`` that maps the files of :func:`write_company`."""
    since = company.settings.start.date().isoformat()
    lines = [
        f"# A simulated company (seed {company.settings.seed}), read at {company.read_at.isoformat()}.",
        "store: store",
        "agreement: agreement.yaml",
        "sources:",
        *(f"  {name}: {{path: {name}.parquet}}" for name in company.tables),
        "outcome: {from: opportunities, won: [won], lost: [lost]}",
        "# Changes of these fields are recorded since the first day. Other fields have no history;",
        f"# one of them, {BACKFILLED}, is filled in after the close: leadq check finds it.",
        "tracked_since:",
        *(f"  {field}: {since}" for field in _TRACKED),
    ]
    return "\n".join(lines) + "\n"
