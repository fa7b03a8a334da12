"""What tests of HubSpot share: a session with a fake, a company's contacts, and the night's rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.crm.connectors.hubspot.properties import wanted
from leadq.crm.connectors.hubspot.sending.target import HubspotTarget
from leadq.crm.connectors.hubspot.session import Session
from leadq.crm.connectors.hubspot.setup import set_up
from leadq.crm.connectors.protocol import Chunk, TargetRow, Value
from leadq.crm.connectors.retries import Patience
from tests.fake_hubspot.server import TOKEN, FakeHubspot

AGREEMENT = parse_agreement(template_text(), where="agreement.yaml")
PEOPLES = {"lq_tier_override": "T1", "lq_decision": "accepted", "hs_lead_status": "OPEN", "lifecyclestage": "lead"}


def session_of(
    fake: FakeHubspot | str,
    *,
    sleep: Callable[[float], None] = lambda _: None,
    tries: int = 4,
    read_seconds: float = 5.0,
    whole_seconds: float = 60.0,
) -> Session:
    """Return a session, with a fake or an address, whose waits take no time."""
    patience = Patience(tries=tries, sleep=sleep, chance=random.Random(3))
    host = fake if isinstance(fake, str) else fake.address
    return Session(TOKEN, host=host, patience=patience, read_seconds=read_seconds, whole_seconds=whole_seconds)


def target_of(fake: FakeHubspot | str, **options: object) -> HubspotTarget:
    return HubspotTarget("crm", session_of(fake, **options))  # type: ignore[arg-type]


def ready(fake: FakeHubspot, count: int) -> list[str]:
    """Set the fake up and put contacts in, with what people own of them; return their ids."""
    set_up(session_of(fake), "contacts", wanted(AGREEMENT), dry_run=False)
    return [fake.account.add("contacts", email=f"p{number}@acme.example", **PEOPLES) for number in range(count)]


def values_of(key: str) -> dict[str, Value]:
    """Return what a lead shall hold."""
    number = int(key) % 101
    return {
        "lq_score": float(number),
        "lq_tier": "T2",
        "lq_reason_1": f'Größe, "sehr" hoch; {number}',
        "lq_status": None,
    }


def chunk_of(keys: Sequence[str]) -> Chunk:
    rows = tuple(TargetRow(key=key, values=values_of(key)) for key in sorted(keys))
    return Chunk(run_id="night", number=0, rows=rows)
