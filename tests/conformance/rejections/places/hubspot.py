"""HubSpot's fake: a salesperson sets decision and reason on the contact, the buyer fills in a form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadq.crm.connectors.hubspot.properties import DECISION, REJECTION_REASON, wanted
from leadq.crm.connectors.hubspot.setup import set_up
from tests.conformance.rejections.place import NAMES, Begun, Held, Place, PlaceSpec
from tests.crm.connectors.hubspot.delivering import session_of
from tests.fake_hubspot.account import stamp
from tests.fake_hubspot.server import TOKEN, FakeHubspot, running

LEADS = 4


@dataclass(slots=True, kw_only=True)
class Hubspot(Place):
    """See :class:`tests.conformance.rejections.place.Place`."""

    fake: FakeHubspot
    keys: tuple[str, ...]

    reads_events = True

    def leadq_yaml(self) -> str:
        to = f'kind: hubspot, host: "{self.fake.address}", access_token: "${{HUBSPOT_TOKEN}}", rejections: true'
        return f"deliver: {{there: {{{to}}}}}\n"

    def environment(self) -> dict[str, str]:
        return {"HUBSPOT_TOKEN": TOKEN}

    def reject(self, key: str, reason: str, at: datetime) -> None:
        self._change(key, at, **{DECISION: "rejected"})
        self._change(key, at + timedelta(minutes=1), **{REJECTION_REASON: reason})

    def take_back(self, key: str, at: datetime) -> None:
        self._change(key, at, **{DECISION: "", REJECTION_REASON: ""})

    def ask_again(self, key: str, at: datetime) -> None:
        form = {"recent_conversion_date": stamp(at), "recent_conversion_event_name": "Demo"}
        self._change(key, at, **form)

    def held(self, key: str) -> Held:
        record = self.fake.account.records["contacts"][key].properties
        found: dict[str, object] = {name: record.get(f"lq_{name.lower()}") or None for name in NAMES}
        return found | {"Score": found["Score"] and float(str(found["Score"]))}

    def _change(self, key: str, at: datetime, **values: str) -> None:
        self.fake.account.change("contacts", key, at=at, **values)


@contextmanager
def opened(begun: Begun) -> Iterator[Hubspot]:
    """Run a fake with the properties that setup makes, and contacts."""
    with running() as fake:
        set_up(session_of(fake), "contacts", wanted(begun.project.agreement), dry_run=False)
        came = begun.moment - timedelta(days=5)
        keys = tuple(fake.account.add("contacts", at=came, hs_email_domain="acme.example") for _ in range(LEADS))
        yield Hubspot(fake=fake, keys=keys)


PLACE = PlaceSpec(name="hubspot", open=opened)
