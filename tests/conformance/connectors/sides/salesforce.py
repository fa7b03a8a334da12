"""The fake organisation as a far side: leads with fields of people, a script of faults for every kind of step, and the law."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import requests

from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from leadq.crm.connectors.salesforce.sending.target import SalesforceTarget
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.connectors.timed_session import TimedSession
from tests.conformance.connectors.attempt import READ_SECONDS, OpenWith
from tests.conformance.connectors.far_side import OURS, FarSide, SideSpec, Wanted
from tests.conformance.connectors.nights import Night, Value
from tests.conformance.connectors.swift_clock import SwiftClock
from tests.fake_salesforce.faults import Fault, refusal, too_many, unavailable
from tests.fake_salesforce.fields import Field
from tests.fake_salesforce.ids import HUMAN, INTEGRATION_USER
from tests.fake_salesforce.leads import OURS as OUR_FIELDS
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import ToTheFake
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET

PEOPLES = {
    "LQ_Tier_Override__c": "T1",
    "LQ_Override_Reason__c": "my call",
    "LQ_Rejection_Reason__c": "no_budget",
    "Rating": "Hot",
    "Status": "Working",
    "OwnerId": HUMAN,
    "Title": "Head of =everything",
}
OUR_NAMES = frozenset(one.name for one in OUR_FIELDS)
STEPS = {
    "sign-in": r"POST .*/oauth2/token",
    "describe": r"GET .*/describe",
    "converted": r"GET .*/queryAll|POST .*/composite/sobjects/Lead",
    "create": r"POST .*/jobs/ingest$",
    "upload": r"PUT .*/batches",
    "close": r"PATCH .*/jobs/ingest/750",
    "poll": r"GET .*/jobs/ingest/750\w+$",
    "successful": r"GET .*/successfulResults",
    "failed": r"GET .*/failedResults",
    "unprocessed": r"GET .*/unprocessedrecords",
    "collections": r"PATCH .*/composite/sobjects",
}
RESULTS = ("successful", "failed", "unprocessed")
BROKEN_RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
OF_BULK = tuple(name for name in STEPS if name != "collections")
OF_COLLECTIONS = ("sign-in", "describe", "converted", "collections")


def open_target(given: OpenWith) -> Target:
    http: requests.Session = TimedSession(connect_seconds=2, read_seconds=READ_SECONDS)
    http.mount("https://", ToTheFake(given.address["fake"]))
    who = SignIn(domain="acme.my", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
    connection = Connection(who, http=http, patience=given.patience)
    most = 0 if given.address["protocol"] == "bulk" else given.chunk_rows
    return SalesforceTarget("there", connection, chunk_rows=given.chunk_rows, most_by_collections=most)


@dataclass(slots=True, kw_only=True)
class SalesforceSide(FarSide):
    """See :class:`tests.conformance.connectors.far_side.FarSide`.

    Parameters
    ----------
    fake : FakeSalesforce
    protocol : {"bulk", "collections"}
    keys : sequence of str
        Its leads.
    faults_a_step : int
        How many faults wait at every kind of step each night.
    chance : random.Random
        Of which they are and when they strike.
    struck : counter
        Faults that struck in nights that are over, by step and by whether before or after its effect.
    """

    fake: FakeSalesforce
    protocol: Literal["bulk", "collections"]
    keys: Sequence[str]
    faults_a_step: int
    chance: random.Random
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    scripted: list[tuple[str, Fault]] = field(default_factory=list)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)

    kind = "salesforce"
    opener = f"{__name__}:open_target"
    secrets = (CONSUMER_SECRET, CONSUMER_KEY, "fake.token")

    def address(self) -> Mapping[str, str]:
        return {"fake": self.fake.address, "protocol": self.protocol}

    def leadq_yaml(self) -> str:
        signed_in = 'consumer_key: "${FAR_SIDE_USER}", consumer_secret: "${FAR_SIDE_SECRET}"'
        return f"deliver: {{there: {{kind: salesforce, domain: acme.my, {signed_in}}}}}\n"

    def http(self) -> requests.Session:
        http = TimedSession(connect_seconds=2, read_seconds=0.3)
        http.mount("https://", ToTheFake(self.fake.address))
        return http

    def begin(self, night: Night) -> None:
        leads = self.fake.organisation.leads
        leads.writes.clear()
        self.people = self.people or {key: _of_people(leads.rows[key]) for key in self.keys}
        self.struck.update((name, fault.when) for name, fault in self.scripted if not fault.count)
        self.fake.calls.clear()
        self.fake.faults.waiting.clear()
        self.scripted = list(self._script())
        self.fake.faults.add(*(fault for _, fault in self.scripted))

    def held(self) -> Mapping[str, Mapping[str, Value]]:
        rows = self.fake.organisation.leads.rows
        return {key: {name: rows[key].get(f"LQ_{name}__c") for name in OURS} for key in self.keys}

    def lost(self) -> Sequence[str]:
        rows = self.fake.organisation.leads.rows
        return [key for key in self.keys if _of_people(rows[key]) != self.people.get(key, _of_people(PEOPLES))]

    def written(self) -> Mapping[tuple[str, str], Sequence[object]]:
        found: dict[tuple[str, str], list[object]] = {}
        for write in self.fake.organisation.leads.writes:
            found.setdefault((write.record_id, write.field), []).append(write.after)
        return found

    def foreign(self) -> Collection[str]:
        return {write.field for write in self.fake.organisation.leads.writes} - OUR_NAMES

    def spoil(self, key: str, *, score: float) -> None:
        self.fake.organisation.leads.update(key, {"LQ_Score__c": score}, by=INTEGRATION_USER)

    def overwrite_people(self, key: str) -> None:
        self.fake.organisation.leads.update(key, {"Rating": "Cold"}, by=INTEGRATION_USER)

    def refuse(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.fake.organisation.leads.refuse(key, BROKEN_RULE, "not in this state", times=500)

    def refuse_in_hostile_words(self, key: str, words: str) -> str:
        self.fake.organisation.leads.refuse(key, BROKEN_RULE, words, times=500)
        return BROKEN_RULE

    def accept_all(self) -> None:
        self.fake.organisation.leads.row_faults.clear()

    def troubles(self) -> Iterator[str]:
        wrong = refusal(400, "invalid_client", f"{CONSUMER_SECRET} is wrong")
        for fault, told in (
            (Fault(at="POST .*/oauth2/token", count=999, answer=wrong), "sign-in"),
            (
                Fault(at=".*", skip=2, count=999, answer=refusal(403, "REQUEST_LIMIT_EXCEEDED")),
                "REQUEST_LIMIT_EXCEEDED",
            ),
            (Fault(at="PATCH .*/composite/sobjects", kind="hang", count=2, seconds=0.6), "'ok': "),
        ):
            self.fake.faults.add(fault)
            yield told
            self.fake.faults.waiting.clear()

    def history(self) -> int:
        self.fake.queries.polls = 0
        for query in queries(HistorySettings())[1:]:
            self.fake.organisation.put(query.name, [], [Field(name=name) for name in query.fields])
        return len(self.keys)

    def never_struck(self) -> set[tuple[str, str]]:
        """Return kinds of steps at which no fault struck, before or after the effect."""
        steps = OF_BULK if self.protocol == "bulk" else OF_COLLECTIONS
        return {(name, when) for name in steps for when in ("before", "after")} - set(self.struck)

    def _script(self) -> Iterator[tuple[str, Fault]]:
        """Yield faults of every kind at every kind of step, before and after the effect, in a random order."""
        for name, at in STEPS.items():
            kinds = [
                Fault(at=at, kind="drop", when="before"),
                Fault(at=at, kind="drop", when="after"),
                Fault(at=at, answer=unavailable(retry_after="7"), when="before"),
                Fault(at=at, answer=unavailable(), when="after"),
                Fault(at=at, answer=too_many(retry_after="5"), when="before"),
                Fault(at=at, kind="hang", when="after", seconds=0.3),
                Fault(at=at, kind="truncate"),
            ]
            kinds += [Fault(at=at, kind="shorten")] if name in RESULTS else []
            for fault in self.chance.sample(kinds, min(self.faults_a_step, len(kinds))):
                fault.skip = self.chance.randrange(4)
                yield name, fault


@contextmanager
def salesforce_side(protocol: Literal["bulk", "collections"], wanted: Wanted) -> Iterator[SalesforceSide]:
    """Run a fake with leads that people have worked on."""
    with running(SwiftClock(began=wanted.began).now) as fake:
        fake.sign_in.daily_calls = 10_000_000
        fake.ingest.pace.queued_seconds, fake.ingest.pace.batch_seconds = 0.05, 0.1
        fake.ingest.pace.batch_rows = 5_000
        keys = fake.organisation.add_leads(wanted.leads)
        for key in keys:
            fake.organisation.leads.rows[key].update(PEOPLES)
        chance = random.Random(wanted.seed)
        yield SalesforceSide(fake=fake, protocol=protocol, keys=keys, faults_a_step=wanted.faults_a_step, chance=chance)


def _of_people(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in PEOPLES}


SIDES = (
    SideSpec(
        name="salesforce_bulk",
        open=partial(salesforce_side, "bulk"),
        long_leads=50_000,
        long_chunk_rows=20_000,
        lives=(0.3, 0.08),
    ),
    SideSpec(
        name="salesforce_collections",
        open=partial(salesforce_side, "collections"),
        long_leads=1_500,
        long_chunk_rows=20_000,
    ),
)
