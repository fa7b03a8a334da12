"""The clean company: office hours that keep every order, and a truth that is exact in it, with faults of what happens, too."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated import CompanySettings, PlantedFaults, simulate
from leadq.crm.simulated.arrow_columns import lead_names
from leadq.crm.simulated.moments import DAY, MICROSECONDS
from leadq.crm.simulated.sales.office_hours import CLOSES, OPENS, OfficeHours
from leadq.crm.simulated.world import draw_world, truth_of
from tests.crm.simulated.test_truth import look_at_age, off_by

OFFICE = OfficeHours(closed=np.array(["2025-05-01", "2025-12-25", "2025-12-26"], dtype="datetime64[D]"))
BEGIN = 1_735_689_600  # 1 January 2025


def test_ends_are_carried_into_office_hours_in_their_order_and_back() -> None:
    random = np.random.default_rng(1)
    drawn = np.sort(BEGIN + random.integers(0, 400 * DAY, 20_000))
    closing = OFFICE.closing(drawn)
    day = (closing // DAY).astype("datetime64[D]")
    assert np.is_busday(day, holidays=OFFICE.closed).all()
    assert ((closing % DAY >= OPENS) & (closing % DAY < CLOSES)).all()
    assert (np.diff(closing) >= 0).all()
    assert ((OFFICE.worked_until(closing) - OFFICE.worked_until(drawn)) > 3 * 3600).all()
    seen = drawn + random.integers(-5 * DAY, 5 * DAY, len(drawn))
    np.testing.assert_array_equal(closing <= seen, drawn <= OFFICE.closing_back(seen))


def test_truth_is_calibrated_at_every_age_and_at_hand_off() -> None:
    planted = PlantedFaults.named(["hopeful-model", "unequal-owners", "softer-checks", "best-leads-uncalled"])
    world = draw_world(CompanySettings(n_leads=30_000, seed=11, planted=planted))
    truth, fate = truth_of(world), world.fate
    for age in (0, 1, 14):
        look = look_at_age(world, truth, age)
        assert abs(off_by(look, np.ones(len(look.lead), dtype=np.bool_))) < 2.5
        for rows in np.array_split(np.argsort(look.probability, kind="stable"), 8):
            assert abs(off_by(look, np.isin(np.arange(len(look.lead)), rows))) < 3.5
    lead = np.flatnonzero(fate.worked)
    won = fate.won[lead] & (fate.closed[lead] <= fate.first_touch[lead] + 90 * DAY)
    chance = truth.probability_at_handoff(lead_names(lead).to_pylist(), fate.first_touch[lead] * MICROSECONDS)
    for rows in np.array_split(np.argsort(chance, kind="stable"), 8):
        off = (won[rows] - chance[rows]).sum() / np.sqrt((chance[rows] * (1 - chance[rows])).sum())
        assert abs(off) < 3.5


def test_hand_offs_that_wait_for_the_answer_are_judged_by_the_truth_at_the_first_touch() -> None:
    """A lead is handed off when it was accepted, a rejected one when it was first touched: the answer chooses the moment."""
    company = simulate(CompanySettings(n_leads=30_000, seed=12))
    answers = company.tables["dispositions"].to_pandas()
    accepted = answers[answers["decision"] == "accepted"].groupby("lead_id")["decided_at"].min()
    fate = draw_world(company.settings).fate
    lead = np.flatnonzero(fate.worked & (fate.first_touch < fate.closed))
    names = lead_names(lead).to_pylist()
    moment = accepted.reindex(names).dt.tz_localize(None).astype("datetime64[s]")
    as_of = np.where(moment.isna(), fate.first_touch[lead], moment.astype(np.int64))
    won = fate.won[lead] & (fate.closed[lead] <= as_of + company.settings.horizon_days * DAY)

    chance = company.truth.probability_at_first_touch(names)
    assert abs((won - chance).sum() / np.sqrt((chance * (1 - chance)).sum())) < 2.5
    assert company.truth.probability_at_handoff(names, as_of * MICROSECONDS).sum() > 1.04 * chance.sum()
