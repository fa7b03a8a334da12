"""Which tier a target held since when: the same before and after rows leave the ledger, as a plain list of deliveries says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from leadq.crm.connectors.protocol import RowOutcome
from leadq.serving.delivery.ledger.confirmed_tiers import KEPT, ConfirmedTier, confirmed_tiers, known_since
from leadq.serving.delivery.reporting.maintenance import prune
from tests.serving.delivery.company import NIGHT, Place, ScriptedTarget, row, tonight, write_scores

TIERS = ("T1", "T2", "T3")


@pytest.fixture
def target() -> ScriptedTarget:
    return ScriptedTarget()


@pytest.fixture
def place(tmp_path: Path, target: ScriptedTarget) -> Place:
    return Place(folder=tmp_path / "store", target=target)


def _tier(lead: int, night: int) -> str:
    """Lead 0 stays, lead 1 changes each fourth night, the others each seventh."""
    return TIERS[(lead + night // {0: 100, 1: 4}.get(lead, 7)) % 3]


def _deliver(place: Place, folder: Path, night: int, tiers: Sequence[str]) -> None:
    place.time.now = NIGHT + timedelta(days=night)
    rows = [row(f"L{lead}", 0.5, tier=tier) for lead, tier in enumerate(tiers)]
    place.deliver(tonight(write_scores(folder / f"{night}.parquet", rows), night=night), force=True)


def _told(place: Place) -> list[tuple[str, str, datetime | None]]:
    return [(one.lead_id, one.tier, one.until) for one in _all(place)]


def _all(place: Place) -> list[ConfirmedTier]:
    with place.ledger() as ledger:
        return list(confirmed_tiers(ledger, "crm"))


def test_every_change_of_tier_stays_when_rows_are_dropped(place: Place, tmp_path: Path) -> None:
    expected: dict[str, list[str]] = {}
    for night in range(60):
        _deliver(place, tmp_path, night, [_tier(lead, night) for lead in range(4)])
        for lead in range(4):
            tiers = expected.setdefault(f"L{lead}", [])
            tiers += [_tier(lead, night)] if tiers[-1:] != [_tier(lead, night)] else []
    told = _all(place)
    assert {lead: [one.tier for one in told if one.lead_id == lead] for lead in expected} == expected
    with place.ledger() as ledger:
        assert ledger.connection.execute("SELECT count(*) FROM confirmed_tier").fetchone()[0] > 0  # rows were dropped
        assert ledger.connection.execute("SELECT count(*) FROM row").fetchone()[0] < sum(map(len, expected.values()))
        assert known_since(ledger, "crm") == NIGHT
    for one, then in pairwise(told):
        assert one.until == (then.at if then.lead_id == one.lead_id else None)
        assert (
            timedelta()
            <= one.at - (NIGHT + timedelta(microseconds=one.as_of_us - told[0].as_of_us))
            < timedelta(hours=1)
        )


def test_a_lead_that_leaves_the_scores_and_comes_back_is_told_twice(place: Place, tmp_path: Path) -> None:
    _deliver(place, tmp_path, 0, ["T1", "T2"])
    place.time.now = NIGHT + timedelta(days=1)
    place.deliver(
        tonight(write_scores(tmp_path / "1.parquet", [row("L1", 0.5)]), night=1), force=True, clear_unscored=True
    )
    _deliver(place, tmp_path, 2, ["T1", "T2"])
    assert [(lead, tier) for lead, tier, _ in _told(place)] == [("L0", "T1"), ("L0", ""), ("L0", "T1"), ("L1", "T2")]


def test_what_was_not_confirmed_is_not_told(place: Place, target: ScriptedTarget, tmp_path: Path) -> None:
    target.answer = lambda key, time: RowOutcome(key=key, state="rejected" if key == "L0" else "ok", text="no")
    _deliver(place, tmp_path, 0, ["T1", "T2"])
    assert [(lead, tier) for lead, tier, _ in _told(place)] == [("L1", "T2")]


def test_what_an_earlier_leadq_dropped_without_keeping_it_is_unknown(place: Place, tmp_path: Path) -> None:
    for night in range(45):
        _deliver(place, tmp_path, night, [_tier(lead, night) for lead in range(4)])
    with place.ledger() as ledger:
        assert known_since(ledger, "crm") == NIGHT
        prune(ledger, "crm", place.time.now)
        ledger.connection.execute("DROP TRIGGER happened_stays")
        changed = ledger.connection.execute(f"UPDATE happened SET facts = json_remove(facts, '$.{KEPT}')")
        assert changed.rowcount
        dropped = ledger.last_noted("dropped old rows of crm")
        assert dropped is not None
        assert known_since(ledger, "crm") == dropped > NIGHT


def test_a_store_without_a_delivery_knows_none(place: Place) -> None:
    place.folder.mkdir()
    assert _all(place) == []
    with place.ledger() as ledger:
        assert known_since(ledger, "crm") is None
