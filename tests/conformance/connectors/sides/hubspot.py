"""A fake HubSpot as a far side: it knows every write."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from leadq.crm.connectors.hubspot.sending.target import HubspotTarget
from leadq.crm.connectors.hubspot.session import Session
from leadq.crm.connectors.protocol import Target
from tests.conformance.connectors.attempt import READ_SECONDS, OpenWith
from tests.conformance.connectors.far_side import FarSide, SideSpec, Wanted
from tests.conformance.connectors.nights import Night, Value
from tests.crm.connectors.hubspot.delivering import PEOPLES, ready
from tests.fake_hubspot.limits import too_many
from tests.fake_hubspot.server import TOKEN, FakeHubspot, running
from tests.fake_salesforce.faults import Fault, unavailable
from tests.fake_salesforce.messages import json_answer

STEPS = (r"GET .*/properties/contacts$", r"POST .*/batch/read", r"POST .*/batch/update")
LOOKS = 2
HANGS = 1


def open_target(given: OpenWith) -> Target:
    session = Session(TOKEN, host=given.address["fake"], patience=given.patience, read_seconds=READ_SECONDS)
    return HubspotTarget("there", session)


@dataclass(slots=True, kw_only=True)
class HubspotSide(FarSide):
    """See :class:`tests.conformance.connectors.far_side.FarSide`; ``hangs`` nights have a silent call."""

    fake: FakeHubspot
    keys: Sequence[str]
    faults_a_step: int
    hangs: int
    chance: random.Random

    kind = "hubspot"
    opener = f"{__name__}:open_target"
    secrets = (TOKEN,)

    def address(self) -> Mapping[str, str]:
        return {"fake": self.fake.address}

    def leadq_yaml(self) -> str:
        return f'deliver: {{there: {{kind: hubspot, host: "{self.fake.address}", access_token: "${{FAR_SIDE_SECRET}}"}}}}\n'

    def begin(self, night: Night) -> None:
        self.fake.account.writes.clear()
        self.fake.faults.waiting.clear()
        if self.hangs:
            self.hangs -= 1
            when = self.chance.choice(("before", "after"))
            self.fake.faults.add(Fault(at=self.chance.choice(STEPS), kind="hang", when=when, seconds=2.0))
        for step in STEPS:
            calls = LOOKS if step.startswith("GET") else max(len(night.changed) // 100, 1)
            for _ in range(1 if calls == LOOKS else self.faults_a_step):
                self.fake.faults.add(*self._faults(step, calls))

    def _faults(self, step: str, calls: int) -> list[Fault]:
        """Return one of every kind, at random calls of a night."""
        throttled = too_many("TEN_SECONDLY_ROLLING", retry_after="2")
        kinds = (
            Fault(at=step, kind="drop"), Fault(at=step, kind="drop", when="after"), Fault(at=step, answer=unavailable()),
            Fault(at=step, when="after", answer=unavailable(retry_after="1")), Fault(at=step, answer=throttled),
            Fault(at=step, kind="truncate"),
        )  # fmt: skip
        for fault in kinds:
            fault.skip = self.chance.randrange(calls)
        return list(kinds[:3] if calls == LOOKS else kinds)  # what is asked once a night is given up after six tries

    def held(self) -> Mapping[str, Mapping[str, Value]]:
        return {key: _ours(self._held(key)) for key in self.keys}

    def lost(self) -> Sequence[str]:
        return [key for key in self.keys if {name: self._held(key).get(name) for name in PEOPLES} != PEOPLES]

    def written(self) -> Mapping[tuple[str, str], Sequence[object]]:
        found: dict[tuple[str, str], list[object]] = {}
        for write in self.fake.account.writes:
            found.setdefault((write.record_id, write.name), []).append(write.after)
        return found

    def foreign(self) -> Collection[str]:
        names = {write.name for write in self.fake.account.writes}
        return {name for name in names if not name.startswith("lq_") or name in PEOPLES}

    def spoil(self, key: str, *, score: float) -> None:
        self.fake.account.write("contacts", key, {"lq_score": f"{score:g}"})

    def overwrite_people(self, key: str) -> None:
        self.fake.account.write("contacts", key, {"hs_lead_status": "NEW"})

    def refuse(self, keys: Sequence[str]) -> None:
        self.fake.account.refused = frozenset(keys)

    def refuse_in_hostile_words(self, key: str, words: str) -> str:
        self.fake.account.refused, self.fake.account.refusal = frozenset([key]), words
        return "NOT_EDITABLE"

    def accept_all(self) -> None:
        self.fake.account.refused = frozenset()

    def troubles(self) -> Iterator[str]:
        wrong = {"status": "error", "category": "INVALID_AUTHENTICATION", "message": f"{TOKEN} is wrong"}
        for fault, told in (
            (Fault(at=".*", count=999, answer=json_answer(wrong, status=401)), "INVALID_AUTHENTICATION"),
            (Fault(at=".*", skip=1, count=999, answer=too_many("DAILY")), "daily limit"),
        ):
            self.fake.faults.add(fault)
            yield told
            self.fake.faults.waiting.clear()

    def history(self) -> int:
        return len(self.keys)

    def _held(self, key: str) -> Mapping[str, str]:
        return self.fake.account.records["contacts"][key].properties


def _ours(held: Mapping[str, str]) -> dict[str, Value]:
    score = held.get("lq_score")
    return {
        "Score": float(score) if score else None,
        "Tier": held.get("lq_tier"),
        "Reason_1": held.get("lq_reason_1"),
    }


@contextmanager
def hubspot_side(wanted: Wanted) -> Iterator[HubspotSide]:
    """Run a fake with contacts that people have written to."""
    with running() as fake:
        keys, chance = ready(fake, wanted.leads), random.Random(wanted.seed)
        faults = wanted.faults_a_step
        yield HubspotSide(fake=fake, keys=keys, faults_a_step=faults, hangs=min(faults, 1) * HANGS, chance=chance)


SIDES = (SideSpec(name="hubspot", open=hubspot_side, leads=300, long_chunk_rows=100, lives=(0.3, 0.08)),)
