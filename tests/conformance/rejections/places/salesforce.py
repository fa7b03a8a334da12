"""Salesforce's fake: a salesperson sets the reason on the lead, whose history is tracked; the buyer answers a campaign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests

from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from leadq.crm.connectors.salesforce.metadata.fields import REJECTION_REASON
from tests.conformance.rejections.place import NAMES, Begun, Held, Place, PlaceSpec
from tests.crm.connectors.salesforce.living import Clock
from tests.fake_salesforce.fields import Field
from tests.fake_salesforce.ids import HUMAN
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import session_to
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET

LEADS = 4
_MOMENTS = ("CreatedDate", "SystemModstamp")


@dataclass(slots=True, kw_only=True)
class Salesforce(Place):
    """See :class:`tests.conformance.rejections.place.Place`."""

    fake: FakeSalesforce
    clock: Clock
    keys: tuple[str, ...]

    reads_events = True

    def leadq_yaml(self) -> str:
        who = 'consumer_key: "${SALESFORCE_KEY}", consumer_secret: "${SALESFORCE_SECRET}"'
        to = f"kind: salesforce, domain: acme.my, {who}, rejections: true, history: {{rejection_reason: true}}"
        return f"deliver: {{there: {{{to}}}}}\n"

    def environment(self) -> dict[str, str]:
        return {"SALESFORCE_KEY": CONSUMER_KEY, "SALESFORCE_SECRET": CONSUMER_SECRET}

    def http(self) -> requests.Session:
        return session_to(self.fake.address)

    def reject(self, key: str, reason: str, at: datetime) -> None:
        self._set(key, reason, at)

    def take_back(self, key: str, at: datetime) -> None:
        self._set(key, None, at)

    def ask_again(self, key: str, at: datetime) -> None:
        self.clock.moment = at
        answered = {"LeadId": key, "CampaignId": "701DEMO", "FirstRespondedDate": at.date().isoformat()}
        self.fake.organisation.put("CampaignMember", [answered])

    def held(self, key: str) -> Held:
        row = self.fake.organisation.leads.rows[key]
        found = {name: row.get(f"LQ_{name}__c") for name in NAMES}
        return {name: value.replace(".000Z", "Z") if isinstance(value, str) else value for name, value in found.items()}

    def _set(self, key: str, reason: str | None, at: datetime) -> None:
        """Set the reason as a person; Salesforce keeps what changed, and nothing of what did not."""
        self.clock.moment = at
        leads = self.fake.organisation.leads
        before = leads.rows[key].get(REJECTION_REASON)
        leads.update(key, {REJECTION_REASON: reason}, by=HUMAN)
        if before != reason:
            change = {"LeadId": key, "Field": REJECTION_REASON, "OldValue": before, "NewValue": reason}
            self.fake.organisation.put("LeadHistory", [change])


@contextmanager
def opened(begun: Begun) -> Iterator[Salesforce]:
    """Run a fake with leads."""
    clock = Clock(begun.moment - timedelta(days=5))
    with running(clock) as fake:
        keys = tuple(fake.organisation.add_leads(LEADS))
        for query in queries(HistorySettings(with_rejection_reason=True)):
            known = fake.organisation.tables.get(query.name)
            unknown = [name for name in query.fields if known is None or name not in known.fields]
            fields = [Field(name=name, kind="datetime" if name in _MOMENTS else "string") for name in unknown]
            fake.organisation.put(query.name, [], fields)
        fake.queries.polls = 0
        yield Salesforce(fake=fake, clock=clock, keys=keys)


PLACE = PlaceSpec(name="salesforce", open=opened, acceptance=True)
