"""A company in the fake whose contacts move over months: what happens is a list of moments, so that it can be stopped at any night."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from tests.fake_hubspot.account import Account, pipeline, stamp

START = datetime(2025, 6, 1, 8, tzinfo=UTC)
DAYS = 320
NIGHT = START + timedelta(days=260, hours=18)
"""The night of the first reading."""
STAGES = {"contacted": 0.2, "s-4711": 0.6, "signed-4712": 1.0, "gone-4713": 0.0}
TITLES = ("CTO", "Buyer", "Head of IT", "Assistant", "Owner")
COUNTRIES = ("DE", "FR", "NL", "PL")
QUEUE, SELLERS = "900", ("7", "8")
"""Owners: a lead comes into the queue or to a seller, and goes to another one later."""
STATES = ("NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED")

Deed = tuple[datetime, int, Callable[[Account], None]]


class Company:
    """Deeds in order of time; :meth:`until` does those that are due."""

    def __init__(self, account: Account, *, contacts: int, seed: int = 7) -> None:
        self.account = account
        self.merged: set[str] = set()
        account.pipelines.append(pipeline("custom", STAGES))
        rng = random.Random(seed)
        self._companies = [
            account.add("companies", at=START, name=f"Firm {one}", domain=f"firm{one}.example", industry=rng.choice(("software", "food")),
                        numberofemployees=str(rng.randint(5, 900)), country=rng.choice(COUNTRIES))
            for one in range(max(contacts // 4, 1))
        ]  # fmt: skip
        deeds = [deed for number in range(contacts) for deed in self._contact(rng, number)]
        deeds += [
            self._merge(10 * one, 10 * one + 5, NIGHT + timedelta(days=30 if one % 2 else -1)) for one in range(6)
        ]
        self._left = sorted(deeds, key=lambda deed: deed[:2])
        self._ids: dict[int, str] = {}
        self._deals: dict[int, str] = {}

    def until(self, moment: datetime) -> None:
        """Let happen what happens up to a moment."""
        while self._left and self._left[0][0] <= moment:
            self._left.pop(0)[2](self.account)

    def _merge(self, old: int, into: int, moment: datetime) -> Deed:
        def merge(account: Account) -> None:
            if old in self._ids and into in self._ids:
                account.merge("contacts", self._ids[old], self._ids[into], at=moment)
                self.merged |= {self._ids[old], self._ids[into]}

        return moment, old, merge

    def _contact(self, rng: random.Random, number: int) -> Iterator[Deed]:
        born = START + timedelta(minutes=rng.randint(0, (DAYS - 20) * 24 * 60))
        company, keen = rng.choice(self._companies), rng.random()
        ties = {"associatedcompanyid": company} if rng.random() < 0.7 else {}
        values = {
            "jobtitle": rng.choice(TITLES),
            "country": rng.choice(COUNTRIES),
            "hs_analytics_source": rng.choice(("ORGANIC", "PAID")),
        }

        def come(account: Account) -> None:
            self._ids[number] = account.add(
                "contacts", at=born, email=f"p{number}@firm.example", hs_email_domain="firm.example", firstname="Ann",
                lastname=f"Person{number}", phone="+49 30 123456", lifecyclestage="lead", use_case="-",
                hubspot_owner_id=(QUEUE, *SELLERS)[number % 3], **values, **ties,
            )  # fmt: skip

        def later(days: float) -> datetime:
            return born + timedelta(minutes=int(days * 1440))

        yield born, number, come
        if number % 5:  # no draw: the rest of the company stays what it was
            moment = later(number % 40 / 4)
            yield moment, number, self._changed(number, moment, {"hubspot_owner_id": SELLERS[number % 2]})
        for _ in range(rng.randint(0, 6)):
            name, value = rng.choice(
                [("jobtitle", rng.choice(TITLES)), ("country", rng.choice(COUNTRIES)), ("hs_lead_status", rng.choice(STATES)),
                 ("use_case", rng.choice(("a", "b", ""))), ("associatedcompanyid", rng.choice(self._companies)),
                 ("lifecyclestage", "opportunity")]
            )  # fmt: skip
            moment = later(rng.random() * 120)
            yield moment, number, self._changed(number, moment, {name: value})
        for _ in range(rng.randint(0, 5)):
            moment = later(rng.random() * 90)
            dated = {
                "recent_conversion_date": stamp(moment),
                "recent_conversion_event_name": rng.choice(("Demo", "Paper")),
            }
            yield moment, number, self._changed(number, moment, dated)
        for _ in range(rng.randint(0, 5)):
            moment = later(rng.random() * 90)
            yield (
                moment,
                number,
                self._engaged(number, moment, rng.choice(("calls", "emails", "meetings", "tasks")), rng.random()),
            )
        if rng.random() < 0.3:
            moment = later(rng.random() * 60)
            yield moment, number, self._changed(number, moment, {"lq_decision": rng.choice(("accepted", "rejected"))})
        if keen > 0.5:
            moment, end = later(2 + rng.random() * 20), later(25 + rng.random() * 60)
            yield moment, number, self._dealt(number, moment, company)
            yield end, number, self._closed(number, end, "signed-4712" if keen > 0.65 else "gone-4713")

    def _changed(self, number: int, moment: datetime, values: dict[str, str]) -> Callable[[Account], None]:
        return lambda account: account.change("contacts", self._ids[number], at=moment, **values)

    def _engaged(self, number: int, moment: datetime, kind: str, draw: float) -> Callable[[Account], None]:
        def engage(account: Account) -> None:
            inbound = draw < 0.4
            given = {
                "hs_timestamp": stamp(moment - timedelta(hours=draw * 48)),
                "hs_call_direction": ("INBOUND" if inbound else "OUTBOUND") if kind == "calls" else "",
                "hs_email_direction": ("INCOMING_EMAIL" if inbound else "EMAIL") if kind == "emails" else "",
                "hs_call_body": "Ann Person said ...",
            }
            made = account.add(kind, at=moment, **given)
            account.tie(kind, made, "contacts", self._ids[number])

        return engage

    def _dealt(self, number: int, moment: datetime, company: str) -> Callable[[Account], None]:
        def deal(account: Account) -> None:
            self._deals[number] = account.add(
                "deals", at=moment, dealstage="contacted", amount="1200.5", closedate=stamp(moment)
            )
            account.tie("deals", self._deals[number], "contacts", self._ids[number])
            account.tie("deals", self._deals[number], "companies", company)

        return deal

    def _closed(self, number: int, moment: datetime, stage: str) -> Callable[[Account], None]:
        return lambda account: account.change(
            "deals", self._deals[number], at=moment, dealstage=stage, closed_lost_reason="price"
        )
