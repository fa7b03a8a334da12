"""Numbers in another unit, the hour of the day, and leads that are gone, twice, or no longer come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from leadq.crm.contract.history import History, OwnField
from leadq.crm.gate.field_drift import FieldDrift, compare_fields
from leadq.crm.gate.field_profiles import FieldProfile, profiles_from_json, profiles_to_json
from leadq.crm.gate.profile_fields import profile_fields

TRAINED = datetime(2026, 3, 1, tzinfo=UTC)
OWN = (OwnField(entity="lead", name="revenue", type="number"),)
TYPES = {"leads": {"revenue": pa.float64()}}
Leads = list[dict[str, Any]]
Change = Callable[[Leads], Leads]


def leads(read_at: datetime, *, seed: int = 1) -> Leads:
    """Four leads a day, by day, with revenues over five powers of ten."""
    draw = np.random.default_rng(seed)
    return [
        {
            "lead_id": f"L{day}-{n}",
            "created_at": read_at - timedelta(days=day, hours=24 - float(draw.uniform(6, 18))),
            "revenue": float(np.exp(draw.normal(9, 2))),
        }
        for day in range(100)
        for n in range(4)
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, write_history: Callable[..., History]) -> Callable[..., History]:
    def make(rows: Leads, read_at: datetime) -> History:
        folder = tmp_path_factory.mktemp("history")
        return write_history(folder, {"leads": rows}, read_at=read_at, own_fields=OWN, own_types=TYPES)

    return make


@pytest.fixture(scope="module")
def profiles(made: Callable[..., History]) -> tuple[FieldProfile, ...]:
    return profiles_from_json(profiles_to_json(profile_fields(made(leads(TRAINED), TRAINED))))


def drift(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...], change: Change, days: int = 12
) -> FieldDrift:
    """Compare a night some days after the training: the leads of then and the new ones, as ``change`` leaves them."""
    read_at = TRAINED + timedelta(days=days)
    since = [one for one in leads(read_at, seed=2) if one["created_at"] > TRAINED]
    rows = change([*leads(TRAINED), *({**one, "lead_id": f"N{one['lead_id']}"} for one in since)])
    return compare_fields(made(rows, read_at), profiles, used={"leads.revenue", "leads.created_at"}, trained_at=TRAINED)


def test_a_night_as_ever_says_nothing(made: Callable[..., History], profiles: tuple[FieldProfile, ...]) -> None:
    found = drift(made, profiles, lambda rows: rows)
    assert (found.warnings, found.words, found.units) == ((), (), ())
    assert set(found.compared) == {"leads.revenue", "leads.created_at"}


@pytest.mark.parametrize(("factor", "power"), [(0.001, 3), (100, -2)])
def test_a_unit_is_found_as_a_power_of_ten(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...], factor: float, power: int
) -> None:
    found = drift(made, profiles, lambda rows: [{**one, "revenue": one["revenue"] * factor} for one in rows])
    (unit,) = found.units
    assert (unit.column, unit.power) == ("leads.revenue", power)
    assert unit.in_words == f"{10 ** abs(power):,} times {'smaller' if power > 0 else 'larger'}"
    assert [one.where for one in found.warnings] == ["leads.revenue"]


def test_numbers_that_lie_elsewhere_for_another_reason_have_no_other_unit(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...]
) -> None:
    found = drift(made, profiles, lambda rows: [{**one, "revenue": 5000.0} for one in rows])
    assert found.units == ()
    assert [one.where for one in found.warnings] == ["leads.revenue"]


def _twelve_hours_on(rows: Leads) -> Leads:
    return [{**one, "created_at": one["created_at"] + timedelta(hours=11)} for one in rows]


def _day_and_month_swapped(rows: Leads) -> Leads:
    def swapped(moment: datetime) -> datetime:
        return moment.replace(month=moment.day, day=moment.month) if moment.day <= 12 else moment

    return [{**one, "created_at": swapped(one["created_at"])} for one in rows]


def _cut_off(rows: Leads) -> Leads:
    last = TRAINED + timedelta(days=3)
    return [one for one in rows if one["created_at"] < last]


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        (_twelve_hours_on, "leads.created_at", "o'clock (UTC)"),
        (lambda rows: rows[::2], "leads", "must still have the leads"),
        (
            lambda rows: [*rows, *({**one, "lead_id": f"X{one['lead_id']}"} for one in rows)],
            "leads",
            "must still have the leads",
        ),
        (_day_and_month_swapped, "leads", "with their dates"),
        (_cut_off, "leads", "must have new leads"),
    ],
    ids=["hours", "every second row", "twice", "day and month", "cut off"],
)
def test_rows_and_hours_that_are_not_as_ever_are_told(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...], change: Change, where: str, said: str
) -> None:
    found = drift(made, profiles, change)
    assert {warning.where for warning in found.warnings} == {where}
    assert any(said in warning.rule and warning.remedy for warning in found.warnings)


def test_quiet_days_are_not_held_against_the_pace_where_their_number_was_stated(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...]
) -> None:
    history = made(leads(TRAINED), TRAINED + timedelta(days=12))
    used = {"leads.created_at"}
    assert compare_fields(history, profiles, used=used, trained_at=TRAINED).warnings
    assert compare_fields(history, profiles, used=used, trained_at=TRAINED, by_pace=False).warnings == ()


def test_an_hour_more_or_less_is_the_clock_of_summer(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...]
) -> None:
    """All leads of a nightly import come in at one hour, whatever UTC has it at."""
    at_two = [{**one, "created_at": one["created_at"].replace(hour=2, minute=0)} for one in leads(TRAINED)]
    of_import = profile_fields(made(at_two, TRAINED))
    for hour in (1, 3):
        rows = [{**one, "created_at": one["created_at"].replace(hour=hour)} for one in at_two]
        found = compare_fields(made(rows, TRAINED), of_import, used={"leads.created_at"}, trained_at=TRAINED)
        assert found.warnings == ()
    rows = [{**one, "created_at": one["created_at"].replace(hour=14)} for one in at_two]
    assert compare_fields(made(rows, TRAINED), of_import, used={"leads.created_at"}, trained_at=TRAINED).warnings


def test_an_export_of_the_last_months_loses_old_leads_and_one_that_was_cut_at_its_beginning_is_told(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...]
) -> None:
    def since(days: int) -> Change:
        return lambda rows: [one for one in rows if one["created_at"] > TRAINED - timedelta(days=days)]

    assert drift(made, profiles, since(85), days=12).warnings == ()
    (told,) = drift(made, profiles, since(50), days=12).warnings
    assert "must reach back as far" in told.rule


def test_a_model_from_before_times_were_profiled_is_compared_without(
    made: Callable[..., History], profiles: tuple[FieldProfile, ...]
) -> None:
    before = tuple(one for one in profiles if one.name != "created_at")
    assert drift(made, before, _cut_off).warnings == ()
