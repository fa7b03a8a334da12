"""A lead's path of rejections as HubSpot and Salesforce are told it, on their fakes: scored, rejected, back, rejected again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.connectors.protocol import Target, Value
from leadq.crm.connectors.registry import connector_of
from leadq.crm.contract.score_table import WITH_REJECTIONS
from leadq.serving.delivery.deliver import deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.delivery_request import Wish
from leadq.serving.delivery.planning.payload import our_fields
from tests.crm.connectors.hubspot import delivering as hubspot
from tests.crm.connectors.salesforce import delivering as salesforce
from tests.fake_hubspot.server import running as hubspot_running
from tests.fake_salesforce.server import running as salesforce_running
from tests.serving.delivery.company import NIGHT, Time, row, tonight

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crm:
    """A CRM with three leads, of which it must take only what is ours."""

    kind: str
    target: Target
    keys: Sequence[str]

    def name(self, ours: str) -> str:
        return str(connector_of(self.kind).field_name(ours))

    def holds(self, key: str) -> Mapping[str, Value]:
        names = [self.name(one) for one in ("Status", "Tier", "Track", "Next_Owner", "Wakes_At", "Returned_At")]
        return dict(zip(("status", "tier", "track", "owner", "wakes", "back"),
                        self.target.read_back([key], names)[key].values(), strict=True))  # fmt: skip


@pytest.fixture(params=["hubspot", "salesforce"])
def crm(request: pytest.FixtureRequest) -> Iterator[Crm]:
    if request.param == "hubspot":
        with hubspot_running() as fake:
            keys = hubspot.ready(fake, 3)
            yield Crm(kind="hubspot", target=hubspot.target_of(fake), keys=keys)
        return
    with salesforce_running() as fake:
        keys = fake.organisation.add_leads(3)
        yield Crm(kind="salesforce", target=salesforce.driver(fake, by_bulk=False).target, keys=keys)


def _table(path: Path, keys: Sequence[str], **of_first: Any) -> Path:
    rows = [row(key) for key in sorted(keys)]
    rows[0] |= of_first
    pq.write_table(pa.Table.from_pylist(rows, schema=WITH_REJECTIONS), path)
    return path


def test_the_crm_is_told_whose_turn_it_is_and_when_the_lead_came_back(crm: Crm, tmp_path: Path) -> None:
    first = min(crm.keys)
    without = {"percentile": None, "probability": None, "tier": None, "reasons_for": [], "status": "rejected"}
    sleeps = {"track": "nurture", "next_owner": "marketing", "rejected_at": NIGHT, "wakes_at": NIGHT + 9 * DAY}
    nights: tuple[dict[str, Any], ...] = (
        {},
        {**without, "status_reason": "no_budget", **sleeps},
        {"rejected_at": NIGHT, "returned_at": NIGHT + 2 * DAY},
        {**without, "status_reason": "outside_icp", "track": "close", "rejected_at": NIGHT + 3 * DAY},
    )
    fields = our_fields(connector_of(crm.kind).field_name, ("T1", "T2", "T3", "disqualified"), rejections=True)
    held = []
    for number, said in enumerate(nights):
        night = tonight(_table(tmp_path / f"{number}.parquet", crm.keys, **said), night=number)
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            report = deliver(ledger, crm.target, night, fields, effects=Time().effects(tmp_path), wish=Wish(force=True))
        assert report.state == "done"
        held.append(crm.holds(first))
    assert [one["status"] for one in held] == ["scored", "rejected: no_budget", "scored", "rejected: outside_icp"]
    assert [one["tier"] for one in held] == ["T2", None, "T2", None]
    assert [one["track"] for one in held] == [None, "nurture", None, "close"]
    assert [one["owner"] for one in held] == [None, "marketing", None, None]
    assert [one["wakes"] is not None for one in held] == [False, True, False, False]
    assert [one["back"] is not None for one in held] == [False, False, True, False]
    assert str(held[1]["wakes"]).startswith("2026-03-10T02:00:00")
