"""The truth behind a generated export: leads of a made-up company and what is really so of each, before anybody wrote it down."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

READ_AT = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
"""Now, for every generated file."""
BEGIN = datetime(2024, 1, 8, tzinfo=UTC)

OWN = ("amount", "employees", "share", "percent", "flag", "category", "due", "optin", "code")
"""The company's own columns; ``optin`` is a yes and no that is no outcome."""


@dataclass(slots=True)
class Lead:
    """What is so of one lead; ``planned`` is the close date an open deal carries, which says nothing."""

    lead_id: str
    created_at: datetime
    closed_at: datetime | None
    outcome: str
    planned: datetime | None = None
    own: dict[str, object] = field(default_factory=dict)


def leads(
    dice: random.Random, *, count: int, days_up_to_12: bool, ids: str, planned: str, three_decimals: bool
) -> list[Lead]:
    """Draw ``count`` leads; see ``plan.py`` for what the settings stand for."""
    step = (READ_AT - timedelta(days=20) - BEGIN) / count
    codes = [f"{dice.randint(100, 9999):05d}" for _ in range(40)]
    found = []
    for place in range(count):
        created = _second(BEGIN + step * place + step * 0.9 * dice.random())
        open_now = dice.random() < 0.15
        closed = _second(created + timedelta(days=0.2 + dice.expovariate(1 / 30)))
        if days_up_to_12:
            created, closed = _early(created), _early(closed)
            closed = closed if closed >= created else created + timedelta(hours=1)
            open_now = open_now or closed >= READ_AT or closed.day > 12
        open_now = open_now or closed >= READ_AT - timedelta(days=1)
        quality = dice.random()
        won = not open_now and dice.random() < 0.25 + 0.2 * quality
        lead = Lead(
            lead_id=_id(ids, place),
            created_at=created,
            closed_at=None if open_now else closed,
            outcome="open" if open_now else "won" if won else "lost",
            own=_own(dice, codes, days_up_to_12=days_up_to_12, three_decimals=three_decimals),
        )
        if open_now and planned != "none" and (planned != "some" or dice.random() < 0.5):
            lead.planned = _plan(dice, created, planned, days_up_to_12=days_up_to_12)
        found.append(lead)
    return found


def _own(dice: random.Random, codes: list[str], *, days_up_to_12: bool, three_decimals: bool) -> dict[str, object]:
    amount = round(math.exp(dice.gauss(8, 1.4)), 2)
    if three_decimals:
        amount = round(dice.uniform(1.101, 98.999), 3)
    due = BEGIN + timedelta(days=dice.randint(0, 1500))
    return {
        "amount": amount,
        "employees": max(1, round(math.exp(dice.gauss(5.5, 1.5)))),
        "share": round(dice.betavariate(2, 4), 3),
        "percent": dice.randint(0, 160) / 4 if dice.random() < 0.9 else 0.0,
        "flag": dice.random() < 0.4,
        "category": dice.randrange(6),
        "due": (_early(due) if days_up_to_12 else due).date(),
        "optin": dice.random() < 0.3,
        "code": dice.choice(codes),
    }


def _plan(dice: random.Random, created: datetime, planned: str, *, days_up_to_12: bool) -> datetime:
    future = planned == "future" or (planned != "past" and dice.random() < 0.5)
    when = READ_AT + timedelta(days=dice.randint(1, 200)) if future else created + timedelta(days=dice.randint(1, 15))
    when = _second(when + timedelta(seconds=dice.randint(0, 80_000)))
    return _early(when) if days_up_to_12 else when


def _second(when: datetime) -> datetime:
    return when.replace(microsecond=0)


def _early(when: datetime) -> datetime:
    """Return the same time on a day that could be a month."""
    return when.replace(day=1 + when.day % 12)


def _id(kind: str, place: int) -> str:
    if kind == "plain":
        return f"L{place + 1:05d}"
    if kind == "zeros":
        return f"{place + 1:08d}"
    if kind == "numbers":
        return str(700_000 + 7 * place)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return f"0065g00000{letters[place // 26 % 26]}{letters[place % 26]}x{place % 10}AAA"[:18]


def as_day(value: object) -> date:
    """Return the day of a date or a time."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date() if value.tzinfo else value.date()
    assert isinstance(value, date)
    return value
