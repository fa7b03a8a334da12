"""The fake organisation as a far side: leads with fields of people, a script of faults for every kind of step, and the law."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fake_salesforce.faults import Fault, too_many, unavailable
from tests.fake_salesforce.ids import HUMAN
from tests.fake_salesforce.leads import OURS
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.kills.nights import Night
from tests.kills.swift import SwiftClock

PEOPLES = {
    "LQ_Tier_Override__c": "T1",
    "LQ_Override_Reason__c": "my call",
    "LQ_Rejection_Reason__c": "no_budget",
    "Rating": "Hot",
    "Status": "Working",
    "OwnerId": HUMAN,
    "Title": "Head of =everything",
}
OUR_NAMES = frozenset(one.name for one in OURS)
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
OF_BULK = tuple(name for name in STEPS if name != "collections")
OF_COLLECTIONS = ("sign-in", "describe", "converted", "collections")


@dataclass(slots=True, kw_only=True)
class SalesforceSide:
    """See :class:`tests.kills.campaign.FarSide`.

    Parameters
    ----------
    fake : FakeSalesforce
    kind : {"bulk", "collections"}
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
    kind: Literal["bulk", "collections"]
    keys: Sequence[str]
    faults_a_step: int
    chance: random.Random
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    scripted: list[tuple[str, Fault]] = field(default_factory=list)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)

    def attempt(self) -> Mapping[str, str]:
        return {"kind": self.kind, "where": self.fake.address}

    def begin(self, night: Night) -> None:
        leads = self.fake.organisation.leads
        leads.writes.clear()
        self.people = self.people or {key: _of_people(leads.rows[key]) for key in self.keys}
        self.struck.update((name, fault.when) for name, fault in self.scripted if not fault.count)
        self.fake.calls.clear()
        self.fake.faults.waiting.clear()
        self.scripted = list(self._script())
        self.fake.faults.add(*(fault for _, fault in self.scripted))

    def writes(self) -> int:
        return len(self.fake.organisation.leads.writes)

    def judge(self, night: Night, *, abandoned: Night | None, excused: frozenset[str]) -> None:
        leads = self.fake.organisation.leads
        due = [key for key in self.keys if key not in excused]
        wrong = [key for key in due if _ours(leads.rows[key]) != night.expected(key)]
        assert not wrong, (
            f"{len(wrong):,} of {len(due):,} leads do not hold tonight's values: {wrong[0]} holds "
            f"{_ours(leads.rows[wrong[0]])} and not {night.expected(wrong[0])}"
        )
        foreign = {write.field for write in leads.writes} - OUR_NAMES
        assert not foreign, f"fields that are not ours were written: {sorted(foreign)}"
        changed = [key for key in self.keys if _of_people(leads.rows[key]) != self.people[key]]
        assert not changed, f"{len(changed):,} leads lost what people had written, such as {changed[0]}"
        self._judge_values(night, abandoned)

    def _judge_values(self, night: Night, abandoned: Night | None) -> None:
        """Assert that every field had one value that night; after an abandoned night, first that night's and then tonight's."""
        written: dict[tuple[str, str], list[object]] = {}
        for write in self.fake.organisation.leads.writes:
            values = written.setdefault((write.record_id, write.field), [])
            if not values or values[-1] != write.after:
                values.append(write.after)
        most = 1 if abandoned is None else 2
        several = [(key, values) for key, values in written.items() if len(values) > most]
        assert not several, f"{len(several):,} fields had {most + 1} or more values in one night, such as {several[0]}"
        if abandoned is None:
            strange = {key for key, _ in written} - night.changed
            assert not strange, f"{len(strange):,} leads were written though nothing of them changed: {min(strange)}"

    def never_struck(self) -> set[tuple[str, str]]:
        """Return kinds of steps at which no fault struck, before or after the effect."""
        steps = OF_BULK if self.kind == "bulk" else OF_COLLECTIONS
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
def salesforce_side(
    kind: Literal["bulk", "collections"], leads: int, *, began: float, faults_a_step: int, seed: int
) -> Iterator[SalesforceSide]:
    """Run a fake with leads that people have worked on."""
    with running(SwiftClock(began=began).now) as fake:
        fake.sign_in.daily_calls = 10_000_000
        fake.ingest.pace.queued_seconds, fake.ingest.pace.batch_seconds = 0.05, 0.1
        fake.ingest.pace.batch_rows = 5_000
        keys = fake.organisation.add_leads(leads)
        for key in keys:
            fake.organisation.leads.rows[key].update(PEOPLES)
        yield SalesforceSide(fake=fake, kind=kind, keys=keys, faults_a_step=faults_a_step, chance=random.Random(seed))


def _ours(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(f"LQ_{name}__c") for name in ("Score", "Tier", "Reason_1")}


def _of_people(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in PEOPLES}
