"""Rows that the far side does not take, under kills: they end as such, take no others with them, and come again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.connectors.conftest import StartCampaign
from tests.conformance.connectors.far_side import SideSpec
from tests.conformance.connectors.nights import first_night, same_scores

REJECTED = 5
IN_ACCEPTANCE = ("tryton",)
"""A real server takes minutes; that it takes one row without another is held by ``tests/crm/connectors/tryton/test_target.py``."""


def test_rejected_rows_take_no_others_with_them_and_come_again(
    spec: SideSpec, campaign: StartCampaign, tmp_path: Path
) -> None:
    if not spec.refuses:
        return _has_no_way_to_refuse(spec, campaign)
    one = campaign(spec, leads=400, chunk_rows=100, seed=3)
    side, leads = one.side, len(one.side.keys)
    refused = side.keys[5:45:10]
    side.refuse(refused)
    night = first_night(tmp_path, side.keys)

    code = one.deliver(night, kills=3, longest=1.0, excused=frozenset(refused))

    assert code == REJECTED, one.report()
    assert one.report()["rows_by_state"] == {"ok": leads - len(refused), "rejected": len(refused)}
    assert not {key for key, _ in side.written()} & set(refused)
    side.accept_all()
    mended = same_scores(tmp_path, night, number=1, changed=refused)
    assert one.deliver(mended, kills=4) == 0, one.report()
    assert {key for key, _ in side.written()} == set(refused)
    return None


def test_too_many_rejected_rows_stop_a_run_and_lose_nothing(
    spec: SideSpec, campaign: StartCampaign, tmp_path: Path
) -> None:
    if not spec.refuses:
        return _has_no_way_to_refuse(spec, campaign)
    one = campaign(spec, leads=400, chunk_rows=100, seed=5)
    side = one.side
    side.refuse(side.keys[::10])
    night = first_night(tmp_path, side.keys)

    code = one.deliver(night, kills=2, longest=1.0, excused=frozenset(side.keys))

    assert code == REJECTED, one.report()
    assert one.report()["state"] == "stopped"
    assert 0 < len({key for key, _ in side.written()}) < len(side.keys) / 2  # the rest was not tried
    side.accept_all()
    assert one.deliver(night, kills=4) == 0, one.report()
    one.writes_nothing(night)
    return None


def _has_no_way_to_refuse(spec: SideSpec, campaign: StartCampaign) -> None:
    with pytest.raises(NotImplementedError):
        campaign(spec).side.refuse([])
