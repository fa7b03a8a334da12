"""The history of a toy CRM: its leads, those that became opportunities, and what was done about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from leadq.crm.connectors.history_source import Extract, new_extract
from toycrm.database import opened


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyHistory:
    """See :class:`leadq.crm.connectors.history_source.HistorySource`."""

    file: Path
    token: str

    def extract(self, folder: Path, *, whole: bool, progress: Callable[[str], None]) -> Extract:
        """Write the tables; a toy is always read whole."""
        with new_extract(folder) as tables, opened(self.file, self.token) as connection:
            progress("Reading: leads")
            leads = connection.execute("SELECT id, created, source FROM leads ORDER BY id")
            tables.write(
                "leads",
                ({"lead_id": key, "created_at": _moment(created), "source": source} for key, created, source in leads),
            )
            progress("Reading: activities")
            done = connection.execute("SELECT lead, at, what FROM activities ORDER BY rowid")
            tables.write(
                "events",
                ({"lead_id": key, "occurred_at": _moment(at), "kind": what} for key, at, what in done),
            )
            rows = dict(tables.rows)
        return Extract(read=rows, rows=rows)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
