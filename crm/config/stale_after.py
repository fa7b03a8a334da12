"""``stale_after`` of ``leadq.yaml``: how long each source may be without anything new."""

from __future__ import annotations

from collections.abc import Collection

from leadq.crm.config.value_types import TimeLength
from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.storage.source_locations import Part


class StaleAfter(Part):
    """How long after its newest row the figures of a source are not to be believed; no word on a source: nothing is said of it."""

    leads: TimeLength | None = None
    opportunities: TimeLength | None = None
    events: TimeLength | None = None
    field_history: TimeLength | None = None
    touches: TimeLength | None = None
    dispositions: TimeLength | None = None

    def items(self) -> list[tuple[str, str]]:
        """Tables of which something is said, in the contract's order, and what."""
        found = ((table, getattr(self, table, None)) for table in TABLES)
        return [(table, length) for table, length in found if length is not None]

    def wrong(self, there: Collection[str] | None) -> str:
        """Return why these tables cannot be named; empty where they can.

        Parameters
        ----------
        there : collection of str or None
            Tables that have a source; None for a flat file, which has no dates.
        """
        missing = ", ".join(table for table, _ in self.items() if table not in (there or ()))
        if not missing:
            return ""
        without = "a flat file has no dates" if there is None else f"sources must have {missing}"
        return f"stale_after names {missing}, but {without}: map it there, or take it out of stale_after"
