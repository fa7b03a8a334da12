"""What became of leads after their hand-over: won, lost and for which reason, or still open. Looked up when the sheets are back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import DAY_US, microseconds
from leadq.foundation.plurals import counted
from leadq.pipelines.draft.blind_round.drawn_leads import BlindRound, DrawnLead
from leadq.serving.words.text import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of a lead: won within the horizon or not, and in words."""

    won: bool
    words: str


def became(history: History, one: BlindRound) -> dict[str, Became]:
    """Return what became of each lead of a round, by its key.

    Parameters
    ----------
    history : History
        As it is now, with ids of merged leads followed.
    one : BlindRound
    """
    merged = pq.read_table(history.path("lead_aliases"), columns=["old_lead_id", "lead_id"], partitioning=None)
    into = dict(zip(merged["old_lead_id"].to_pylist(), merged["lead_id"].to_pylist(), strict=True))
    ids = {lead.key: _present(lead.lead_id, into) for lead in one.leads}
    wanted = sorted(set(ids.values()))
    outcomes = _rows(history, "outcomes", "lead_id", wanted)
    reasons = _reasons(history, wanted)
    return {
        lead.key: _of(lead, outcomes.get(ids[lead.key], []), reasons.get(ids[lead.key], ""), one) for lead in one.leads
    }


def _of(lead: DrawnLead, outcomes: list[dict[str, Any]], reason: str, one: BlindRound) -> Became:
    later = sorted(
        (microseconds(row["occurred_at"]) - lead.handed_over_us, row["outcome"])
        for row in outcomes
        if row["occurred_at"] is not None and microseconds(row["occurred_at"]) > lead.handed_over_us
    )
    wins = [us for us, outcome in later if outcome == "won"]
    if wins:
        won = wins[0] <= one.horizon_days * DAY_US
        late = "" if won else f", later than the agreed {counted(one.horizon_days, 'day')}"
        return Became(won=won, words=f"won after {_days(wins[0])}{late}")
    said = f" ({reason})" if reason else ""
    lost = next((us for us, outcome in later if outcome == "lost"), None)
    return Became(
        won=False, words=f"neither won nor lost so far{said}" if lost is None else f"lost after {_days(lost)}{said}"
    )


def _reasons(history: History, wanted: list[str]) -> dict[str, str]:
    """Return the reason given for losing or rejecting each lead, cleaned; the CRM's own word for the deal first."""
    found: dict[str, str] = {}
    for table, column in (("dispositions", "reason"), ("opportunities", "loss_reason")):
        for lead_id, rows in _rows(history, table, "lead_id", wanted).items():
            said = [row[column] for row in rows if row[column]]
            found |= {lead_id: clean(said[-1])} if said else {}
    return found


def _rows(history: History, table: str, key: str, wanted: list[str]) -> dict[str, list[dict[str, Any]]]:
    read = pq.read_table(history.path(table), partitioning=None)
    chosen = read.filter(pc.is_in(read[key], value_set=pa.array(wanted, pa.string())))
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in chosen.to_pylist():
        grouped.setdefault(row[key], []).append(row)
    return grouped


def _present(lead_id: str, into: dict[str, str]) -> str:
    seen = {lead_id}
    while (later := into.get(lead_id)) is not None and later not in seen:
        lead_id = later
        seen.add(later)
    return lead_id


def _days(us: int) -> str:
    return counted(max(1, round(us / DAY_US)), "day")
