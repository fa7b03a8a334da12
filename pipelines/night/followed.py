"""What followed sales' answers until a night, as a small file for the desk: no part of the run's manifest.

Written with a whole night where anybody rejected anything. Leaves out how it is said (``serving/words/agreed/followed_words.py``).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from leadq.features.engine.duckdb_engine import open_tables
from leadq.features.rejection.standing import rejections
from leadq.features.rejection.what_followed import what_followed
from leadq.features.tonight import OpenLeads
from leadq.foundation.atomic_files import write_text


def write_followed(backend: Any, leads: OpenLeads, path: Path) -> bool:
    """Write what followed; nothing where nobody rejected anything.

    Parameters
    ----------
    backend : Ibis backend
        DuckDB.
    leads : OpenLeads
        Tonight's.
    path : Path
        Replaced when all is written.

    Returns
    -------
    bool
        Whether it was written.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """
    tables = open_tables(backend, leads.history)
    rejected = rejections(tables, leads.agreement.after_rejection)
    if rejected is None:
        return False
    found = what_followed(tables, rejected, leads.agreement, as_of_us=leads.as_of_us)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({"as_of_us": leads.as_of_us, **asdict(found)}, ensure_ascii=False, sort_keys=True))
    return True
