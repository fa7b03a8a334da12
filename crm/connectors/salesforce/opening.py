"""Salesforce from what ``leadq.yaml`` says of it: a target to deliver to, a source of history, or one to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from leadq.crm.connectors.history_source import Extract, extract_place
from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.history.bulk_query import SalesforceReader
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, ObjectQuery
from leadq.crm.connectors.salesforce.history.reader import STATE, BulkReader, read_history
from leadq.crm.connectors.salesforce.sending.target import SalesforceTarget
from leadq.crm.connectors.salesforce.settings import ToSalesforce
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.connectors.salesforce.trials.verification import SalesforceVerification
from leadq.crm.connectors.timed_session import TimedSession
from leadq.foundation.secret import secret


def open_connection(
    to: ToSalesforce,
    environment: Mapping[str, str],
    *,
    http: requests.Session | None = None,
    patience: Patience | None = None,
) -> Connection:
    """Return a connection; nothing is sent yet.

    Parameters
    ----------
    to : ToSalesforce
    environment : mapping of str to str
        Holds the secrets that ``to`` names.
    http : requests.Session, optional
        One with time limits.
    patience : Patience, optional

    Raises
    ------
    ConfigError
        A secret cannot be had, or the domain is none.
    """
    who = SignIn(
        domain=to.domain,
        consumer_key=secret("consumer key", to.consumer_key, environment=environment),
        consumer_secret=secret("consumer secret", to.consumer_secret, environment=environment),
        version=to.version,
    )
    return Connection(who, http=http or TimedSession(), patience=patience or Patience())


def open_target(
    name: str, to: ToSalesforce, environment: Mapping[str, str], *, http: requests.Session | None = None
) -> SalesforceTarget:
    """Return the organisation as a place to deliver to."""
    return SalesforceTarget(name, open_connection(to, environment, http=http))


def open_history(
    to: ToSalesforce, environment: Mapping[str, str], *, http: requests.Session | None = None
) -> SalesforceHistorySource:
    """Return the organisation as a source of history."""
    return SalesforceHistorySource(connection=open_connection(to, environment, http=http), settings=_settings(to))


def open_verification(
    to: ToSalesforce, environment: Mapping[str, str], *, http: requests.Session | None = None
) -> SalesforceVerification:
    """Return the organisation as one whose ways can be tried."""
    return SalesforceVerification(connection=open_connection(to, environment, http=http), settings=_settings(to))


def _settings(to: ToSalesforce) -> dict[str, Any]:
    chosen = to.history
    return {
        "lead_fields": chosen.lead_fields,
        "account_fields": chosen.account_fields,
        "matched_account": chosen.matched_account,
        "with_rejection_reason": chosen.rejection_reason,
        "with_currency": chosen.currency,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceHistorySource:
    """Reads the history with a connection; whose writes are ours is found out when it is read."""

    connection: Connection
    settings: Mapping[str, Any]

    def extract(self, folder: Path, *, whole: bool, progress: Callable[[str], None]) -> Extract:
        """Read the history, or what changed of it; see :func:`leadq.crm.connectors.salesforce.history.reader.read_history`."""
        extract_place(folder, mark=STATE)  # before anything is asked
        reader = SalesforceReader(self.connection)
        settings = HistorySettings(**self.settings, our_user=reader.our_user())
        return read_history(_Telling(reader, progress), folder, settings, whole=whole)


class _Telling:
    """A reader that says which object it is at."""

    def __init__(self, reader: BulkReader, progress: Callable[[str], None]) -> None:
        self._reader = reader
        self._progress = progress

    def read(self, query: ObjectQuery, since: datetime | None, receive: Callable[[Iterator[str]], int]) -> int:
        """Say it and read."""
        self._progress(f"Reading: {query.name}")
        return self._reader.read(query, since, receive)
