"""What tests of the Salesforce target share: a target of the fake, and a driver that does as the delivery core does."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from leadq.crm.connectors.protocol import Chunk, RowOutcome, TargetRow, UnheardError, Value
from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.sending.target import SalesforceTarget
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.connectors.timed_session import TimedSession
from tests.fake_salesforce.server import FakeSalesforce
from tests.fake_salesforce.session import ToTheFake
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET

Remote = Mapping[str, str | int | float | None]
MOST_STEPS = 400
SCORE, REASON = "LQ_Score__c", "LQ_Reason_1__c"


@dataclass(slots=True, kw_only=True)
class Driver:
    """A target, the waits it asked for, and what it kept."""

    target: SalesforceTarget
    connection: Connection
    slept: list[float] = field(default_factory=list)
    remote: Remote | None = None
    remote_before: Remote | None = None
    steps: int = 0

    def run(self, chunk: Chunk, *, most_steps: int = MOST_STEPS) -> dict[str, RowOutcome] | None:
        """Take steps until the chunk is done; None where ``most_steps`` were not enough (the run is killed)."""
        unheard = 0
        for _ in range(most_steps):
            self.steps += 1
            try:
                step = self.target.step(chunk, self.remote)
            except UnheardError:
                unheard += 1
                if unheard == 5:
                    raise
                continue
            unheard = 0
            self.remote_before, self.remote = self.remote, step.remote
            if step.outcomes is not None:
                assert [one.key for one in step.outcomes] == [row.key for row in chunk.rows]
                return {one.key: one for one in step.outcomes}
        return None


def driver(
    fake: FakeSalesforce, *, by_bulk: bool, read_seconds: float = 5.0, tries: int = 4, usage_share: float = 0.8
) -> Driver:
    """Return a driver of a new process: nothing is remembered but what the fake and ``remote`` hold."""
    http = TimedSession(connect_seconds=2, read_seconds=read_seconds)
    http.mount("https://", ToTheFake(fake.address))
    return driver_over(http, by_bulk=by_bulk, tries=tries, usage_share=usage_share, now=fake.organisation.now)


def driver_over(
    http: TimedSession,
    *,
    by_bulk: bool = False,
    tries: int = 4,
    usage_share: float = 0.8,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Driver:
    """Return a driver over a session that leads to a server."""
    slept: list[float] = []
    patience = Patience(tries=tries, sleep=slept.append, now=now, chance=random.Random(3))
    who = SignIn(domain="acme.my", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
    connection = Connection(who, http=http, patience=patience, usage_share=usage_share)
    target = SalesforceTarget("crm", connection, most_by_collections=0 if by_bulk else 2_000, first_wait_seconds=0.0)
    return Driver(target=target, connection=connection, slept=slept)


def chunk_of(keys: Sequence[str], number: int = 0) -> Chunk:
    """Return a chunk with a score and a reason of its own for every lead."""
    return Chunk(
        run_id="night", number=number, rows=tuple(TargetRow(key=key, values=values_of(key)) for key in sorted(keys))
    )


def values_of(key: str) -> dict[str, Value]:
    """Return what a lead shall hold."""
    number = int(key[5:15]) if key[5:15].isdecimal() else 7
    return {SCORE: float(number % 101), REASON: f'Größe, "sehr" hoch; {number}', "LQ_Model_Version__c": None}


def wrong_leads(fake: FakeSalesforce, keys: Sequence[str]) -> list[str]:
    """Return leads that do not hold their values, or that ever held another value of ours."""
    leads = fake.organisation.leads
    written: dict[tuple[str, str], set[object]] = {}
    for write in leads.writes:
        written.setdefault((write.record_id, write.field), set()).add(write.after)
    return [
        key
        for key in keys
        if any(leads.rows[key].get(name) != value for name, value in values_of(key).items())
        or any(written.get((key, name)) != {value} for name, value in values_of(key).items())
    ]
