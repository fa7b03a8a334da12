"""What only Salesforce has: leads that are locked, converted or deleted while they are written, under kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.connectors.conftest import StartCampaign
from tests.conformance.connectors.nights import first_night, same_scores
from tests.conformance.connectors.sides.salesforce import BROKEN_RULE, SIDES, SalesforceSide

pytestmark = pytest.mark.integration

REJECTED = 5


@pytest.mark.parametrize("number", [0, 1], ids=["bulk", "collections"])
def test_refused_locked_converted_and_deleted_leads(number: int, campaign: StartCampaign, tmp_path: Path) -> None:
    one = campaign(SIDES[number], leads=400, chunk_rows=200, seed=3)
    side = one.side
    assert isinstance(side, SalesforceSide)
    leads = side.fake.organisation.leads
    locked, refused, converted, deleted = (side.keys[place::40] for place in (1, 2, 3, 4))
    for key in locked:
        leads.refuse(key, "UNABLE_TO_LOCK_ROW", times=2)
    side.refuse(refused)
    for key in converted:
        leads.convert(key)
    for key in deleted:
        leads.delete(key)
    night = first_night(tmp_path, side.keys)

    code = one.deliver(night, kills=3, longest=1.5, excused=frozenset([*refused, *converted, *deleted]))

    told = one.report()
    assert code == REJECTED, told
    assert told["rows_by_state"] == {"ok": len(side.keys) - 30, "rejected": 10, "skipped": 20}
    assert (told["rejected"][0]["code"], told["rejected"][0]["leads"]) == (BROKEN_RULE, 10)
    assert not {key for key, _ in side.written()} & {*refused, *converted, *deleted}

    side.accept_all()
    mended = same_scores(tmp_path, night, number=1, changed=[*refused, *converted, *deleted])
    assert one.deliver(mended, kills=3, excused=frozenset([*converted, *deleted])) == 0, one.report()
    assert {key for key, _ in side.written()} == set(refused)
