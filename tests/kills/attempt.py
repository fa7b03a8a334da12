"""One attempt at a delivery, in a child process: what ``leadq deliver`` does from its lock to its exit code."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr

from leadq.crm.connectors.hubspot.sending.target import HubspotTarget
from leadq.crm.connectors.hubspot.session import Session
from leadq.crm.connectors.postgres.target import PostgresTarget
from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.sending.target import SalesforceTarget
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.connectors.timed_session import TimedSession
from leadq.crm.connectors.tryton.sending.target import TrytonTarget
from leadq.crm.connectors.tryton.session import Account, TrytonSession
from leadq.crm.storage.source_locations import Database
from leadq.foundation.problems import LeadqError
from leadq.pipelines.store.store_lock import only_writer
from leadq.serving.delivery.deliver import Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.payload import Naming, our_fields
from leadq.serving.delivery.sending.rate_limit import Effects
from tests.fake_hubspot.server import TOKEN
from tests.fake_salesforce.leads import TIERS
from tests.fake_salesforce.session import ToTheFake
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET
from tests.kills.swift import SwiftClock
from tests.serving.delivery.company import tonight
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS

TARGET = "there"
WITH_REJECTED = 5
READ_SECONDS = 3.0
"""How long a child waits for a silent server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a child is to do.

    Parameters
    ----------
    kind : str
        ``bulk``, ``collections``, ``postgres``, ``hubspot`` or ``tryton``.
    where : str
        Address of the fake, or of the database with ``table``.
    store, scores, report : str
        Folder of the ledger, score table, and where to write what came of it.
    night : int
        Of the scores.
    chunk_rows : int
    seed : int
        Of the jitter.
    began : float
        Of the :class:`SwiftClock`.
    """

    kind: str
    where: str
    store: str
    scores: str
    report: str
    night: int
    chunk_rows: int
    seed: int
    began: float
    table: str = ""


def run_attempt(attempt: Attempt) -> int:
    """Deliver and return the exit code."""
    clock = SwiftClock(began=attempt.began)
    chance = random.Random(attempt.seed)
    folder = Path(attempt.store)
    effects = Effects(clock=clock.now, sleep=clock.sleep, chance=chance.random, stop_file=folder / "STOP_DELIVERY")
    naming: Naming = "salesforce" if attempt.kind in ("bulk", "collections") else "columns"
    scores = tonight(Path(attempt.scores), night=attempt.night, model_version=f"m{attempt.night}")
    try:
        with only_writer(folder / f"deliver-{TARGET}.lock", doing="delivering", now=clock.now()):
            ledger = Ledger(folder / "ledger.sqlite")
            try:
                target = open_target(attempt, clock, chance)
                fields = our_fields(naming, TIERS)
                report = deliver(ledger, target, scores, fields, effects=effects, wish=Wish())
            finally:
                ledger.close()
    except LeadqError as error:
        _write(attempt, {"problems": [str(problem) for problem in error.problems]})
        return error.exit_code
    _write(attempt, dict(report.facts))
    return WITH_REJECTED if report.with_rejected else 0


def open_target(attempt: Attempt, clock: SwiftClock, chance: random.Random) -> Target:
    """Open the real target of the attempt's kind."""
    if attempt.kind == "postgres":
        database = Database.model_construct(url=SecretStr(attempt.where))
        return PostgresTarget(name=TARGET, database=database, table=attempt.table, chunk_rows=attempt.chunk_rows)
    patience = Patience(tries=6, sleep=clock.sleep, now=clock.now, chance=chance)
    if attempt.kind == "hubspot":
        session = Session(TOKEN, host=attempt.where, patience=patience, read_seconds=READ_SECONDS)
        return HubspotTarget(TARGET, session)
    if attempt.kind == "tryton":
        account = Account(address=attempt.where, database=DATABASE, user=LEADQ, password=PASSWORDS[LEADQ])
        return TrytonTarget(TARGET, TrytonSession(account, patience=patience), chunk_rows=attempt.chunk_rows)
    http: requests.Session = TimedSession(connect_seconds=2, read_seconds=READ_SECONDS)
    http.mount("https://", ToTheFake(attempt.where))
    who = SignIn(domain="acme.my", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
    connection = Connection(who, http=http, patience=patience)
    most = 0 if attempt.kind == "bulk" else attempt.chunk_rows
    return SalesforceTarget(TARGET, connection, chunk_rows=attempt.chunk_rows, most_by_collections=most)


def _write(attempt: Attempt, told: dict[str, Any]) -> None:
    Path(attempt.report).write_text(json.dumps(told), encoding="utf-8")
