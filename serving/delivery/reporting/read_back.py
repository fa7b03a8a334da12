"""Whether a target still holds what it confirmed: some leads are read back and compared.

A lead that differs (somebody edited or cleared our fields) is marked, so that the next delivery sends it again. A lead that the target
no longer knows is only told: a folder's parts may have been taken on, a CRM's lead deleted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leadq.crm.connectors.protocol import Target, TargetField, Value
from leadq.serving.delivery.ledger.ledger import Ledger

MOST_LEADS = 500
_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What reading back found: ``fields`` counts differences a field, ``gone`` are leads the target no longer knows."""

    looked_at: int
    differing: tuple[str, ...]
    gone: tuple[str, ...]
    fields: Mapping[str, int]

    @property
    def facts(self) -> dict[str, Any]:
        """Counts and some leads, for a report."""
        return {
            "looked_at": self.looked_at,
            "differing": len(self.differing),
            "gone": len(self.gone),
            "fields": dict(self.fields),
            "such_as": list((*self.differing, *self.gone)[:_EXAMPLES]),
        }


def noted(target: str) -> str:
    """Return what the log says when a target has been read back."""
    return f"read back from {target}"


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

    Raises
    ------
    LeadqError
        The target cannot be asked.
    """
    found = ledger.connection.execute(
        "SELECT lead_id FROM acknowledged WHERE target = ? ORDER BY lead_id", (target.name,)
    ).fetchall()
    leads = [lead_id for (lead_id,) in found]
    chosen = sorted(pick(leads, min(most, len(leads))))
    held = target.read_back(chosen, [field.name for field in fields]) if chosen else {}
    differing: list[str] = []
    counts: dict[str, int] = {}
    for sent in ledger.confirmed(target.name, [lead_id for lead_id in chosen if lead_id in held]):
        now_held = held[sent.key]
        wrong = [
            field.name for field in fields if not _same(field, sent.values.get(field.name), now_held.get(field.name))
        ]
        counts |= {name: counts.get(name, 0) + 1 for name in wrong}
        if wrong:
            differing.append(sent.key)
    gone = tuple(lead_id for lead_id in chosen if lead_id not in held)
    drift = Drift(looked_at=len(chosen), differing=tuple(differing), gone=gone, fields=counts)
    with ledger.transaction() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO unsettled VALUES (?, ?, 'differs from what was confirmed')",
            [(target.name, lead_id) for lead_id in differing],
        )
        ledger.note("", noted(target.name), now, **drift.facts)
    return drift


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
