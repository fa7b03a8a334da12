"""Salesforce from what ``leadq.yaml`` says of it: a target to deliver to, or a connection to read with."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from crm.salesforce.connection import Connection
from crm.salesforce.patience import Patience
from crm.salesforce.session import SignIn, TimedSession, secret
from crm.salesforce.target import SalesforceTarget


def open_connection(
    *,
    domain: str,
    consumer_key: str,
    consumer_secret: str,
    environment: Mapping[str, str],
    version: str = "62.0",
    http: requests.Session | None = None,
    patience: Patience | None = None,
) -> Connection:
    """Return a connection; nothing is sent yet.

    Parameters
    ----------
    domain : str
        ``acme.my``.
    consumer_key, consumer_secret : str
        ``${NAME}`` or the path of a file with mode 600.
    environment : mapping of str to str
    version : str
        Of the API.
    http : requests.Session, optional
    patience : Patience, optional

    Raises
    ------
    ConfigError
        A secret cannot be had, or the domain is none.
    """
    who = SignIn(
        domain=domain,
        consumer_key=secret("consumer key", consumer_key, environment=environment),
        consumer_secret=secret("consumer secret", consumer_secret, environment=environment),
        version=version,
    )
    return Connection(who, http=http or TimedSession(), patience=patience or Patience())


def open_target(name: str, connection: Connection) -> SalesforceTarget:
    """Return the organisation as a place to deliver to."""
    return SalesforceTarget(name, connection)
