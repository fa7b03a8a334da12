"""A fake HubSpot as a far side of ``tests/kills``: it knows every write and judges by the law."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.crm.connectors.hubspot.delivering import PEOPLES, ready
from tests.fake_hubspot.limits import too_many
from tests.fake_hubspot.server import FakeHubspot, running
from tests.fake_salesforce.faults import Fault, unavailable
from tests.kills.nights import Night

STEPS = (r"GET .*/properties/contacts$", r"POST .*/batch/read", r"POST .*/batch/update")
LOOKS = 2


@dataclass(slots=True, kw_only=True)
class HubspotSide:
    """See :class:`tests.kills.campaign.FarSide`; ``faults_a_step`` go to every kind of call, and ``hangs`` nights have a silent one."""

    fake: FakeHubspot
    keys: Sequence[str]
    faults_a_step: int
    hangs: int
    chance: random.Random

    def attempt(self) -> Mapping[str, str]:
        return {"kind": "hubspot", "where": self.fake.address}

    def begin(self, night: Night) -> None:
        self.fake.account.writes.clear()
        self.fake.faults.waiting.clear()
        if self.hangs:
            self.hangs -= 1
            when = self.chance.choice(("before", "after"))
            self.fake.faults.add(Fault(at=self.chance.choice(STEPS), kind="hang", when=when, seconds=4.0))
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

    def writes(self) -> int:
        return len(self.fake.account.writes)

    def judge(self, night: Night, *, abandoned: Night | None, excused: frozenset[str]) -> None:
        records = self.fake.account.records["contacts"]
        for key in self.keys:
            held = records[key].properties
            if key not in excused:
                assert _ours(held) == night.expected(key), f"{key} holds {_ours(held)} and not {night.expected(key)}"
            lost = {name: held.get(name) for name, value in PEOPLES.items() if held.get(name) != value}
            assert not lost, f"{key} lost what people had written: {lost}"
        written: dict[tuple[str, str], set[str | None]] = {}
        for write in self.fake.account.writes:
            assert write.name.startswith("lq_"), f"{write.name} is not leadq's"
            assert write.name not in PEOPLES, f"{write.name} is people's"
            written.setdefault((write.record_id, write.name), set()).add(write.after)
        most = 1 if abandoned is None else 2
        several = [one for one, values in written.items() if len(values) > most]
        assert not several, (
            f"{len(several):,} values of a lead had more than {most} values in one night, such as {several[0]}"
        )
        strange = {key for key, _ in written} - night.changed
        assert abandoned or not strange, f"{len(strange):,} leads were written though nothing of them changed"


def _ours(held: Mapping[str, str]) -> dict[str, object]:
    score = held.get("lq_score")
    return {
        "Score": float(score) if score else None,
        "Tier": held.get("lq_tier"),
        "Reason_1": held.get("lq_reason_1"),
    }


@contextmanager
def hubspot_side(leads: int, *, faults_a_step: int, hangs: int, seed: int) -> Iterator[HubspotSide]:
    """Run a fake with contacts that people have written to."""
    with running() as fake:
        keys = ready(fake, leads)
        yield HubspotSide(fake=fake, keys=keys, faults_a_step=faults_a_step, hangs=hangs, chance=random.Random(seed))
