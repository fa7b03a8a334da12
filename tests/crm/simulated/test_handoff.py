"""The truth at hand-off, former company: calibrated where that at an age is not, for sales touches those it disqualifies at once."""

from __future__ import annotations

import numpy as np
import pytest

from leadq.crm.simulated import CompanySettings, PlantedFaults
from leadq.crm.simulated.arrow_columns import lead_names
from leadq.crm.simulated.company_settings import Losses
from leadq.crm.simulated.moments import DAY, MICROSECONDS
from leadq.crm.simulated.world import draw_world, truth_of


@pytest.mark.parametrize(("losses", "base_rate"), [("mixed", 0.10), ("fast", 0.25)])
def test_truth_at_handoff_is_calibrated_by_decile_and_by_how_fast_sales_called(
    losses: Losses, base_rate: float
) -> None:
    world = draw_world(
        CompanySettings(
            n_leads=60_000,
            seed=3,
            losses=losses,
            base_rate=base_rate,
            drift="none",
            duplicate_share=0.0,
            planted=PlantedFaults.as_before(),
        )
    )
    truth, fate = truth_of(world), world.fate
    lead = np.flatnonzero(fate.worked)
    moment = fate.first_touch[lead]
    won = fate.won[lead] & (fate.closed[lead] <= moment + 90 * DAY)
    names = lead_names(lead).to_pylist()
    at_handoff = truth.probability_at_handoff(names, moment * MICROSECONDS)
    at_that_age = truth.probability(names, moment * MICROSECONDS)

    age = moment - world.leads.created[lead]
    for order in (at_handoff, age):
        for rows in np.array_split(np.argsort(order, kind="stable"), 8):
            assert abs(_standard_errors(at_handoff[rows], won[rows])) < 4.0
    assert abs(_standard_errors(at_handoff, won)) < 3.0
    assert _standard_errors(at_that_age, won) < -6.0  # whoever is merely open at that age wins more often


def _standard_errors(probability: np.ndarray, won: np.ndarray) -> float:
    return float((won - probability).sum() / np.sqrt((probability * (1 - probability)).sum()))
