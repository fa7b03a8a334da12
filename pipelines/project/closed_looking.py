"""Leads that count as open although their status says that nobody works on them: what check and score say of them.

Which words those are is found in reading (``crm/reading/rows/closed_status.py``); leaves out deciding anything by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from leadq.crm.config.schema import Config
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import closed_looking
from leadq.crm.reading.rows.closed_status import closed_looking_words
from leadq.crm.storage.engine_paths import parquet_rows
from leadq.crm.storage.scratch_database import texts
from leadq.foundation.plurals import counted, one_or_many


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedLooking:
    """Such leads of one reading.

    Parameters
    ----------
    words : dict
        Status and how many leads.
    by_tier : dict
        Tier and how many of tonight's scored leads with such a status stand in it, where that is known.
    says : str
        In one sentence or two, with the line of ``leadq.yaml``; empty where there are none.
    """

    words: Mapping[str, int] = field(default_factory=dict)
    by_tier: Mapping[str, int] = field(default_factory=dict)
    says: str = ""

    def facts(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def closed_looking_leads(config: Config, history: History, scores: Path | None = None) -> ClosedLooking:
    """Return the leads of ``history`` that look closed; ``scores`` is a score table over it."""
    words = closed_looking(history.folder)
    origin = config.flat or config.outcome
    if not words or origin is None:
        return ClosedLooking()
    tiers = _by_tier(history, scores, words) if scores is not None else {}
    stand = "; ".join(f"{counted(leads, 'lead')} in {tier}" for tier, leads in tiers.items())
    among = f" Among tonight's scored leads {one_or_many(sum(tiers.values()), 'is', 'are')} {stand}." if stand else ""
    return ClosedLooking(words=words, by_tier=tiers, says=f"{closed_looking_words(words, origin)}.{among}")


def _by_tier(history: History, scores: Path, words: Mapping[str, int]) -> dict[str, int]:
    """Leads with such a status by tier, the first tier first; empty where the outcome's words stand in no column of the contract."""
    with duckdb.connect() as engine:
        found = engine.execute(
            f"SELECT scores.tier, count(*) FROM {parquet_rows(scores)} AS scores "  # noqa: S608 - paths and words are quoted
            f"SEMI JOIN (SELECT lead_id FROM {parquet_rows(history.path('leads'))} WHERE status IN {texts(words)}) AS leads "
            "USING (lead_id) WHERE scores.tier IS NOT NULL GROUP BY scores.tier ORDER BY scores.tier"
        ).fetchall()
    return {str(tier): int(leads) for tier, leads in found}
