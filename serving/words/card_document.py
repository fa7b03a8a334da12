"""A lead's card as plain data for machines: the whole row, and what the words add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from leadq.agreement.schema import Agreement
from leadq.models.bundle.bundle import Bundle
from leadq.serving.words.card import Card
from leadq.serving.words.percentage_points import in_points, probability_of


def card_document(row: Mapping[str, Any], card: Card, agreement: Agreement, bundle: Bundle) -> dict[str, Any]:
    """Return the row with chance, promise, parts in percentage points, steps, what moved it and similar leads."""
    document: dict[str, Any] = {name: plain(value) for name, value in row.items()}
    if row["status"] != "scored":
        return document
    parts = row["contributions"] or ()
    points = in_points(row["probability"], row["base"], [part["contribution"] for part in parts])
    tier = next((one for one in agreement.tiers if one.id == row["tier"]), None)
    return {
        **document,
        "chance": card.chance,
        "base_probability": probability_of(row["base"]),
        "promise": tier.promise.win_rate_at_least if tier is not None and tier.promise is not None else None,
        "tier_offered": {cut.tier_id: {"offered": cut.offered, "why": cut.why} for cut in bundle.tiers},
        "points": {part["family"]: point for part, point in zip(parts, points, strict=True)},
        "steps": list(card.beside.steps),
        "moved": card.beside.moved,
        "similar": [asdict(lead) for lead in card.beside.similar],
        "history": [{name: plain(value) for name, value in asdict(one).items()} for one in card.beside.history],
    }


def plain(value: object) -> object:
    """Return a moment as text, all else as it is."""
    return value.isoformat() if isinstance(value, datetime) else value
