"""Killed at any instant and started again, a delivery leaves tonight's values, and none of that night but these.

Here at each instant of a chunk; at random instants in ``test_random_kills.py`` (``make integrations``), fifty times each in
``test_fifty_kills.py`` (``make acceptance``).
"""

from __future__ import annotations

from pathlib import Path

from leadq.crm.connectors.registry import installed_kinds
from tests.conformance.connectors.conftest import StartCampaign
from tests.conformance.connectors.far_side import SideSpec, all_sides
from tests.conformance.connectors.nights import first_night, next_night

INSTANTS = ("before", "after", "recording")


def test_every_installed_kind_has_a_far_side() -> None:
    assert {spec.name.partition("_")[0] for spec in all_sides()} >= set(installed_kinds())


def test_killed_at_each_instant_of_a_chunk(spec: SideSpec, campaign: StartCampaign, tmp_path: Path) -> None:
    one = campaign(spec)
    night = first_night(tmp_path, one.side.keys)
    for number, instant in enumerate(INSTANTS):
        night = next_night(tmp_path, night, night.points) if number else night
        one.killed_at(night, instant)
    one.writes_nothing(night)
