"""Simulated companies shared by the tests of this folder: a large world for statistics, a small one with tables."""

from __future__ import annotations

import pytest

from leadq.crm.simulated import CompanySettings, SimulatedCompany, simulate
from leadq.crm.simulated.world import World, draw_world


@pytest.fixture(scope="session")
def large_world() -> World:
    return draw_world(CompanySettings(n_leads=60_000, seed=11))


@pytest.fixture(scope="session")
def small_company() -> SimulatedCompany:
    return simulate(CompanySettings(n_leads=6_000, seed=3))
