"""Whether a target still holds what it confirmed: some leads are read back and compared.

A lead that differs (somebody edited or cleared our fields) is marked, so that the next delivery sends it again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crm.targets import Target, TargetField, Value
from serving.delivery.ledger import Ledger

MOST_LEADS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What reading back found: ``fields`` counts differences a field, ``gone`` are leads the target no longer knows."""

    looked_at: int
    differing: tuple[str, ...]
    gone: tuple[str, ...]
    fields: Mapping[str, int]


def read_back(
    ledger: Ledger,
    target: Target,
    fields: Sequence[TargetField],
    *,
    now: datetime,
    pick: Callable[[Sequence[str], int], Sequence[str]],
    most: int = MOST_LEADS,
) -> Drift:
    """Read leads back and compare them with what was confirmed.

    Parameters
    ----------
    pick : callable
        Takes all leads and how many, and returns those to look at (``random.sample``).
    """
    found = ledger.connection.execute(
        "SELECT lead_id FROM acknowledged WHERE target = ? ORDER BY lead_id", (target.name,)
    ).fetchall()
    leads = [lead_id for (lead_id,) in found]
    chosen = sorted(pick(leads, min(most, len(leads))))
    held = target.read_back(chosen, [field.name for field in fields]) if chosen else {}
    differing: list[str] = []
    counts: dict[str, int] = {}
    for lead_id in chosen:
        if lead_id not in held:
            continue
        sent = _confirmed(ledger, target.name, lead_id)
        wrong = [
            field.name for field in fields if not _same(field, sent.get(field.name), held[lead_id].get(field.name))
        ]
        counts |= {name: counts.get(name, 0) + 1 for name in wrong}
        if wrong:
            differing.append(lead_id)
    gone = tuple(lead_id for lead_id in chosen if lead_id not in held)
    with ledger.transaction() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO unsettled VALUES (?, ?, 'differs from what was confirmed')",
            [(target.name, lead_id) for lead_id in differing],
        )
        facts = {"looked_at": len(chosen), "differing": len(differing), "gone": len(gone), "fields": counts}
        ledger.note("", f"read back from {target.name}", now, **facts)
    return Drift(looked_at=len(chosen), differing=tuple(differing), gone=gone, fields=counts)


def _confirmed(ledger: Ledger, target: str, lead_id: str) -> Mapping[str, Value]:
    found = ledger.connection.execute(
        "SELECT r.payload FROM acknowledged a JOIN row r ON r.run_id = a.run_id AND r.lead_id = a.lead_id "
        "WHERE a.target = ? AND a.lead_id = ?",
        (target, lead_id),
    ).fetchone()
    values: Mapping[str, Value] = json.loads(found[0])
    return values


def _same(field: TargetField, sent: Value, held: Value) -> bool:
    if sent is None or held is None:
        return sent in (None, "") and held in (None, "")
    if field.kind == "number":
        return math.isclose(float(sent), float(held), abs_tol=0.005)
    if field.kind == "moment":
        return _moment(str(sent)) == _moment(str(held))
    return str(sent) == str(held)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
