"""What befell the deliveries of a campaign, and in which phase of a delivery a kill fell, as its ledger tells."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.conformance.connectors.nights import Night
from tests.serving.delivery.company import NIGHT

_PHASES = {"made": "uploading", "uploaded": "closing", "closed": "waiting for the job or its results"}


@dataclass(slots=True, kw_only=True)
class Tale:
    """What happened: kills by phase, attempts, pauses (exit 4), and seconds."""

    phases: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    pauses: int = 0
    nights: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        return self.phases.total()

    def told(self) -> str:
        """One line for a report."""
        phases = ", ".join(f"{phase} {count}" for phase, count in self.phases.most_common())
        return (
            f"{self.kills} kills in {self.nights} nights ({phases}); {self.attempts} starts, {self.pauses} pauses, "
            f"{self.seconds:.0f} s"
        )


def phase_of(ledger: Path, night: Night) -> str:
    """Return where the delivery of a night stands, as its ledger tells; looked at without changing it."""
    if not ledger.exists():
        return "before the ledger was there"
    as_of_us = round((NIGHT + timedelta(days=night.number)).timestamp() * 1_000_000)
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        try:
            run = connection.execute("SELECT run_id, state FROM run WHERE as_of_us = ?", (as_of_us,)).fetchone()
            if run is None:
                return "before or while planning"
            found = connection.execute(
                "SELECT state, remote FROM chunk WHERE run_id = ? AND state <> 'done' ORDER BY state = 'open' LIMIT 1",
                (run[0],),
            ).fetchone()
        except sqlite3.OperationalError:
            return "before the ledger was there"
    if found is None:
        return "after the last chunk"
    state, remote = found
    if state == "open":
        return "between chunks, or before the first"
    kept = json.loads(remote) if remote else {}
    return _PHASES.get(
        str(kept.get("state")), "between calls of a chunk" if "sent" in kept else "in the first step of a chunk"
    )
